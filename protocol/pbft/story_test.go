package pbft

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// Stories: scripts in testdata, named after the sections of TOCS 2002 (and one or
// two of OSDI 1999), each readable by who knows the paper. The commands:
//
//	cluster n=4 clients=1 k=2 l=4 batch=1 tentative read-only digest-replies signed suite=real lift=pbft.a2
//	write c=0 x=1, read c=0 x          a correct client invokes an operation
//	request c=0 t=1 x=1 name=a to=(0,1) macs=(0,1)   a faulty client sends a request as it likes
//	deliver|run|drop|dup from=() to=() kind=() n=() max=   messages in flight: one wave, until there are none, ...
//	block from=() to=() kind=(), unblock     what matches is lost when it is sent
//	timer node=() request|view-change|status|transfer|client
//	crash node=(), faulty node=()
//	lie from=0 to=() KIND ...          a faulty replica says something, authenticated as itself; see lie_test.go
//	state, results, notes, check       what there is to see
func TestStories(t *testing.T) {
	storytest.Walk(t, "testdata", func(t *testing.T) func(*datadriven.TestData) string { return (&story{t: t}).command })
}

type story struct {
	*network
	t     *testing.T
	seen  map[string]int // notes already shown
	ops   []uint32       // operations invoked, by client
	rules []func(envelope) bool
}

func (s *story) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "cluster":
		return s.cluster(d)
	case "write", "read":
		return s.invoke(d)
	case "request":
		return s.request(d)
	case "deliver":
		list := s.Take(s.filter(d))
		for _, e := range list {
			s.network.deliver(e)
		}
		return storytest.Summary(list)
	case "run":
		return storytest.Summary(s.network.run(s.filter(d)))
	case "drop":
		return storytest.Summary(s.Take(s.filter(d)))
	case "dup":
		return storytest.Summary(s.Again(s.filter(d)))
	case "block":
		s.rules = append(s.rules, s.filter(d))
		return "lost: " + storytest.Summary(s.Take(s.rules[len(s.rules)-1]))
	case "unblock":
		s.rules = nil
		return ""
	case "timer":
		return s.timer(d)
	case "crash", "faulty":
		for _, i := range storytest.Numbers(d, "node") {
			s.down[i] = s.down[i] || d.Cmd == "crash"
			s.faulty[i] = s.faulty[i] || d.Cmd == "faulty"
		}
		return ""
	case "lie":
		return s.lie(d)
	default:
		return s.show(d)
	}
}

func (s *story) show(d *datadriven.TestData) string {
	switch d.Cmd {
	case "state":
		return s.state()
	case "results":
		out := strings.Join(s.results, "\n")
		if s.results = nil; out == "" {
			return "none"
		}
		return out
	case "notes":
		return s.newNotes()
	case "check":
		if len(s.broken) == 0 {
			return "agreement, validity and checkpoints hold"
		}
		return "BROKEN " + strings.Join(s.broken, "\nBROKEN ")
	}
	d.Fatalf(s.t, "no command is called %q", d.Cmd)
	return ""
}

func (s *story) cluster(d *datadriven.TestData) string {
	n, clients, suite := storytest.Number(d, "n", 4), storytest.Number(d, "clients", 1), auth.Ideal
	cfg := Config{
		Members: members(n), K: uint64(storytest.Number(d, "k", 2)), L: uint64(storytest.Number(d, "l", 4)), Batch: storytest.Number(d, "batch", 1), Window: storytest.Number(d, "window", 0),
		Tentative: d.HasArg("tentative"), ReadOnly: d.HasArg("read-only"), DigestReplies: d.HasArg("digest-replies"), Signed: d.HasArg("signed"),
	}
	if d.HasArg("suite") {
		d.ScanArgs(s.t, "suite", &suite)
	}
	for _, name := range storytest.Values(d, "lift") {
		rule, err := Rules.Parse(name)
		if err != nil {
			d.Fatalf(s.t, "%v", err)
		}
		cfg.Lifted |= rule
	}
	s.network = newNetwork(cfg.WithDefaults(), suite, clients)
	s.seen, s.ops, s.rules = map[string]int{}, make([]uint32, clients), nil
	s.blocked = func(e envelope) bool {
		return slices.ContainsFunc(s.rules, func(match func(envelope) bool) bool { return match(e) })
	}
	return ""
}

