package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
)

// word is the message of the toy machines.
type word struct{ text string }

func say(text string) *word { return &word{text} }

func (*word) Kind() protocol.Kind { return "toy.word" }

func (w *word) AppendTo(b []byte) []byte { return append(append(b, 'w'), w.text...) }

// decodeWord reads a word of small letters and digits.
func decodeWord(b []byte) (protocol.Message, error) {
	if len(b) == 0 || b[0] != 'w' || strings.ContainsFunc(string(b[1:]), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return nil, protocol.ErrWire
	}
	return &word{string(b[1:])}, nil
}

// actor is a toy machine: what it does at each input is written where it is used.
type actor struct {
	start   func(env protocol.Env, disk protocol.Disk)
	deliver func(env protocol.Env, from protocol.NodeID, text string)
	timer   func(env protocol.Env, id protocol.TimerID)
	invoke  func(env protocol.Env, op protocol.Operation)
}

func (a *actor) Start(env protocol.Env, disk protocol.Disk) {
	if a.start != nil {
		a.start(env, disk)
	}
}

func (a *actor) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if a.deliver != nil {
		a.deliver(env, from, m.(*word).text)
	}
}

func (a *actor) Timer(env protocol.Env, id protocol.TimerID) {
	if a.timer != nil {
		a.timer(env, id)
	}
}

func (a *actor) Invoke(env protocol.Env, op protocol.Operation) { a.invoke(env, op) }

func (a *actor) Clone() protocol.Machine     { c := *a; return &c }
func (a *actor) AppendState(b []byte) []byte { return b }

// stage is a world being set up, and the script of what happened in it.
type stage struct {
	Config
	t      *testing.T
	world  *World
	lines  []string
	silent bool // no script
}

// stageOf sets up nodes a, b, c ... on a network with a delay of 1 ms.
func stageOf(t *testing.T, actors ...actor) *stage {
	s := &stage{t: t}
	for i := range actors {
		a := actors[i]
		s.Hosts = append(s.Hosts, Host{Name: string(rune('a' + i)), New: func() protocol.Machine { c := a; return &c }, Correct: true})
	}
	s.Network.Link.Latency.Base = time.Millisecond
	s.Network.Decode = decodeWord
	s.Decisions = FromSeed(1, false)
	s.Deadline = time.Hour
	return s
}

// run lets it happen.
func (s *stage) run() Outcome {
	if !s.silent {
		s.Tracer = s
	}
	s.world = New(s.Config)
	return s.world.Run()
}

// strike adds a fault.
func (s *stage) strike(at time.Duration, act Act, node protocol.NodeID) {
	s.Strikes = append(s.Strikes, Strike{At: at, Act: act, Node: node})
}

// cut adds a cut from some nodes to others for a time.
func (s *stage) cut(from, until time.Duration, c *Cut) {
	s.Strikes = append(s.Strikes, Strike{At: from, Act: Raise, Node: protocol.None, Cut: c}, Strike{At: until, Act: Lower, Node: protocol.None, Cut: c})
}

// nodes is a set of nodes.
func nodes(ids ...int) (s protocol.Bitset) {
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Step implements Tracer: it writes the script.
func (s *stage) Step(x Step) {
	who := "network"
	if x.Node != protocol.None {
		who = s.Hosts[x.Node].Name
	}
	line := fmt.Sprintf("%v %s ", time.Duration(x.At), who)
	switch x.Kind {
	case StepBoot:
		line += "starts"
	case StepMessage:
		line += fmt.Sprintf("hears %s from %s", x.Message.(*word).text, s.Hosts[x.From].Name)
	case StepDrop:
		line += fmt.Sprintf("misses %s from %s", x.Message.(*word).text, s.Hosts[x.From].Name)
	case StepTimer:
		line += fmt.Sprintf("timer %d", x.Timer)
	case StepInvoke:
		line += fmt.Sprintf("is asked for operation %d", x.Op.Seq)
	case StepReturn:
		line += fmt.Sprintf("returns operation %d %s", x.Result.Seq, x.Result.Value)
	case StepFault:
		line += x.Text
	case StepNote:
		line += fmt.Sprintf("notes %s %d", x.Text, x.Detail)
	}
	s.lines = append(s.lines, strings.TrimSpace(line))
}

// story compares the script with a text of one line a step, indented at will.
func (s *stage) story(want string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	got, expected := strings.Join(s.lines, "\n"), strings.Join(lines, "\n")
	if got != expected {
		s.t.Errorf("it went\n%s\n\nbut should go\n%s", got, expected)
	}
}

// errands is a workload of a number of operations for each client, with a pause before each.
type errands struct {
	count uint32
	pause time.Duration
}

func (e errands) Next(_ protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	return protocol.Operation{Seq: k, Kind: protocol.Write, Value: fmt.Appendf(nil, "v%d", k)}, e.pause, k < e.count
}
