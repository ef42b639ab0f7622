package experiment

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// How the news of an epoch spreads. Every member is a real view of the membership: it
// verifies the certificate and the delta, enters, and passes the step on in one of three
// forms. In all of them each member also greets somebody at random now and then, which
// carries its epoch, as every message of the real system does; who hears of a later one
// asks for the steps.
//
//	tree       the protocol's own dissemination tree, with replicas at its root
//	gossip     who enters sends the step to as many random members, once
//	piggyback  greetings alone
//
// Left out: how the service comes to its decision, the cost of work, and everything
// else that members do. Liars pass nothing on, answer nothing, and boast of epochs
// that do not exist.

const (
	spreadFanOut = 4               // children in the tree, and members told by gossip
	spreadChat   = time.Second     // between two greetings of a member
	spreadStart  = time.Second     // when the replicas enter the epoch
	spreadEnd    = 5 * time.Minute // nobody waits longer
)

// spread is the world of one run.
type spread struct {
	quiet
	form    string
	members int
	liars   int // every so many-th member is one: see lies
	cfg     *view.Config
	keys    *auth.Authority
	step    *view.Step
	entered []int64 // when correct members entered
	correct int
}

// dissemination returns the points: a curve's Set says the form and the share of
// liars, x is the members.
func dissemination(s *Spec, quick bool) ([]job, error) {
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		for n, x := range s.values(quick) {
			at, err := s.place(n)
			if err != nil {
				return nil, err
			}
			p := spread{members: 1000}
			settings := append(slices.Clone(c.Set), s.X.Set+"="+x)
			for _, set := range settings {
				if err := p.set(set); err != nil {
					return nil, fmt.Errorf("figure %s: %w", s.Name, err)
				}
			}
			if err := p.valid(); err != nil {
				return nil, fmt.Errorf("figure %s: %w", s.Name, err)
			}
			digest, err := digestOf(settings)
			if err != nil {
				return nil, err
			}
			j := job{curve: c, x: x, at: at, digest: digest, key: fmt.Sprint("dissemination ", s.Columns), seeds: s.seeds(quick)}
			j.run = func(seed uint64) (*sampled, error) {
				run := p
				return run.run(seed, s.Columns)
			}
			out = append(out, j)
		}
	}
	return out, nil
}

// set reads one setting.
func (p *spread) set(text string) (err error) {
	key, value, _ := strings.Cut(text, "=")
	switch key {
	case "form":
		p.form = value
	case "members":
		p.members, err = strconv.Atoi(value)
	case "liars":
		p.liars, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("dissemination has no setting %q (there are form, members, liars)", key)
	}
	return err
}

func (p *spread) valid() error {
	if !slices.Contains([]string{"tree", "gossip", "piggyback"}, p.form) {
		return fmt.Errorf("form: %q is none of tree, gossip, piggyback", p.form)
	}
	if p.members < 10 || p.liars < 0 || p.liars > 90 {
		return fmt.Errorf("members=%d, liars=%d: at least 10 members, at most 90 percent liars", p.members, p.liars)
	}
	return nil
}

// replicas is how many members run the service: the first ones, which are correct.
const replicas = 4

// lies reports whether a member is a liar.
func (p *spread) lies(i int) bool {
	return i >= replicas && p.liars > 0 && (i*p.liars)/100 != ((i-1)*p.liars)/100
}

