package adversary

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// stage drives one machine and writes down its effects.
type stage struct {
	machine protocol.Machine
	now     protocol.Time
	nonces  uint64
	timers  []alarm
	sent    []Sent
	trace   []string
	returns []protocol.Result
}

func newStage(machine protocol.Machine) *stage {
	s := &stage{machine: machine}
	machine.Start(s, nil)
	return s
}

func (s *stage) Now() protocol.Time { return s.now }
func (s *stage) Nonce() uint64      { s.nonces++; return s.nonces }

func (s *stage) Send(to protocol.NodeID, m protocol.Message) {
	s.sent = append(s.sent, Sent{To: to, Message: m})
	s.log("send %d %s %x", to, m.Kind(), m.AppendTo(nil))
}

func (s *stage) SetTimer(id protocol.TimerID, d time.Duration) {
	s.CancelTimer(id)
	s.timers = append(s.timers, alarm{id, s.now.Add(d)})
	s.log("set %d %v", id, d)
}

func (s *stage) CancelTimer(id protocol.TimerID) {
	s.timers = slices.DeleteFunc(s.timers, func(a alarm) bool { return a.id == id })
}

func (s *stage) Store(key protocol.ID, m protocol.Message) {
	s.log("store %v %x", key, m.AppendTo(nil))
}
func (s *stage) Sync()                       { s.log("sync") }
func (s *stage) Note(what string, n uint64)  { s.log("note %s %d", what, n) }
func (s *stage) log(format string, a ...any) { s.trace = append(s.trace, fmt.Sprintf(format, a...)) }

func (s *stage) Return(r protocol.Result) {
	s.returns = append(s.returns, r)
	s.log("return %v", r)
}

// take returns what was sent since the last call, as "to kind value" each.
func (s *stage) take() []string {
	var lines []string
	for _, x := range s.sent {
		line := fmt.Sprintf("%d %s", x.To, x.Message.Kind())
		if m, ok := x.Message.(*toyMessage); ok {
			line += fmt.Sprintf(" %d", m.value)
		}
		lines = append(lines, line)
	}
	s.sent = nil
	return lines
}

// wait lets time pass and timers expire in it.
func (s *stage) wait(d time.Duration) {
	end := s.now.Add(d)
	for {
		i, due := -1, end
		for j, a := range s.timers {
			if a.due <= due && (i < 0 || a.due < due) {
				i, due = j, a.due
			}
		}
		if i < 0 {
			s.now = end
			return
		}
		a := s.timers[i]
		s.timers = slices.Delete(s.timers, i, i+1)
		s.now = max(s.now, a.due)
		s.machine.Timer(s, a.id)
	}
}

// ask delivers a message and returns what it led to.
func (s *stage) ask(from protocol.NodeID, m protocol.Message) []string {
	s.take()
	s.machine.Deliver(s, from, m)
	return s.take()
}

// dice is a Power. Its zero value is calm.
type dice struct {
	chance func(label string, ppm int) bool
	choose func(label string, n int) int
	quiet  bool // lies are not written down
	lies   []string
}

func (d *dice) Chance(label string, ppm int) bool {
	return d.chance != nil && d.chance(label, ppm)
}

func (d *dice) Choose(label string, n int) int {
	if d.choose == nil {
		return 0
	}
	return d.choose(label, n)
}

func (d *dice) Lied(kind string, _ protocol.NodeID, _ protocol.Message) {
	if !d.quiet {
		d.lies = append(d.lies, kind)
	}
}

// takeLies returns the lies since the last call.
func (d *dice) takeLies() []string {
	lies := d.lies
	d.lies = nil
	return lies
}

// eager takes every chance and the last alternative.
func eager() *dice {
	return &dice{
		chance: func(string, int) bool { return true },
		choose: func(_ string, n int) int { return n - 1 },
	}
}

// seeded draws as the rates say.
func seeded(seed uint64) *dice {
	r := rand.New(rand.NewPCG(seed, 1))
	return &dice{
		chance: func(_ string, ppm int) bool { return r.IntN(Always) < ppm },
		choose: func(_ string, n int) int { return r.IntN(n) },
	}
}

// Node ids of the tests: four replicas, and then clients.
const (
	liar  protocol.NodeID = 0
	alice protocol.NodeID = 4
	bob   protocol.NodeID = 5
)

// town is what the tests of one run share.
type town struct {
	t         *testing.T
	authority *auth.Authority
	nonce     uint64
}

func newTown(t *testing.T) *town {
	authority, err := auth.NewAuthority(auth.Ideal, 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	return &town{t: t, authority: authority}
}

func (w *town) deps(id protocol.NodeID, power Power) Deps {
	role := "replica"
	if id >= alice {
		role = "client"
	}
	return Deps{Keys: w.authority.Keys(id), Role: role, Power: power, Decode: decodeToy, Dialect: toyDialect{}}
}

// corrupt returns a started replica under one strategy, written as its name and
// settings: "stale keep=3 rate=1000000".
func (w *town) corrupt(power Power, strategies ...string) *stage {
	return w.corruptIn(nil, liar, power, strategies...)
}

func (w *town) corruptIn(cabal *Cabal, id protocol.NodeID, power Power, strategies ...string) *stage {
	deps := w.deps(id, power)
	deps.Cabal = cabal
	return newStage(Corrupt(&toyReplica{keys: w.authority.Keys(id)}, deps, w.strategies(strategies...)...))
}

func (w *town) strategies(texts ...string) []Strategy {
	var all []Strategy
	for _, text := range texts {
		words := strings.Fields(text)
		var settings []Setting
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			settings = append(settings, Setting{name, value})
		}
		strategy, err := New(words[0], settings...)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, strategy)
	}
	return all
}

func (w *town) message(from protocol.NodeID, kind byte, value uint64) protocol.Message {
	w.nonce++
	return signToy(w.authority.Keys(from), toyMessage{kind: kind, nonce: w.nonce, value: value})
}

func (w *town) read(from protocol.NodeID) protocol.Message { return w.message(from, toyRead, 0) }

func (w *town) write(from protocol.NodeID, value uint64) protocol.Message {
	return w.message(from, toyWrite, value)
}

func (w *town) want(what string, got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func bytesOf(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func sorted(lines []string) []string {
	slices.SortFunc(lines, cmp.Compare[string])
	return slices.Compact(lines)
}
