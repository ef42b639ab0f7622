// Package models holds the small models that the explorer ships: for teaching,
// and for comparison with other checkers, state for state.
//
// # What a state is
//
// abd and single-copy: the states of all servers, the clients with their
// history, and the network, an unordered multiset of messages. Nothing is lost,
// duplicated or retried; a message that its receiver would neither act on nor
// answer is not delivered and stays in the network, so late acknowledgements are
// part of the state for ever. The history is, for each client, its operations
// with, for each, how many operations every other client had completed
// when it was invoked, and what it returned. All clients begin with a write that is
// already sent. A transition is the delivery of one message.
//
// two-phase-commit: the variables of the TLA+ specification TwoPhase: the states of
// the resource managers, the state of the transaction manager, the set of managers
// whose Prepared it has received, and the set of messages sent. A transition is
// an enabled action, also one that leads back to its own state.
//
// # Counts
//
// Unreduced, from the one initial state to the end; depth is the greatest
// distance of a state. The same for breadth-first and depth-first search by any
// number of workers. Tests assert them, but for the two largest: those of abd with
// three servers and two clients are asserted by BenchmarkExploreABD.
//
//	model             parameters            unique states  transitions  depth
//	abd               servers=2 clients=1              13           12     12
//	abd               servers=2 clients=2             544          874     24
//	abd               servers=2 clients=3          35,009       68,114     36
//	abd               servers=3 clients=1           1,449        3,727     16
//	abd               servers=3 clients=2      41,138,199  194,646,242     32
//	abd               servers=4 clients=1          12,915       40,297     24
//	single-copy       servers=1 clients=1               5            4      4
//	single-copy       servers=1 clients=2              93          120      8
//	single-copy       servers=1 clients=3           4,243        6,777     12
//	single-copy       servers=1 clients=4         400,233      731,788     16
//	two-phase-commit  rms=1                            12           19      4
//	two-phase-commit  rms=3                           288        1,145     10
//	two-phase-commit  rms=5                         8,832       58,145     16
//
// The 544 states of abd, the 93 of single-copy and the 288 and 8,832 of
// two-phase-commit are also those that Stateright's examples of the same
// systems have; 288 states of 1,146 generated (the initial one included) are
// what TLC reports for two-phase-commit.
//
// # Reduced
//
// Unique states left by each reduction (abd_reduce.go and symmetry.go argue why
// each is sound; a dash is one that is not offered):
//
//	model             parameters                  none        por   prune  por,prune  symmetry     all
//	abd               servers=2 clients=2          544        364     544        364         -     364
//	abd               servers=2 clients=3       35,009     20,487  35,009     20,487         -  20,487
//	abd               servers=3 clients=1        1,449        390      43         31         -      31
//	abd               servers=3 clients=2   41,138,199  1,534,649   6,062      2,437         -   2,437
//	abd               servers=4 clients=1       12,915      2,410     215         84         -      84
//	single-copy       servers=1 clients=3        4,243      3,445       -          -       712     580
//	two-phase-commit  rms=5                      8,832          -       -          -       314     314
package models
