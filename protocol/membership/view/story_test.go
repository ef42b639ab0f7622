package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// Stories: scripts in testdata. One node's view stands before a service whose key
// the script holds. The members are s0 to s7, s0 to s3 run the service, the node
// is s5; outsiders have higher numbers. The commands:
//
//	view node=5 lease=1s suite=real lift=membership.rule
//	signed 1 add=8 evict=6 remove=7        the service signs the step into epoch 1
//	deliver 1 from=2 config= signature= epoch= delta=   a step comes in, altered or not
//	hear from=2 epoch=4                    some message carries an epoch
//	ask from=6 epoch=0
//	refresh                                the node asks for a lease
//	refresh-all                            it asks everyone
//	confirm                                it asks whether its epoch is current
//	fresh epoch=0 nonce=102 index=2        a freshness certificate comes in, of the last nonce if not told
//	wait 500ms
//	restart                                the node comes back with its disk
//	state
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{t: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.said = nil
			if out := s.command(d); out != "" {
				s.said = append(s.said, out)
			}
			if len(s.said) == 0 {
				return "ok\n"
			}
			return strings.Join(s.said, "\n") + "\n"
		})
	})
}

type story struct {
	t       *testing.T
	service service
	chain   []*ring.Config // as the service has signed it
	steps   []*Step
	cfg     *Config
	keys    *auth.Keys
	view    View
	disk    protocol.Disk
	now     protocol.Time
	nonce   uint64
	said    []string
}

// story is the node's world, too.
func (s *story) Now() protocol.Time { return s.now }
func (s *story) Nonce() uint64      { s.nonce++; return 100 + s.nonce }
func (s *story) Send(to protocol.NodeID, m protocol.Message) {
	switch m := m.(type) {
	case *Step:
		s.say("step into %d to s%d", m.Certificate.Epoch, to)
	case *Ask:
		s.say("ask s%d for what follows %d", to, m.Epoch)
	case *FreshAsk:
		s.say("nonce %d in epoch %d to s%d", m.Nonce, m.Epoch, to)
	}
}
func (s *story) SetTimer(protocol.TimerID, time.Duration) {}
func (s *story) CancelTimer(protocol.TimerID)             {}
func (s *story) Store(key protocol.ID, m protocol.Message) {
	s.disk = append(s.disk, protocol.Record{Key: key, Value: m})
}
func (s *story) Sync()                  {}
func (s *story) Return(protocol.Result) {}
func (s *story) Note(what string, at uint64) {
	s.say("%s at %d", strings.TrimPrefix(what, "membership."), at)
}
func (s *story) say(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

func place(i int) protocol.ID { return protocol.ID{byte(20 * i)} }

func member(i int) ring.Member { return ring.Member{ID: place(i), Node: protocol.NodeID(i)} }

func (s *story) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "view":
		s.begin(d)
	case "signed":
		s.sign(d)
	case "deliver":
		m := s.step(d)
		s.view.OnMessage(s, s.from(d), m)
	case "hear":
		s.view.Heard(s, s.from(d), uint64(s.number(d, "epoch", 0)))
	case "ask":
		s.view.OnMessage(s, s.from(d), &Ask{uint64(s.number(d, "epoch", 0))})
	case "refresh":
		s.view.Refresh(s)
	case "refresh-all":
		s.view.RefreshAll(s)
	case "confirm":
		s.view.Confirm(s)
	case "fresh":
		s.fresh(d)
	case "wait":
		span, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(s.t, "%v", err)
		}
		s.now = s.now.Add(span)
	case "restart":
		s.view = New(s.cfg, s.keys, s.view.self)
		slices.SortFunc(s.disk, func(a, b protocol.Record) int { return a.Key.Compare(b.Key) })
		s.view.Start(s.disk)
	case "state":
		return s.state()
	default:
		d.Fatalf(s.t, "no command %s", d.Cmd)
	}
	return ""
}

func (s *story) number(d *datadriven.TestData, name string, otherwise int) int {
	d.MaybeScanArgs(s.t, name, &otherwise)
	return otherwise
}

func (s *story) from(d *datadriven.TestData) protocol.NodeID {
	return protocol.NodeID(s.number(d, "from", 0))
}

