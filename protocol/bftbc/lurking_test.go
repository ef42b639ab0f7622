package bftbc

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// attack is a faulty client, c0, with a faulty replica, 3, that signs whatever it
// likes. It sends what it can to whom it will, with every certificate that the
// signatures so far allow.
type attack struct {
	*network
	object protocol.ID
	stamps []Stamp // that any correct replica has signed, in order
}

// certificates returns those of a claim that can be assembled: f+1 votes of correct
// replicas and the faulty one's.
func (a *attack) certificates(claim Claim) (out []*Certificate) {
	for _, s := range a.stamps {
		b := a.votes[claim][s]
		if b == nil {
			continue
		}
		with := b.clone()
		v := a.replicas[3].vote(claim, a.object, s)
		with.add(3, v.Sig)
		if c := with.certificate(a.cfg.quorum()); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// prepared returns the prepare certificates of both lists.
func (a *attack) prepared() []*Certificate {
	return append(a.certificates(Prepared), a.certificates(PreparedFast)...)
}

// complete returns the newest stamp with a write certificate.
func (a *attack) complete() (top Stamp) {
	for _, c := range a.certificates(Written) {
		if c.Stamp.Compare(top) > 0 {
			top = c.Stamp
		}
	}
	return top
}

// step sends one message to one correct replica.
func (a *attack) step(t *rapid.T) {
	pick := func(label string, certs []*Certificate) *Certificate {
		return rapid.SampledFrom(append([]*Certificate{nil}, certs...)).Draw(t, label)
	}
	to := protocol.NodeID(rapid.IntRange(0, 2).Draw(t, "to"))
	digest := auth.Digest{byte(rapid.IntRange(0, 2).Draw(t, "value"))}
	h, self := Header{Object: a.object}, a.cfg.Clients[0]
	var m protocol.Message
	switch rapid.IntRange(0, 4).Draw(t, "what") {
	case 0, 1:
		p := &Prepare{Header: h, Client: self, Digest: digest, Max: pick("max", a.prepared()), Previous: pick("previous", a.certificates(Written))}
		p.TS = p.Max.stamp().TS.successor(self)
		for _, c := range a.certificates(Written) {
			if p.Max != nil && c.Stamp == p.Max.Stamp {
				p.Completed = c
			}
		}
		m = p
	case 2:
		m = &ReadTSPrep{Header: h, Client: self, Digest: digest, Seq: uint64(rapid.IntRange(1, 5).Draw(t, "seq")), Previous: pick("previous", a.certificates(Written))}
	default:
		c := pick("write", a.prepared())
		if c == nil {
			return
		}
		m = &Write{h, &Record{Cert: c}} // the rule on digests is lifted: values do not matter here
	}
	Sign(a.keys[self], a.cfg.Epoch, m)
	a.deliver(envelope{From: self, To: to, M: m})
	for _, e := range a.Take(storytest.Everything) {
		switch m := e.M.(type) {
		case *PrepareReply:
			a.note(m.Vote.Stamp)
		case *WriteReply:
			a.note(m.Vote.Stamp)
		case *ReadTSReply:
			if m.Vote != nil {
				a.note(m.Vote.Stamp)
			}
		}
	}
}

func (a *attack) note(s Stamp) {
	if !slices.Contains(a.stamps, s) {
		a.stamps = append(a.stamps, s)
	}
}

// However a faulty client and replica go about it, no more writes than the variant
// allows are ever prepared beyond the newest complete one: so no more can lurk
// when the client is removed. In the strong variant they are one timestamp ahead.
func TestBoundOnLurkingWrites(t *testing.T) {
	for _, variant := range []Variant{Base, Optimised, Strong} {
		t.Run(variant.String(), func(t *testing.T) {
			met := 0
			rapid.Check(t, func(t *rapid.T) {
				a := &attack{network: newNetwork(Config{F: 1, Variant: variant, Lifted: DigestMatch}, auth.Ideal, 1), object: protocol.KeyOf("x", 0)}
				for range rapid.IntRange(0, 40).Draw(t, "steps") {
					a.step(t)
					lurking, top := 0, a.complete()
					for _, c := range a.prepared() {
						if c.Stamp.Compare(top) > 0 {
							lurking++
						}
						if ahead := int64(c.Stamp.TS.Counter - top.TS.Counter); variant == Strong && ahead > 1 {
							t.Fatalf("a write %d timestamps beyond the newest complete one is prepared", ahead)
						}
					}
					if lurking > variant.MaxLurking() {
						t.Fatalf("%d writes can lurk", lurking)
					}
					if lurking == variant.MaxLurking() {
						met++
					}
				}
			})
			if met == 0 {
				t.Fatal("the bound was never met, so nothing was tested")
			}
		})
	}
}