// run runs the world once. The columns are shares of the correct members, in percent,
// or "messages" for each member.
func (p *spread) run(seed uint64, columns []string) (*sampled, error) {
	if err := p.epoch(seed); err != nil {
		return nil, err
	}
	c := sim.Config{
		Network:   sim.Network{Link: sim.Link{Latency: sim.Latency{Shape: sim.Uniform, Base: time.Millisecond, Spread: 4 * time.Millisecond}}},
		Decisions: sim.FromSeed(seed, false), Deadline: spreadEnd, MaxInstant: 1 << 40, Observers: []sim.Observer{p},
	}
	for i := range p.members {
		k := p.keys.Keys(protocol.NodeID(i))
		c.Hosts = append(c.Hosts, sim.Host{Name: "m", Correct: !p.lies(i), New: func() protocol.Machine {
			return &spreader{world: p, lies: p.lies(i), view: view.New(p.cfg, k, p.cfg.Genesis.At(i).ID), self: protocol.NodeID(i)}
		}})
		if !p.lies(i) {
			p.correct++
		}
	}
	w := sim.New(c)
	out := w.Run()
	if out.Stop == sim.Panicked {
		return nil, fmt.Errorf("seed %d: %s", seed, out.Detail)
	}
	if len(p.entered) < p.correct {
		return nil, fmt.Errorf("seed %d: %d of %d correct members entered the epoch within %v", seed, len(p.entered), p.correct, spreadEnd)
	}
	s := &sampled{scenario: "dissemination", digest: w.Seal("pass").String()}
	for _, column := range columns {
		percent, err := strconv.ParseFloat(strings.TrimSuffix(column, " %"), 64)
		if err != nil {
			return nil, fmt.Errorf("columns: %q is no share in percent", column)
		}
		last := int(float64(p.correct)*percent/100+0.999999) - 1
		s.columns = append(s.columns, []float64{float64(p.entered[last])/1e9 - spreadStart.Seconds()})
	}
	return s, nil
}

// epoch makes the configuration of the members, whose node numbers follow their ids,
// and the step out of it: one in a hundred changes its status, a hundred at most.
func (p *spread) epoch(seed uint64) error {
	var err error
	if p.keys, err = auth.NewAuthority(auth.Ideal, seed, p.members); err != nil {
		return err
	}
	k := p.keys.Keys(0)
	ids := make([]protocol.ID, p.members)
	for i := range ids {
		d := k.Digest(fmt.Appendf(nil, "%d member %d", seed, i))
		ids[i] = protocol.ID(d)
	}
	slices.SortFunc(ids, protocol.ID.Compare)
	members := make([]ring.Member, p.members)
	group := auth.Group{}
	for i := range members {
		pub, _ := k.Public(protocol.NodeID(i))
		members[i] = ring.Member{ID: ids[i], Node: protocol.NodeID(i), Key: pub}
		if i < replicas {
			group.Members = append(group.Members, protocol.NodeID(i))
		}
	}
	genesis, err := ring.NewConfig(0, members, ids[:replicas], nil, ring.Options{})
	if err != nil {
		return err
	}
	var changes []ring.Change
	for i := range min(100, max(1, p.members/100)) {
		m := ring.Member{ID: ids[p.members-1-i], Status: ring.Inactive}
		changes = append(changes, ring.Change{Kind: ring.SetStatus, Member: m})
	}
	delta := ring.NewDelta(0, changes)
	next, err := genesis.Apply(delta)
	if err != nil {
		return err
	}
	sharing, shares, err := p.keys.NewThreshold(group)
	if err != nil {
		return err
	}
	st := view.EpochStatement{Epoch: 1, Config: next.Digest()}
	var parts []auth.Partial
	for i := range group.Threshold() {
		part, _ := p.keys.Keys(protocol.NodeID(i)).PartialSign(shares[i], st.Bytes())
		parts = append(parts, part)
	}
	sig, err := k.Combine(sharing, st.Bytes(), parts)
	p.step = &view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: st, Signature: sig}}
	p.cfg = &view.Config{Service: sharing.Key(), Genesis: genesis, Lease: time.Minute, Retry: 100 * time.Millisecond, Versions: &ring.Versions{}}
	if p.form == "tree" {
		p.cfg.FanOut = spreadFanOut
	}
	return err
}

// Noted implements sim.Observer: it notes who enters the epoch.
func (p *spread) Noted(_ uint64, at int64, node protocol.NodeID, situation string, _ uint64) {
	if situation == view.NoteEpoch && !p.lies(int(node)) {
		p.entered = append(p.entered, at)
	}
}

// over reports whether all correct members have entered: greetings end then, and with
// them the run.
func (p *spread) over() bool { return len(p.entered) == p.correct }

// greeting is what members say to each other now and then.
type greeting struct {
	epoch  uint64
	answer bool
}

// Kind implements protocol.Message.
func (*greeting) Kind() protocol.Kind { return "experiment.greeting" }

// AppendTo implements protocol.Message.
func (m *greeting) AppendTo(b []byte) []byte {
	return protocol.AppendBool(binary.LittleEndian.AppendUint64(append(b, 255), m.epoch), m.answer)
}