func (s *story) begin(d *datadriven.TestData) {
	suite, lease, lift := 0, "1s", ""
	if d.HasArg("suite") {
		suite = 1
	}
	d.MaybeScanArgs(s.t, "lease", &lease)
	d.MaybeScanArgs(s.t, "lift", &lift)
	span, err := time.ParseDuration(lease)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.service = services(s.t)[suite]
	s.cfg = &Config{Service: s.service.sharing.Key(), Lease: span, Retry: 100 * time.Millisecond, FanOut: 1}
	if lift != "" {
		if s.cfg.Lifted, err = Rules.Parse(lift); err != nil {
			d.Fatalf(s.t, "%v", err)
		}
	}
	var members []ring.Member
	for i := range 8 {
		members = append(members, member(i))
	}
	replicas := []protocol.ID{place(0), place(1), place(2), place(3)}
	if s.cfg.Genesis, err = ring.NewConfig(0, members, replicas, nil, ring.Options{OmitStatus: s.cfg.Lifted&DigestCoversStatus != 0}); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.chain, s.steps, s.disk, s.now = []*ring.Config{s.cfg.Genesis}, nil, nil, 0
	s.keys, s.view = s.service.keys, New(s.cfg, s.service.keys, place(s.number(d, "node", 5)))
}

// sign makes the next step of the chain.
func (s *story) sign(d *datadriven.TestData) {
	last := s.chain[len(s.chain)-1]
	var changes []ring.Change
	for _, a := range d.CmdArgs[1:] {
		var i int
		if _, err := fmt.Sscan(a.Vals[0], &i); err != nil {
			d.Fatalf(s.t, "%v", err)
		}
		c := ring.Change{Kind: map[string]ring.ChangeKind{"add": ring.Add, "remove": ring.Remove, "evict": ring.SetStatus}[a.Key], Member: member(i)}
		if a.Key == "evict" {
			c.Member.Status = ring.Inactive
		}
		changes = append(changes, c)
	}
	delta := ring.NewDelta(last.Epoch(), changes)
	next, err := last.Apply(delta)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	st := EpochStatement{Epoch: next.Epoch(), Config: next.Digest()}
	s.chain = append(s.chain, next)
	s.steps = append(s.steps, &Step{delta, EpochCertificate{st, s.service.sign(s.t, st.Bytes())}})
}

// step returns a signed step, altered as the arguments say.
func (s *story) step(d *datadriven.TestData) *Step {
	var into int
	if _, err := fmt.Sscan(d.CmdArgs[0].Key, &into); err != nil || into > len(s.steps) {
		d.Fatalf(s.t, "the service has signed %d steps", len(s.steps))
	}
	m := *s.steps[into-1]
	if d.HasArg("config") {
		m.Certificate.Config[0]++
	}
	if d.HasArg("signature") {
		m.Certificate.Signature[9]++
	}
	if d.HasArg("delta") {
		m.Delta = ring.NewDelta(m.Delta.From, []ring.Change{{Kind: ring.SetStatus, Member: ring.Member{ID: place(4), Status: ring.Inactive}}})
	}
	if d.HasArg("epoch") {
		m.Certificate.Epoch = uint64(s.number(d, "epoch", 0))
		m.Delta = &ring.Delta{From: m.Certificate.Epoch - 1, Changes: m.Delta.Changes}
	}
	return &m
}

// fresh lets a freshness certificate come in, over three nonces of which one is the
// node's last, or none.
func (s *story) fresh(d *datadriven.TestData) {
	nonce := s.view.lease.asked.nonce
	if d.HasArg("old") {
		nonce = 101
	}
	nonce = uint64(s.number(d, "nonce", int(nonce)))
	epoch := uint64(s.number(d, "epoch", int(s.view.Epoch())))
	leaf := NonceLeaf(s.keys.Self(), nonce)
	tree := s.keys.NewMerkleTree([][]byte{NonceLeaf(8, 1), NonceLeaf(9, 2), leaf})
	st := FreshnessStatement{Epoch: epoch, Root: tree.Root()}
	c := &FreshnessCertificate{FreshnessStatement: st, Path: tree.Path(s.number(d, "index", 2)), Signature: s.service.sign(s.t, st.Bytes())}
	c.Epoch = uint64(s.number(d, "as", int(epoch)))
	s.view.OnMessage(s, s.from(d), &FreshReply{epoch, c})
}

func (s *story) state() string {
	out := fmt.Sprintf("epoch %d, %d of %d active", s.view.Epoch(), s.view.Config().Active(), s.view.Config().Len())
	if until, held := s.view.LeaseUntil(); held {
		out += fmt.Sprintf(", a lease until %v", time.Duration(until))
	}
	if s.view.Current(s.now) {
		out += ", current"
	} else if s.view.Confirmed() {
		out += ", confirmed"
	}
	return out
}
