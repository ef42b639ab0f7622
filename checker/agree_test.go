package checker

import (
	"math/rand/v2"
	"testing"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"
)

// atomicHistory simulates clients of a register that takes each operation at
// one point between its events, so what comes out is atomic by construction.
// Writes draw from values if it is not zero, and else are all distinct; some
// operations never return, taken or not.
func atomicHistory(rng *rand.Rand, operations, clients, values int, cas bool) *History {
	h := new(History)
	o := h.Object([]byte("x"))
	type state struct {
		id    OpID
		name  int32
		phase int // 0 idle, 1 invoked, 2 taken
		out   Value
		fails bool
	}
	doing := make([]state, clients)
	for i := range doing {
		doing[i].name = int32(i)
	}
	held, at, next := Absent, int64(0), byte(0)
	fresh := func() Value {
		next++
		if values > 0 {
			return Value(rng.IntN(values + 1))
		}
		return h.Value([]byte{'a' + next})
	}
	for v := range values {
		h.Value([]byte{'a' + byte(v)})
	}
	for h.Len() < operations || rng.IntN(6) > 0 {
		s := &doing[rng.IntN(clients)]
		at++
		switch kind := rng.IntN(10); {
		case s.phase == 0 && h.Len() == operations:
		case s.phase == 0 && kind < 5:
			*s = state{id: h.BeginRead(s.name, o, at), name: s.name, phase: 1}
		case s.phase == 0 && kind < 8 || s.phase == 0 && !cas:
			*s = state{id: h.BeginWrite(s.name, o, fresh(), at), name: s.name, phase: 1}
		case s.phase == 0:
			*s = state{id: h.BeginCAS(s.name, o, fresh(), fresh(), at), name: s.name, phase: 1}
		case s.phase == 1:
			op := h.Operation(s.id)
			s.phase, s.out, s.fails = 2, held, op.Kind == CAS && op.Expect != held
			if op.Kind != Read && !s.fails {
				held = op.Input
			}
			if kind == 0 { // its answer is lost
				s.phase, s.name = 0, s.name+int32(clients)
			}
		case s.fails:
			h.Fail(s.id, at)
			s.phase = 0
		default:
			h.End(s.id, s.out, at)
			s.phase = 0
		}
	}
	return h
}

// mutate spoils a history, perhaps: another answer for a read, two events
// exchanged, a write gone.
func mutate(rng *rand.Rand, h *History) {
	for range 1 + rng.IntN(3) {
		op := &h.ops[rng.IntN(len(h.ops))]
		other := &h.ops[rng.IntN(len(h.ops))]
		switch {
		case op.Kind == Read && op.Outcome == Done:
			op.Output = Value(rng.IntN(h.valueLimit()))
		case op.Kind == Write && rng.IntN(4) == 0:
			op.Outcome, op.Return = Pending, Never
		case op.Outcome == Done && other.Invoke < op.Return && op.Return < other.Return:
			op.Return, other.Return = other.Return, op.Return
			if other.Return == Never {
				other.Outcome, op.Outcome = Pending, Done
			}
			if other.Invoke > other.Return {
				other.Invoke, other.Return = other.Return, other.Invoke
			}
		}
	}
	for i := range h.ops {
		if h.ops[i].Return == Never {
			h.ops[i].Outcome, h.ops[i].Output = Pending, Absent
		} else if h.ops[i].Outcome == Pending {
			h.ops[i].Outcome = Done
		}
	}
}

// oracle is Porcupine on the plain history, without any of our short cuts.
func oracle(ops []Operation) Verdict {
	var kept []Operation
	for _, op := range ops {
		if op.Kind != Read || op.Outcome == Done {
			kept = append(kept, op)
		}
	}
	if porcupine.CheckOperations(newSearch(len(kept), limits{}).model(), operations(kept)) {
		return Pass
	}
	return Violation
}

// agreement checks every judge against the oracle on count random histories
// and requires that right and wrong ones were both plenty.
func agreement(t *testing.T, runs, values int, cas bool) {
	var seen [2]int
	byZones := 0
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range runs {
			h := atomicHistory(rng, 1+rng.IntN(14), 1+rng.IntN(5), values, cas)
			spoilt := rng.IntN(3) > 0
			if spoilt {
				mutate(rng, h)
			}
			want := oracle(h.ops)
			if !spoilt && want != Pass {
				t.Fatalf("the generator's history is not atomic: %v", words(h))
			}
			seen[want]++
			if got, _ := decide(h.ops, limits{}); got != want {
				t.Fatalf("with short cuts %v, without %v: %v", got, want, words(h))
			}
			var z zoneJudge
			if fault, applies := z.check(h.ops, h.valueLimit()); applies {
				byZones++
				if (fault.kind == noFault) != (want == Pass) {
					t.Fatalf("zones %+v, Porcupine %v: %v", fault, want, words(h))
				}
			} else if values == 0 && !cas {
				t.Fatalf("distinct values, yet the zone check declines: %v", words(h))
			}
			explained(t, h, want)
		}
	})
	total := seen[Pass] + seen[Violation]
	if seen[Pass] < total/4 || seen[Violation] < total/12 || byZones == 0 && !cas {
		t.Errorf("%d atomic and %d not, %d judged by zones: the generator is lopsided", seen[Pass], seen[Violation], byZones)
	}
	t.Logf("%d atomic, %d not, %d judged by zones", seen[Pass], seen[Violation], byZones)
}

// explained holds the report against what it promises.
func explained(t *rapid.T, h *History, want Verdict) {
	r := Check(h, Options{Model: CASRegister})
	if r.Verdict == Vacuous && r.Checked == 0 {
		return
	}
	if r.Verdict != want {
		t.Fatalf("Check says %v, Porcupine %v: %v", r.Verdict, want, words(h))
	}
	if want == Pass {
		return
	}
	if oracle(r.Witness) != Violation {
		t.Fatalf("the witness is atomic: %v of %v", r.Lines, words(h))
	}
	before, _ := prefix(h.ops, r.Atomic)
	upTo, _ := prefix(h.ops, r.Atomic+1)
	if oracle(before) != Pass || oracle(upTo) != Violation {
		t.Fatalf("event %d is not the first at which it is wrong: %v", r.Atomic+1, words(h))
	}
	if r.ByZones == 1 && len(r.Witness) > 6 {
		t.Fatalf("%d operations to show an overlap of two zones: %v", len(r.Witness), r.Lines)
	}
}

func words(h *History) (lines []string) {
	for _, op := range h.ops {
		lines = append(lines, h.Describe(op))
	}
	return lines
}

// rapid draws 100 seeds; 200 histories of each make 20,000.
func TestZonesAgreeWithPorcupine(t *testing.T) { agreement(t, 200, 0, false) }

func TestShortCutsAgreeOnRepeatedValues(t *testing.T) { agreement(t, 30, 2, false) }

func TestShortCutsAgreeOnOneValue(t *testing.T) { agreement(t, 30, 1, false) }

func TestShortCutsAgreeOnCompareAndSet(t *testing.T) { agreement(t, 50, 3, true) }
