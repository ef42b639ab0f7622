// Package machines makes models for the explorer from the protocol machines
// themselves: the code that the simulator runs, under every schedule of a small system.
//
// # What a system is
//
// A System has nodes, of which the last are clients with a finite script of
// operations on one register, and the first may be in the adversary's hands. Time
// stands still: every message in flight may be delivered next, whatever was sent before;
// a message that is never delivered is as good as lost. Within budgets an armed
// timer expires, a message is lost or is there twice, a correct server
// crashes and starts again from what it had synced.
//
// The liar needs no machine. That of PBFT speaks unasked (see there); that of dBQS has no messages of
// its own: at any moment it gives
// a client any answer of a finite alphabet (adversary.DBQS.Answers) to the request of
// its current phase: that there is nothing, any record that was ever sent to anyone, or one
// that nobody has signed; a write it acknowledges. That includes the honest answer,
// every earlier answer bound to the new nonce, and silence. An answer that is sent
// early and travels for long is covered, because the liar knows ever more. Left out
// are answers to earlier phases, which clients ignore; what a liar might send to other
// servers; and lies beyond the alphabet.
//
// # What a state is
//
// The local state of each node (Machine.AppendState; how many operations it has begun
// and whether one is under way; armed timers, nonces used, disk), the multiset of messages
// in flight between correct nodes by (from, to, wire form), the history, the records
// that the adversary knows, and how often each fault has happened. The history
// is for each client its operations with what they wrote or read and, for each, how
// many operations every other client had completed when it began. Nonces are
// numbered by node, so they are equal in equal states.
//
// A transition is the delivery of a message, an answer of the liar, the beginning of an
// operation (explicit: a client may wait before each), or a fault. A delivery that
// changes nothing and sends nothing is no transition, and the message stays in flight.
// There is one initial state: all have started and nothing has begun.
//
// Properties: always atomic (the history, decided by package checker when it first
// occurs); operations end (no state without transitions has an operation that has not
// returned; not with losses); reached: every operation returned, and a read writing back.
//
// # Counts
//
// dbqs-static with one liar of four servers, one writer and one reader; writes and
// reads are those of each. Breadth-first; depth is the greatest distance, under
// partial order that in the reduced graph. Tests assert all but the largest,
// which BenchmarkStatic does, the same for breadth-first and depth-first search by one
// worker and by two.
//
//	writes reads  reduction            unique states  transitions  depth
//	     1     1  none                       292,856    1,485,519     24
//	     1     1  symmetry                    51,948      262,999     24
//	     1     1  prune                       13,542       72,275     20
//	     1     1  por,prune                    1,802        4,177     20
//	     1     1  all                            401          965     20
//	     1     2  none                    13,737,143   75,985,055     34
//	     1     2  prune                       61,392      334,493     26
//	     1     2  por,prune                    8,252       19,704     27
//	     1     2  all                          1,772        4,390     27
//	     2     1  all                          3,852       11,303     31
//	     2     2  all                         28,756       85,838     38
//
// So the reductions together save a factor of 730 with one read and of 7,752 with
// two; partial order with pruning alone 163 and 1,665, symmetry alone 5.6 of at most 6.
//
// # Rules
//
// Each lifted rule has a counterexample. Breadth-first search finds a shortest one, of the
// same number of steps with and without each reduction that is offered, with
// the default of one write and two reads:
//
//	dbqs.verify-signature  10
//	dbqs.distinct-senders  11
//	dbqs.read-quorum       13
//	dbqs.write-quorum      15
//	dbqs.write-back        18
//	dbqs.reply-nonce       21  (symmetry alone is offered: late replies count)
//
// dbqs.writer-in-timestamp needs two writers and about 30 steps. Partial order is not offered
// without it, and breadth-first search is too large then (nothing in 3.6 million
// states); random walks find one in a moment.
//
// # Epochs
//
// dbqs-epochs is dBQS whose group of four changes at certified steps; epochs.go says what is left out.
// The liar is a member for as long as anyone is, and speaks to servers that fetch, too: it hands over
// nothing, or any record that was ever sent. The properties are those above, and that no operation
// ends on replies of two epochs. Reached besides: a phase that was restarted in a later epoch, a
// newcomer that has fetched the object and serves it, and a donor that was asked before
// it had left the epoch (a Fetch under way to it). One writer writes once, and a reader, if there is one,
// reads once; all reductions:
//
//	overlap epochs readers  liar       unique states  transitions  depth
//	      3      1       0  full               1,969        4,122     22
//	      2      1       0  full               7,118       15,957     29
//	      0      1       0  full              20,300       57,225     43  (BenchmarkEpochs, as the next two)
//	      2      1       1  full             302,714      862,276     39
//	      0      1       1  full             744,569    2,352,881     56  (half a minute on two cores)
//	      3      1       1  full              97,890      277,027     32
//	      3      2       0  to clients       149,289      306,853     36
//	      2      2       0  to clients       506,671    1,071,018     52  (BenchmarkEpochs, as the next)
//	      3      2       0  full             642,653    1,589,027     38
//
// A liar "to clients" says nothing to servers that fetch (donates=0), which then have to hear all others.
// All pass. Across two steps with a reader a search from the start does not see everything: one of a minute
// ends among millions of states.
//
// Each of these rules, lifted, has a shortest counterexample in the system of one write, one read and one
// step of overlap 3, and the simulator repeats it:
//
//	dbqs.one-epoch-phase   18
//	dbqs.serve-when-ready  20
//	dbqs.transfer-quorum   23
//	dbqs.transfer-gate     25
//	dbqs.epoch-check       26
//
// Nothing comes of lifting dbqs.restart-phase-only with one write and one read. dbqs.donor-complete is missed
// across two steps of overlap 3, some thirty steps from the start; so a search may be directed there
// (from=1 and 2, epochs_prefix.go), and says nothing of runs that begin otherwise. One writer, one reader, all
// reductions:
//
//	from rules                       unique states  transitions  depth
//	   1 enforced                          194,174      477,738     47
//	   2 enforced                          100,374      237,598     45
//	   1 without dbqs.donor-complete       375,854    1,269,906     30  (atomicity broken)
//	   2 without dbqs.donor-complete       236,509      773,372     30  (the same way)
//
// Who lifts the rule and sets nothing gets from=2. The simulator repeats what is found.
//
// Without partial order even the smallest system is beyond reach. So it was compared with pruning alone where
// that can be afforded: in systems of which some servers are deaf, all ends of all runs; in whole ones
// across one step of overlap 3 and of 2 and across two of overlap 3, from the start and from=2, with every rule and
// without each, all ends of what follows on some state of a random path, up to 2,000 states (four paths
// each), and on the last states of each counterexample, up to 5,000 (remainder_test.go). An end is the history and what each
// server holds, and they are the same. The states are those from which partial order leaves a choice: it has a
// request delivered for the sake of its reply, and what follows if that then does not count it finds elsewhere.
//
// # Bad clients
//
// bftbc is the base variant of BFT-BC on four correct replicas. A client in the adversary's hands says
// to any replica at any moment whatever it could say with two values for each timestamp in play
// (adversary.BFTBCLetters); it knows what replicas told it. Beside it is a reader. Properties: no-fabrication
// (what is read of the bad client's was prepared by a quorum), atomic (its writes joined
// to the history, each once), and lurking (it has prepared at most one write that f+1 replicas have yet
// to hold). Reached: it has a prepare certificate. One timestamp is in play:
//
//	reads  reduction       unique states  transitions  depth
//	    1  prune                  95,550      470,927     16
//	    1  por,prune              53,313      188,191     16
//	    1  symmetry,prune          5,570       27,781     16
//	    1  all                     3,085       10,925     16
//	    2  all                     7,283       25,272     24
//
// Shortest counterexamples: bftbc.prepare 10 and bftbc.digest-match 13, of no-fabrication, which the simulator
// repeats; bftbc.one-per-client 6 and bftbc.previous-certificate 6, of lurking, which it judges only
// after a removal. Nothing comes of lifting bftbc.successor here. With two timestamps, or a correct writer, a
// minute's search does not see everything.
//
// # PBFT
//
// pbft is four replicas with K = 2 in the form with authenticators. Properties are those
// above, and that no two correct replicas execute different requests under one sequence
// number; "operations end" only without timeouts and liars. Nothing is retransmitted: what is late
// arrives late. The bounds are those of its parameters: clients and their writes, how many request
// timers expire (a view change takes two, or one and a lie), and how many lies the first primary tells.
//
// A lie is one message to all replicas, which may be late or never arrive on any link: any PRE-PREPARE,
// PREPARE or COMMIT of sequence number 1, any VIEW-CHANGE with at most one entry in each of P and Q, and
// any acknowledgement, in the views of correct replicas and their neighbours, up to view 2
// (adversary.PBFT.Letters). Left out: NEW-VIEWs, for the liar is the primary of view 0 alone; and
// what that file leaves out.
//
// Reductions: see ordering.go and pbft_ordering.go. They are not offered without rules other than
// pbft.commit-phase, pbft.prepared-certificates, pbft.highest-view and pbft.a2. One client writes once:
//
//	timeouts lies  reduction        unique states  transitions  depth
//	       0    -  none                 2,264,076   20,242,938     31
//	       0    -  symmetry,prune         162,366      892,606     25
//	       0    -  all                         25           24     24
//	       1    -  all                      1,475        1,741     28  (vacuous: one expiry changes no view)
//	       2    -  all                    118,800      180,210     88  (one view change)
//	       0    1  none                     5,189       24,700     22
//	       0    1  all                        148          178     20
//	       0    2  all                      6,018       10,555     24
//	       1    1  all                     24,636       36,681     51  (one view change)
//
// With two clients, and with two lies and an expiry, searches from the start are too large to
// see whole (nothing is found in millions of states). So a search may be directed (from=1 to 5, prefix.go): it
// says nothing of runs that begin otherwise. Breadth-first search with all reductions finds
// agreement broken, where partial order may make the path longer than the shortest:
//
//	pbft.commit-phase           from=2 timeouts=2        36 steps   33,364 states
//	pbft.prepared-certificates  from=3 timeouts=2        45         11,463
//	pbft.highest-view           from=4 timeouts=1 lies=4 46        374,156
//	pbft.highest-view           from=5 timeouts=1 lies=4 46         21,696  (41 steps with pruning alone)
//
// With the rules, the last two pass with 2,669,931 and 13,049 states. Who lifts one of these rules and sets
// nothing gets its line, from=5 for the last rule.
//
// Across a view change partial order was compared with pruning alone in the same way, from states of random paths on
// which up to 2,000 follow, with the rules above and without each: what replicas execute and in which views they end is
// the same; and, without anything left out at all, the verdict from five steps before the end of each counterexample.
// It is a weak comparison: most of these runs end in one way, and four faults planted in the claims of pbft_ordering.go
// went unseen by it. That of epochs saw both of two planted there: no server enters an epoch where it has nothing to
// fetch, and a liar speaks only last although it counts in each epoch.
//
// # End of epochs
//
// end-epoch is the state machine of the membership service, and who states what to it (council.go). One
// member besides the replicas, two epochs: 23,745 states and 53,954 transitions, 4,497 and 10,240 with
// symmetry. The shortest counterexamples have one step without membership.eviction-votes and
// membership.epoch-end-votes, and three without membership.epoch-in-signature.
//
// # How it is quick
//
// Local states, messages and histories are interned, and what a machine does on an
// input is computed once: some 1,700 times in the search of 13.7 million states above.
// All else is looking up small numbers (intern.go). What is interned is kept for
// ever, and counts as memory of the search (held.go): little for dbqs-static, but
// across view changes of pbft nearly every step of a walk meets a local state that is new.
package machines
