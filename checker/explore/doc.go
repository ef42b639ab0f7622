// Package explore searches all behaviours of a small system: every state that some
// schedule can reach, each once.
//
// A Model says which states there are at the start, which steps lead out of a
// state, and what must hold. Explore visits them breadth first (the counterexample is a
// shortest one) or depth first, with any number of workers over one visited
// table, or samples paths by random walks or PCT where there are too many states.
//
// # What a verdict claims
//
// Pass: every reachable state was visited and every property holds, up to
// Result.MissedProbability. Violation and stuck: Result.Counterexample is a path of the
// model to a state that breaks the property. Vacuous: every state was visited and a
// Reach property never held, so the system did not do what was to be checked.
// Undecided: a bound cut the search short (Result.TruncatedBy) and nothing was
// found; nothing is claimed. A walk that finds nothing is always undecided.
//
// Counts of a search that was not cut short are a function of the model and the
// reduction alone. A counterexample is so too when the order is breadth first.
// Depth-first search with several workers and no bound on depth finds the same
// states in an order of its own; with a bound on depth it may miss states
// that are near by another way, and says that it was cut short.
//
// Under PartialOrder breadth-first search still finds a violation if there is
// one, but perhaps not by a shortest path.
//
// # Memory
//
// The visited table takes 15 to 22.5 bytes a state (see table.go), the frontier
// the encoded states found and not yet explored, and a model may keep tables of its own
// (Holder). Result.PeakBytes is the most that all of these
// held, with the second copy of the part of the table that grows.
//
// # What ends
//
// A state without transitions in which the system may not end is found by every search
// (NoDeadlock, verdict stuck): under all reductions, for partial order keeps every such state. Beyond that a system may
// run for ever and never do what it should. Where the graph of states has no cycle, every run
// ends, and so ends well, whatever is fair; that is looked at once a search without partial order
// has passed (ends.go), and is said in Result.Detail. Partial order may leave out the
// steps of a cycle, so after it nothing is said.
//
// # What is left out
//
// What happens on the fair paths of a graph that has cycles, and of one too large for ends.go: nothing is claimed of them, and no verdict rests on
// it. The table keeps no states, only fingerprints.
package explore
