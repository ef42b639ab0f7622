package machines

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"time"

	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// Council is the end of epochs by votes: the state machine of the membership service
// (package membership) as it runs, with four replicas of which the first may lie,
// and one or two members besides who may seem to be gone.
//
// What it models: every correct replica may sign, once in each epoch, that the epoch has
// lasted long enough, that an active member does not answer, or that an inactive
// one does again. The liar has signed everything, in every epoch so far. Anybody may
// at any moment ask the service for any operation with any two of the statements
// that exist as evidence, of this epoch or an earlier one, relabelled, or one
// twice, or with the liar's own in another's name; or with one alone.
//
// Left out: how the service orders operations (that is pbft's model), how replicas come to
// miss a member, and the group's own moves. A statement that is under way for long is
// one that is used late.
type Council struct {
	Epochs  int // that end, after which the search does
	Members int // besides the replicas, 1 or 2
	Lifted  view.Rule
}

const (
	councilReplicas = 4
	councilTargets  = 2 // most
	councilEpochs   = 3 // most
)

// The statements that a replica may make in an epoch, as bits: on each member that it is gone, on
// each that it is back, and on the end.
const (
	stateEvict      = 1 << 0
	stateReactivate = 1 << councilTargets
	stateEnd        = 1 << (2 * councilTargets)
)

// CouncilState is the service's state, by number, and who has stated what in which epoch.
type CouncilState struct {
	service uint16
	cast    [councilEpochs][councilReplicas]uint8 // the liar's are not kept
}

// CouncilModel is Council as explore wants it.
type CouncilModel struct {
	Council
	matters   []uint8 // that there are statements on, as bits
	cfg       membership.Config
	ids       []protocol.ID // of all members; the replicas come first
	keys      []*auth.Keys
	epochKeys []auth.EpochKey

	// mu is held while an operation is executed for the first time: keys share scratch memory.
	mu       sync.Mutex
	services []*membership.Service
	byForm   map[string]uint16 // looked up only
	executed map[motion]uint16 // the service after an operation; looked up only
}

// Model returns the model.
func (c Council) Model() *CouncilModel {
	members := councilReplicas + c.Members
	m := &CouncilModel{Council: c, byForm: make(map[string]uint16), executed: make(map[motion]uint16)}
	for i := range c.Members {
		m.matters = append(m.matters, stateEvict<<i, stateReactivate<<i)
	}
	m.matters = append(m.matters, stateEnd)
	authority, err := auth.NewAuthority(auth.Ideal, 1, members)
	if err != nil {
		panic(err) // the suite is known
	}
	var all []ring.Member
	var group []protocol.NodeID
	for i := range members {
		node := protocol.NodeID(i)
		k := authority.Keys(node)
		m.keys, m.epochKeys = append(m.keys, k), append(m.epochKeys, authority.EpochKey(node))
		pub, _ := k.Public(node)
		m.ids = append(m.ids, protocol.ID{byte(i + 1)})
		all = append(all, ring.Member{ID: m.ids[i], Node: node, Key: pub})
		if i < councilReplicas {
			group = append(group, node)
		}
	}
	sharing, _, err := authority.NewThreshold(auth.Group{Members: group})
	if err != nil {
		panic(err)
	}
	genesis, err := ring.NewConfig(0, all, m.ids[:councilReplicas], nil, ring.Options{})
	if err != nil {
		panic(err)
	}
	m.cfg = membership.Config{
		View: &view.Config{Service: sharing.Key(), Genesis: genesis, Lease: time.Second, Retry: time.Second, FanOut: 2, Versions: &ring.Versions{}, Lifted: c.Lifted},
		PBFT: pbft.Config{}, Authority: authority.Owner(0).Public, Sharing: sharing,
		EpochLength: time.Second, ProbeEvery: time.Second, SignedEvery: 1, Propose: 2, Accept: 1, FreshEvery: time.Second, Retry: time.Second,
	}
	m.keep(membership.NewService(&m.cfg, m.keys[1]))
	return m
}

// keep numbers a state of the service.
func (m *CouncilModel) keep(s *membership.Service) uint16 {
	form := string(binary.LittleEndian.AppendUint64(s.AppendState(nil), s.Epoch()))
	n, known := m.byForm[form]
	if !known {
		n = uint16(len(m.services))
		m.services, m.byForm[form] = append(m.services, s), n
	}
	return n
}

// service returns the service of a state, for reading only.
func (m *CouncilModel) service(s *CouncilState) *membership.Service {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.services[s.service]
}

// Initial returns the state before anyone has said anything.
func (m *CouncilModel) Initial() []CouncilState { return []CouncilState{{}} }

// An action is a statement (its bit, and the replica above) or, with motionFlag, an operation.
const (
	replicaShift = 8
	motionFlag   = 1 << 62
)

// Successors returns the statements that correct replicas may make, then the
// operations that the service carries out.
func (m *CouncilModel) Successors(s *CouncilState, out []explore.Step[CouncilState]) []explore.Step[CouncilState] {
	service := m.service(s)
	epoch := int(service.Epoch())
	if epoch >= m.Epochs {
		return out
	}
	for replica := 1; replica < councilReplicas; replica++ {
		for _, bit := range m.matters {
			if s.cast[epoch][replica]&bit == 0 && m.true(service, bit) {
				var t *explore.Step[CouncilState]
				out, t = explore.Extend(out)
				t.Action, t.State = explore.Action(replica<<replicaShift|int(bit)), *s
				t.State.cast[epoch][replica] |= bit
			}
		}
	}
	for _, bit := range m.matters {
		out = m.motions(s, epoch, bit, out)
	}
	return out
}

// true reports whether a correct replica may state something: who is inactive cannot be missed,
// and who is active cannot come back.
func (m *CouncilModel) true(service *membership.Service, bit uint8) bool {
	if bit == stateEnd {
		return true
	}
	evict, target := targetOf(bit)
	return evict == (service.Config().Lookup(m.ids[target]).Status == ring.Active)
}

// targetOf returns what a bit says of which member.
func targetOf(bit uint8) (evict bool, target int) {
	i := bits.TrailingZeros8(bit)
	return i < councilTargets, councilReplicas + i%councilTargets
}

// AppendState appends the numbers of which a state consists.
func (m *CouncilModel) AppendState(b []byte, s *CouncilState) []byte {
	b = binary.LittleEndian.AppendUint16(b, s.service)
	for e := range m.Epochs {
		b = append(b, s.cast[e][1:]...)
	}
	return b
}

// DecodeState inverts AppendState.
func (m *CouncilModel) DecodeState(b []byte, s *CouncilState) {
	*s = CouncilState{service: binary.LittleEndian.Uint16(b)}
	for e := range m.Epochs {
		copy(s.cast[e][1:], b[2+e*(councilReplicas-1):])
	}
}

// HeldBytes implements explore.Holder: the states of the service, each of some kilobytes, and
// what every operation leads to.
func (m *CouncilModel) HeldBytes() int64 {
	const service = 4 << 10
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.services))*service + int64(len(m.executed))*mapEntry
}
