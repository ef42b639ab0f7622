package adversary

// Fabricate invents content: it alters messages as the Dialect of the protocol
// knows how to, and signs them again as the node's own. Accomplices tell one lie
// about one exchange.
type Fabricate struct{ aim }

// Name returns "fabricate".
func (*Fabricate) Name() string { return "fabricate" }

// In does nothing.
func (*Fabricate) In(*Step) {}

// Out alters what its draws hit.
func (t *Fabricate) Out(s *Step, out []Sent) []Sent {
	d := s.Dialect()
	if d == nil {
		panic("adversary: fabricate needs a Dialect of the protocol")
	}
	for i := range out {
		o := &out[i]
		power := s.PowerOn(o.Message, o.To)
		if !t.hits(power, o.Message) {
			continue
		}
		if lie, ok := d.Fabricate(s.Keys(), o.To, o.Message, power); ok {
			*o = o.As(t.name, lie)
		}
	}
	return out
}

// Clone returns t, which has no state.
func (t *Fabricate) Clone() Strategy { return t }

// AppendState appends nothing.
func (*Fabricate) AppendState(b []byte) []byte { return b }