func (s *story) invoke(d *datadriven.TestData) string {
	c := storytest.Number(d, "c", 0)
	op := protocol.Operation{Seq: s.ops[c], Kind: protocol.Read}
	if op.Object, op.Value = target(d); d.Cmd == "write" {
		op.Kind = protocol.Write
	}
	s.ops[c]++
	s.clients[c].Invoke(s.env(len(s.replicas)+c), op)
	return s.names[s.replicas[0].seal.RequestDigest(s.clients[c].call.request)]
}

func (s *story) request(d *datadriven.TestData) string {
	node := len(s.replicas) + storytest.Number(d, "c", 0)
	id, value := target(d)
	op, _ := NewRegisters().Encode(protocol.Operation{Kind: protocol.Write, Object: id, Value: value})
	m := &Request{Client: protocol.NodeID(node), Timestamp: uint64(storytest.Number(d, "t", 1)), Replier: -1, Op: op}
	NewSealer(s.cfg, s.keys[node]).Seal(m)
	m = s.spoil(d, m).(*Request)
	s.learn(m, storytest.Values(d, "name")[0])
	for _, i := range s.receivers(d) {
		s.Put(protocol.NodeID(node), protocol.NodeID(i), m)
	}
	return ""
}

func (s *story) timer(d *datadriven.TestData) string {
	ids := map[string]protocol.TimerID{"request": TimerRequest, "view-change": TimerViewChange, "status": TimerStatus, "transfer": TimerTransfer, "client": TimerClient}
	var fired []string
	for _, node := range storytest.Numbers(d, "node") {
		for _, a := range d.CmdArgs {
			id, ok := ids[a.Key]
			if !ok || !s.expire(node, id) {
				continue
			}
			fired = append(fired, fmt.Sprint(node))
			if id == TimerStatus {
				s.expire(node, id) // twice: the first time, something had moved since it was started
			}
		}
	}
	if len(fired) == 0 {
		return "not running"
	}
	return "expired at " + strings.Join(fired, ", ")
}

// state describes each replica that is up: its view, watermark and executions, and
// what it knows of the numbers above.
func (s *story) state() string {
	var b strings.Builder
	for i, r := range s.replicas {
		if s.down[i] {
			fmt.Fprintf(&b, "%d: down\n", i)
			continue
		}
		view, active := r.View()
		fmt.Fprintf(&b, "%d: view %d", i, view)
		if !active {
			b.WriteString(" pending")
		}
		fmt.Fprintf(&b, ", h=%d, executed %d", r.Watermark(), r.LastExecuted())
		if r.LastTentative() > r.LastExecuted() {
			fmt.Fprintf(&b, " and %d tentatively", r.LastTentative())
		}
		if id, ok := r.Transferring(); ok {
			fmt.Fprintf(&b, ", fetching checkpoint %d", id.Seq)
		}
		if r.Waiting() > 0 {
			fmt.Fprintf(&b, ", %d waiting", r.Waiting())
		}
		b.WriteString(s.slots(r))
		b.WriteString("\n")
	}
	return b.String()
}

func (s *story) slots(r *Replica) (out string) {
	for seq := r.Watermark() + 1; seq <= r.Watermark()+2*s.cfg.L; seq++ {
		x := r.peek(seq)
		if x == nil || x.assigned == nil {
			continue
		}
		status := "assigned"
		switch {
		case r.committedLocal(x):
			status = "committed"
		case r.prepared(x):
			status = "prepared"
		case x.sent:
			status = "pre-prepared"
		}
		out += fmt.Sprintf("; n=%d %s %s", seq, status, s.batchName(x.assigned))
	}
	return out
}

func (s *story) batchName(b *batch) string {
	if len(b.refs) < 2 {
		return s.name(b.digest)
	}
	var names []string
	for i := range b.refs {
		names = append(names, s.name(b.refs[i]))
	}
	return strings.Join(names, "+")
}

func (s *story) newNotes() string {
	if out := storytest.News(s.notes, s.seen, "%s x%d"); len(out) > 0 {
		return strings.Join(out, "\n")
	}
	return "none"
}
