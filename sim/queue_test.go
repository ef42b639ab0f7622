package sim

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// fault is the class of an event that is one; see ordinary.
const fault = uint64(0)

// beside is a queue and, beside it, a dumb oracle: one slice, sorted anew for each pop.
type beside struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
	}
	q      queue
	oracle []event
	now    ticks
	count  uint64
}

// push adds an event delay after the last one popped, or at the end of time if that is nearer.
func (b *beside) push(delay ticks, class uint64) {
	b.count++
	at := b.now + min(delay, math.MaxInt64-b.now)
	e := event{at: at, seq: class | b.count, node: int32(b.count) * 3, aux: uint32(b.count) * 5, kind: uint8(b.count)}
	b.q.push(e)
	b.oracle = append(b.oracle, e)
}

// least sorts the oracle and returns its first event.
func (b *beside) least() (event, bool) {
	slices.SortFunc(b.oracle, func(x, y event) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.seq, y.seq))
	})
	if len(b.oracle) == 0 {
		return event{}, false
	}
	return b.oracle[0], true
}

func (b *beside) peek() {
	b.t.Helper()
	want, some := b.least()
	if got, ok := b.q.peek(); got != want || ok != some {
		b.t.Fatalf("after %d pushes peek is %+v, %v; want %+v, %v", b.count, got, ok, want, some)
	}
}

func (b *beside) pop() {
	b.t.Helper()
	want, some := b.least()
	if got, ok := b.q.pop(); got != want || ok != some {
		b.t.Fatalf("after %d pushes pop is %+v, %v; want %+v, %v", b.count, got, ok, want, some)
	}
	if some {
		b.oracle, b.now = b.oracle[1:], want.at
	}
	b.check()
}

func (b *beside) drain() {
	b.t.Helper()
	for len(b.oracle) > 0 {
		b.pop()
	}
	b.pop()
}

func (b *beside) reset() {
	b.q.reset()
	b.oracle, b.now = b.oracle[:0], 0
	b.check()
}

// check holds the queue to its length and to the invariants in its header.
func (b *beside) check() {
	b.t.Helper()
	q := &b.q
	if q.len() != len(b.oracle) {
		b.t.Fatalf("after %d pushes len is %d, want %d", b.count, q.len(), len(b.oracle))
	}
	if q.far.base > uint64(q.now) || q.now != b.now {
		b.t.Fatalf("base %d, now %d, want base <= now = %d", q.far.base, q.now, b.now)
	}
	for i, e := range q.near.live() {
		if uint64(e.at) >= q.bound || i > 0 && !before(&q.near.live()[i-1], &e) {
			b.t.Fatalf("near[%d] is %+v: out of order or not before the bound %d", i, e, q.bound)
		}
	}
	if q.far.n > 0 && uint64(q.far.least().at) < q.bound {
		b.t.Fatalf("a bucket holds %+v, before the bound %d", q.far.least(), q.bound)
	}
}

func TestPopsInOrderOfTimeThenSequence(t *testing.T) {
	b := &beside{t: t}
	for _, delay := range []ticks{5, 3, 5, 0, math.MaxInt64, 3, 1 << 40, 0} {
		b.push(delay, ordinary)
	}
	b.drain()
}

func TestFaultRunsBeforeTheRestOfItsInstant(t *testing.T) {
	for _, crowd := range []int{3, 50, 500} { // within near, just beyond it, a bucket of its own
		b := &beside{t: t}
		for range crowd {
			b.push(7, ordinary)
		}
		b.push(7, fault)
		b.peek()
		b.pop()                              // the fault, pushed last
		b.pop()                              // the first of the crowd
		for range 2*shiftMax + refillMax/2 { // more than there is room in front
			b.push(0, fault)
			b.push(0, ordinary)
		}
		b.pop()
		b.drain()
	}
}

// A crowd of faults and of others within one instant is the only case that near cannot cut.
func TestInstantThatCannotBeCut(t *testing.T) {
	b := &beside{t: t}
	b.push(1, ordinary)
	b.pop()
	for range 4 * shiftMax {
		b.push(0, ordinary)
	}
	for range 4 * shiftMax {
		b.push(0, fault)
	}
	b.drain()
}

// Peeking far ahead, as at a deadline, must not stop earlier events from being pushed.
func TestPushBeforeWhatWasPeeked(t *testing.T) {
	b := &beside{t: t}
	for i := range ticks(300) {
		b.push(1_000_000+i*i, ordinary)
	}
	b.peek()
	for i := range ticks(300) {
		b.push(900_000-i*i, ordinary)
		b.peek()
	}
	b.drain()
}

func TestPushIntoThePastPanics(t *testing.T) {
	for _, at := range []ticks{-1, 9} {
		var q queue
		if at >= 0 {
			q.push(event{at: 10, seq: ordinary})
			q.pop()
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("push at %d was accepted when time was %d", at, q.now)
				}
			}()
			q.push(event{at: at, seq: ordinary | 1})
		}()
	}
}

