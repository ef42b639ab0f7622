package adversary

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
)

// DBFT is the Dialect of storage by PBFT groups that are carried over epochs, and of the
// membership service that its servers run. Within a group its lies are those of
// PBFT; as a member of an old group it vouches for, and hands over, what the group never
// agreed on.
type DBFT struct {
	Membership
	Storage *dbft.Config
}

// Topic implements Dialect: within an instance as PBFT's; what is said of one handover is
// one topic, so that accomplices vouch for one lie.
func (d DBFT) Topic(m protocol.Message) uint64 {
	switch m := m.(type) {
	case *dbft.Carry:
		if t := (PBFT{}).Topic(m.Inner); t != 0 {
			return t ^ handedOver(m.Instance)
		}
		return 0
	case *dbft.Vouch:
		return handedOver(m.Instance)
	case *dbft.Handover:
		return handedOver(m.Instance)
	}
	return d.Membership.Topic(m)
}

func handedOver(i dbft.Instance) uint64 {
	return topic("handover", binary.BigEndian.Uint64(i.Object[:]), i.Epoch)
}

// Fabricate implements Dialect.
func (d DBFT) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	switch m := truth.(type) {
	case *dbft.Carry:
		config := d.Storage.Groups.Of(m.Instance)
		if config == nil {
			return nil, false // another's invention
		}
		lie, ok := PBFT{config}.Fabricate(keys, to, m.Inner, power)
		return &dbft.Carry{Instance: m.Instance, Inner: lie}, ok
	case *dbft.Vouch:
		invented := dbft.StateOf(m.Epoch, []byte("fabricated"))
		v := &dbft.Vouch{Instance: m.Instance, Digest: invented.Digest(keys)}
		if power.Choose("fabricate.vouch", 3) == 2 {
			v.Digest = someDigest(power)
		}
		v.Seal(keys, to)
		return v, true
	case *dbft.Handover:
		return &dbft.Handover{Instance: m.Instance, State: dbft.StateOf(m.Epoch, []byte("fabricated"))}, true
	case *dbft.Refusal:
		return &dbft.Refusal{Instance: m.Instance, Now: m.Now + 1 + uint64(power.Choose("fabricate.epoch", 3))}, true
	}
	if dbft.Speaks(truth) {
		return nil, false
	}
	return d.Membership.Fabricate(keys, to, truth, power)
}
