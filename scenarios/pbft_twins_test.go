package scenarios

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// Twins as in the paper (Bano et al., "Twins: BFT systems made robust", OPODIS 2021):
// four replicas, one of which there are two of, both correct by themselves and of one
// identity; seven phases, each with a partition of the five and a leader of its view, all
// drawn. A message to the other side of a partition is lost. At the end of a phase
// whoever waits loses patience, so that the next phase begins with a view change. Within
// a phase messages come in an order that is drawn too, which the paper leaves alone.
//
// Left out: time. The real machines run on a pool of letters in place of the simulator,
// since a schedule is over after some hundred of them.

const (
	twinsReplicas = 4
	twinsCopies   = twinsReplicas + 1 // the last is the twin
	twinsClients  = 2
	twinsPhases   = 7
)

// twins draws and runs schedules, one after another.
type twins struct {
	rng      *rand.Rand
	config   *pbft.Config
	pristine []*pbft.Replica
	codec    *pbft.Registers
	clients  []protocol.Client // pristine too

	// Of the schedule in hand.
	copies  []*pbft.Replica
	users   []protocol.Client
	twinned int   // whom the twin is of
	side    []int // of the partition, by copy
	armed   []uint32
	idle    []bool
	asked   []uint32
	letters []letter
	said    []*pbft.PrePrepare // by the twins
	fork    bool               // they assigned different requests to one number in one view
	events  uint64
	judge   *checker.Agreement
	env     twinsEnv

	// Of all schedules.
	schedules, delivered, views, forked int
}

// letter is a message in flight: from is an identity, to a copy or a client's place after them.
type letter struct {
	from protocol.NodeID
	to   int
	m    protocol.Message
}

func newTwins(lift pbft.Rule) (*twins, error) {
	c := pbft.Config{K: 4, Lifted: lift, Leaders: make([]int32, twinsPhases)}
	for i := range twinsReplicas {
		c.Members = append(c.Members, protocol.NodeID(i))
	}
	c = c.WithDefaults()
	authority, err := auth.NewAuthority(auth.Ideal, 1, twinsReplicas+twinsClients)
	if err != nil {
		return nil, err
	}
	t := &twins{config: &c, codec: pbft.NewRegisters()}
	for i := range twinsReplicas {
		r, err := pbft.NewReplica(&c, authority.Keys(protocol.NodeID(i)), pbft.NewRegisters())
		if err != nil {
			return nil, err
		}
		t.pristine = append(t.pristine, r)
	}
	for i := range twinsClients {
		client, err := pbft.NewClient(&c, authority.Keys(protocol.NodeID(twinsReplicas+i)), t.codec)
		if err != nil {
			return nil, err
		}
		t.clients = append(t.clients, client)
	}
	t.copies, t.side, t.armed = make([]*pbft.Replica, twinsCopies), make([]int, twinsCopies), make([]uint32, twinsCopies)
	t.users, t.idle, t.asked = make([]protocol.Client, twinsClients), make([]bool, twinsClients), make([]uint32, twinsClients)
	t.env.t = t
	return t, nil
}

// run runs the schedule of a seed and returns what broke.
func (t *twins) run(seed uint64) []checker.Finding {
	t.rng = rand.New(rand.NewPCG(seed, 0x7717))
	t.twinned = t.rng.IntN(twinsReplicas)
	for i := range t.copies {
		t.copies[i] = t.pristine[t.identity(i)].Clone().(*pbft.Replica)
		t.armed[i] = 0
	}
	for i := range t.users {
		t.users[i], t.idle[i], t.asked[i] = t.clients[i].Clone().(protocol.Client), true, 0
	}
	t.letters, t.said, t.fork, t.events = t.letters[:0], t.said[:0], false, 0
	t.judge = checker.NewAgreement(checker.System{
		FirstClient: twinsReplicas, Clients: twinsClients, Bound: time.Hour,
		Correct: func(id protocol.NodeID) bool { return int(id) != t.twinned },
	}, t.codec, t.config.K)
	for view := range t.config.Leaders {
		t.config.Leaders[view] = int32(t.rng.IntN(twinsReplicas))
	}
	for phase := range twinsPhases {
		t.phase(phase)
	}
	t.schedules++
	for i, r := range t.copies {
		if i != t.twinned && i < twinsReplicas {
			view, _ := r.View()
			t.views += int(view)
		}
	}
	if t.fork {
		t.forked++
	}
	return t.judge.Findings()
}

// identity returns who a copy says that it is.
func (t *twins) identity(i int) int {
	if i == twinsReplicas {
		return t.twinned
	}
	return i
}

// phase partitions the copies, lets those that wait lose patience and the clients ask, and
// delivers all that this leads to.
func (t *twins) phase(number int) {
	sides := 1 + t.rng.IntN(3)
	for i := range t.side {
		t.side[i] = t.rng.IntN(sides)
	}
	for c := range t.users {
		if t.idle[c] {
			t.idle[c] = false
			op := protocol.Operation{Seq: t.asked[c], Kind: protocol.Write, Value: []byte{byte(c), byte(t.asked[c])}}
			t.asked[c]++
			t.events++
			t.judge.Invoked(t.events, 0, protocol.NodeID(twinsReplicas+c), op)
			t.users[c].Invoke(t.at(twinsCopies+c), op)
		}
	}
	if number > 0 {
		for _, i := range t.rng.Perm(twinsCopies) {
			for _, id := range []protocol.TimerID{pbft.TimerRequest, pbft.TimerViewChange} {
				if t.armed[i]>>id&1 == 1 {
					t.armed[i] &^= 1 << id
					t.copies[i].Timer(t.at(i), id)
					t.step(i)
				}
			}
		}
	}
	for len(t.letters) > 0 {
		k, last := t.rng.IntN(len(t.letters)), len(t.letters)-1
		l := t.letters[k]
		t.letters[k] = t.letters[last]
		t.letters = t.letters[:last]
		t.deliver(l)
	}
}

