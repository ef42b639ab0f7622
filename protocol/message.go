package protocol

// Kind names a type of message: the protocol, a dot, the name in the paper
// ("dbqs.read-reply"). Filters, traces and counts of lies speak of kinds.
type Kind string

// Message is a value that nodes exchange, or that one of them stores. It is
// immutable once it was given to Env, and shared by pointer between receivers.
type Message interface {
	Kind() Kind

	// AppendTo appends the message's wire form, beginning with its type byte, to b.
	// Equal messages have equal forms, and a protocol's Decode inverts it.
	AppendTo(b []byte) []byte
}

// Decoder reads one message from its whole wire form. It returns an error, and
// never panics, on bytes that AppendTo could not have written.
type Decoder func(b []byte) (Message, error)

// Meter counts the cryptographic work that a node has asked for. The simulator
// reads it to charge virtual time; counts only grow.
type Meter struct {
	Signs, Verifies, MACs, Digests, Shares uint64
	Bytes                                  uint64 // hashed, over all of these
}