// TestEbbAndFlood lets the queue swell and shrink until every way between near and the buckets
// has been taken, and says so if one was not.
func TestEbbAndFlood(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	b := &beside{t: t}
	spread, cut, emptied := 0, 0, 0
	sizes := []int{1, 20, 200, 20, 600, 5, 150, 40, 1000, 0}
	for round := range 5 * len(sizes) {
		pending := sizes[round%len(sizes)]
		for range 400 {
			for len(b.oracle) < pending {
				bound := b.q.bound
				b.push(r.Int64N(1<<(10+r.IntN(20))), ordinary*min(1, r.Uint64N(4)))
				if b.q.bound < bound {
					cut++
				}
			}
			base, far := b.q.far.base, b.q.far.n
			b.pop()
			if b.q.far.base > base {
				spread++
			}
			if far > 0 && b.q.far.n == 0 {
				emptied++
			}
		}
	}
	b.drain()
	if spread < 10 || cut < 3 || emptied < 3 {
		t.Errorf("buckets were spread %d times and emptied %d times, near was cut %d times: too seldom to show anything", spread, emptied, cut)
	}
}

func TestResetQueueIsAsNew(t *testing.T) {
	b := &beside{t: t}
	for _, crowd := range []ticks{10, 100, 1000} {
		for i := range crowd {
			b.push(1e9+i*i, ordinary)
		}
		for range crowd / 2 {
			b.pop()
		}
		if b.q.bound == 0 || crowd == 1000 && (b.q.far.base == 0 || b.q.far.n == 0) {
			t.Fatalf("with %d events there is nothing to reset", crowd)
		}
		b.reset()
		if b.q.bound != 0 || b.q.far.base != 0 || b.q.far.inUse != 0 {
			t.Fatalf("after reset bound is %d, base %d, levels in use %b; want 0", b.q.bound, b.q.far.base, b.q.far.inUse)
		}
	}
	b.push(3, ordinary)
	b.drain()
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, pending := range []int{10, 100, 10_000} {
		var q queue
		seq := ordinary
		r := rand.New(rand.NewPCG(1, uint64(pending)))
		round := func() {
			q.reset()
			for range pending {
				seq++
				q.push(event{at: r.Int64N(1e6), seq: seq})
			}
			for range 4 * pending {
				e, _ := q.pop()
				seq++
				q.push(event{at: e.at + r.Int64N(1e6), seq: seq})
			}
		}
		for range 20 {
			round()
		}
		if n := testing.AllocsPerRun(10, round); n != 0 {
			t.Errorf("a run with %d pending allocates %v times after the first runs, want never", pending, n)
		}
	}
}

// perform reads a program for the queue from tape: each step is an operation, for a push also a
// scale and a delay of that scale.
func (b *beside) perform(tape []byte) {
	for len(tape) >= 4 {
		room := uint64(max(0, 1000-len(b.oracle))) // more would only be slow to sort
		op, scale, v := tape[0], tape[1]%64, uint64(binary.LittleEndian.Uint16(tape[2:]))
		tape = tape[4:]
		delay := ticks(v << 48 >> scale >> 1) // of any size, with ties the likelier the smaller
		switch {
		case op < 120:
			b.push(delay, ordinary)
		case op < 140:
			b.push(delay, fault)
		case op < 150: // a crowd in one instant
			for range min(v%200, room) {
				b.push(delay, ordinary)
			}
		case op < 160: // a crowd over many
			for i := range min(v%200, room) {
				b.push(ticks(i*v%4096), ordinary)
			}
		case op < 240:
			b.pop()
		case op < 245:
			for range v % 400 {
				b.pop()
			}
		case op < 254:
			b.peek()
		default:
			b.reset()
		}
	}
	b.drain()
}

func TestQueueAgreesWithSortedSlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Uint32(), 0, 120).Draw(rt, "steps")
		spread := rapid.Uint64().Draw(rt, "spread") // rapid's draws are small: this makes all operations as likely
		r := rand.New(rand.NewPCG(spread, 0))
		var tape []byte
		for _, s := range steps {
			tape = binary.LittleEndian.AppendUint32(tape, s^r.Uint32())
		}
		b := &beside{t: rt}
		b.perform(tape)
	})
}

func FuzzQueueAgreesWithSortedSlice(f *testing.F) {
	f.Add([]byte{0, 40, 1, 0, 0, 40, 1, 0, 130, 40, 1, 0, 200, 0, 0, 0})
	f.Add([]byte{155, 0, 199, 0, 244, 0, 90, 0, 155, 0, 199, 1, 145, 50, 199, 0, 125, 63, 0, 0, 250, 0, 0, 0})
	f.Add([]byte{0, 0, 255, 255, 160, 0, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 30, 9, 9})
	f.Fuzz(func(t *testing.T, tape []byte) {
		b := &beside{t: t}
		b.perform(tape[:min(len(tape), 600)])
	})
}