func (t *twins) deliver(l letter) {
	t.delivered++
	if l.to >= twinsCopies {
		t.users[l.to-twinsCopies].Deliver(t.at(l.to), l.from, l.m)
		return
	}
	t.copies[l.to].Deliver(t.at(l.to), l.from, l.m)
	t.step(l.to)
}

// step has a correct replica judged.
func (t *twins) step(i int) {
	t.events++
	if i != t.twinned && i < twinsReplicas {
		t.judge.Stepped(t.events, int64(t.events), protocol.NodeID(i), t.copies[i])
	}
}

func (t *twins) at(place int) *twinsEnv {
	t.env.place = place
	return &t.env
}

// twinsEnv is the world as one copy, or client, sees it.
type twinsEnv struct {
	t     *twins
	place int
}

func (e *twinsEnv) Now() protocol.Time { return protocol.Time(e.t.events) }
func (e *twinsEnv) Nonce() uint64      { return 0 }

// Send posts a letter to every copy of a replica on the sender's side. Clients are
// on all sides.
func (e *twinsEnv) Send(to protocol.NodeID, m protocol.Message) {
	t := e.t
	switch {
	case e.place >= twinsCopies:
		t.post(protocol.NodeID(e.place-1), to, -1, m)
	case to >= twinsReplicas:
		t.letters = append(t.letters, letter{protocol.NodeID(t.identity(e.place)), int(to) + 1, m})
	default:
		t.post(protocol.NodeID(t.identity(e.place)), to, t.side[e.place], m)
	}
}

// post posts letters to the copies of a replica on one side, or on all if that is -1.
func (t *twins) post(from, to protocol.NodeID, side int, m protocol.Message) {
	if p, ok := m.(*pbft.PrePrepare); ok && int(from) == t.twinned {
		t.listen(p)
	}
	for _, i := range [2]int{int(to), twinsReplicas} {
		if t.identity(i) == int(to) && (side < 0 || t.side[i] == side) {
			t.letters = append(t.letters, letter{from, i, m})
		}
	}
}

// listen notes whether the twins contradict each other as primaries.
func (t *twins) listen(p *pbft.PrePrepare) {
	for _, q := range t.said {
		t.fork = t.fork || p.View == q.View && p.Seq == q.Seq && p.Digest != q.Digest
	}
	t.said = append(t.said, p)
}

func (e *twinsEnv) SetTimer(id protocol.TimerID, _ time.Duration) {
	if e.place < twinsCopies {
		e.t.armed[e.place] |= 1 << id
	}
}

func (e *twinsEnv) CancelTimer(id protocol.TimerID) {
	if e.place < twinsCopies {
		e.t.armed[e.place] &^= 1 << id
	}
}

func (e *twinsEnv) Store(protocol.ID, protocol.Message) {}
func (e *twinsEnv) Sync()                               {}
func (e *twinsEnv) Note(string, uint64)                 {}
func (e *twinsEnv) Return(r protocol.Result) {
	c := e.place - twinsCopies
	e.t.idle[c] = true
	e.t.events++
	e.t.judge.Returned(e.t.events, 0, protocol.NodeID(twinsReplicas+c), r)
}

// One twin breaks nothing, and the schedules are such that something might.
func TestTwinsBreakNothing(t *testing.T) {
	w, err := newTwins(0)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(2000) {
		if found := w.run(seed); len(found) > 0 {
			t.Fatalf("seed %d: %+v", seed, found)
		}
	}
	t.Logf("%d schedules of %d letters, %.1f views at a correct replica, its twins contradict each other as primaries in %d",
		w.schedules, w.delivered/w.schedules, float64(w.views)/3/float64(w.schedules), w.forked)
	if w.views < 3*w.schedules || w.forked == 0 {
		t.Errorf("tame schedules: views %d, twins that contradict each other %d", w.views, w.forked)
	}
}

// The bugs that these lifted rules plant are caught by the same schedules, each among the
// first thousand.
func TestTwinsCatchPlantedBugs(t *testing.T) {
	for _, name := range []string{"pbft.commit-phase", "pbft.digest-check", "pbft.prepared-certificates"} {
		rule, err := pbft.Rules.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			w, err := newTwins(rule)
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(1000) {
				for _, f := range w.run(seed) {
					if f.Property == "pbft.agreement" {
						t.Logf("seed %d: %s", seed, f.Detail)
						return
					}
				}
			}
			t.Error("1000 schedules without the rule, and replicas agree")
		})
	}
}

// A seed is a schedule: what it leads to does not depend on those before it.
func TestTwinsScheduleIsItsSeed(t *testing.T) {
	state := func(seeds ...uint64) string {
		w, err := newTwins(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, seed := range seeds {
			w.run(seed)
		}
		var b []byte
		for _, r := range w.copies {
			b = r.AppendState(b)
		}
		return fmt.Sprintf("%x", b)
	}
	if state(7) != state(3, 5, 7) {
		t.Error("schedule 7 differs after others")
	}
}
