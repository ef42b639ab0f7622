package explore

// Action names a transition out of a state. The model chooses the numbers; the
// search hands them back to it. One and the same event (the delivery of one
// message, say) keeps its number from state to state while it is pending: PCT
// relies on that to give each event one priority.
type Action uint64

// Step is an enabled transition: the action and the state that it leads to.
type Step[S any] struct {
	Action Action
	State  S
}

// Model is a transition system whose states are values of type S.
//
// A model does not change after it is built and is used by several goroutines
// at once. S may be a struct that is copied by assignment, or hold pointers; in
// the latter case no state that Successors returns shares mutable memory with
// another.
type Model[S any] interface {
	// Initial returns the initial states, at least one.
	Initial() []S

	// Successors appends one step for each transition enabled in s, in an order
	// that depends on nothing but s, and does not change s. Actions of one state are distinct.
	// out has the caller's memory: Extend takes the next step of it without allocation.
	Successors(s *S, out []Step[S]) []Step[S]

	// AppendState appends the canonical encoding of s: two states are the same
	// state exactly when their encodings are equal.
	AppendState(b []byte, s *S) []byte

	// Properties returns what to check, in the order in which it is reported.
	Properties() []Property[S]

	// Describe says in a line what action a does in s.
	Describe(s *S, a Action) string
}

// Decoder is a model whose states can be rebuilt from their encodings. The
// frontier then holds bytes in place of values: less memory, none of it scanned
// by the collector.
type Decoder[S any] interface {
	// DecodeState sets s to the state that b encodes. b is not kept.
	DecodeState(b []byte, s *S)
}

// Explainer is a model that can show a state to a person.
type Explainer[S any] interface {
	// Explain describes s in one or more lines without a newline at the end.
	Explain(s *S) string
}

// Sizer is a model whose states own memory beyond their value: it says how many
// bytes a typical state holds, so that the frontier can be accounted for.
type Sizer interface {
	StateBytes() int
}

// Holder is a model that keeps tables of its own, which grow as it is explored: they
// count as memory of the search. HeldBytes is called by several goroutines.
type Holder interface {
	HeldBytes() int64
}

// Kind says in which states a property is looked at and what it claims.
type Kind uint8

const (
	// Always holds in every reachable state.
	Always Kind = iota
	// Reach holds in at least one reachable state: a search that has seen
	// everything and never met it checked nothing.
	Reach
	// NoDeadlock is looked at only in states without a transition, and says
	// whether the system may end there.
	NoDeadlock
)

// Property is a named claim about states.
type Property[S any] struct {
	Name  string
	Kind  Kind
	Holds func(s *S) bool
}

// Extend lengthens out by one step and returns it with a pointer to that step.
// The step holds whatever an earlier use of the memory left there.
func Extend[S any](out []Step[S]) ([]Step[S], *Step[S]) {
	n := len(out)
	if n < cap(out) {
		out = out[:n+1]
	} else {
		out = append(out, Step[S]{})
	}
	return out, &out[n]
}
