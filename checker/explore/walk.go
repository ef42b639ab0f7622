package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Walks: for systems too large to see whole. Each walk starts in an initial
// state, takes one enabled step after another as its chooser decides, and ends
// where there is none or after Options.Depth steps. Walk i depends on the seed and
// on i alone, so what is found does not depend on the number of workers: of
// several walks that find something, the first by number is reported.
//
// A walk proves nothing about what it did not meet: the verdict is never pass.

// chooser decides which step a walk takes.
type chooser interface {
	// begin starts a walk with its own random numbers.
	begin(r *rand.Rand)
	// choose returns the index of one of n > 0 steps, whose actions are actionOf(0..n-1).
	choose(n int, actionOf func(int) Action) int
}

// uniform chooses each enabled step with the same probability.
type uniform struct{ r *rand.Rand }

func (u *uniform) begin(r *rand.Rand)                   { u.r = r }
func (u *uniform) choose(n int, _ func(int) Action) int { return u.r.IntN(n) }

// walks is a set of walks under way. The table counts the distinct states met;
// when it may not grow, walks go on and states are no longer counted.
type walks[S any] struct {
	*search[S]
	next  atomic.Int64 // number of the next walk
	first atomic.Int64 // lowest number of a walk that found something
	best  *Counterexample
	found finding
	full  atomic.Bool
}

// walk explores m by Options.Walks walks.
func walk[S any](ctx context.Context, name string, m Model[S], o Options) *Result {
	s := newSearch(ctx, m, nil, o)
	ws := &walks[S]{search: s}
	ws.first.Store(int64(o.Walks))
	choosers := make([]chooser, o.Workers)
	var all sync.WaitGroup
	for i := range s.workers {
		choosers[i] = &uniform{}
		if o.Strategy == PCT {
			choosers[i] = newPriorities(o.BugDepth, o.Depth)
		}
		all.Add(1)
		//turncoat:allow concurrency walks share no state of a run
		go func() {
			defer all.Done()
			ws.run(&s.workers[i], choosers[i])
		}()
	}
	all.Wait()
	r := ws.result(name)
	if o.Strategy == PCT && r.Verdict == Undecided {
		r.Detail += "; " + bound(choosers, o, int(min(ws.next.Load(), int64(o.Walks))))
	}
	return r
}

// run takes walks until all are done or one of a lower number found something.
func (ws *walks[S]) run(w *worker[S], c chooser) {
	for !ws.watch.stopped() {
		i := ws.next.Add(1) - 1
		if i >= ws.first.Load() {
			return
		}
		ws.one(w, c, i)
		w.flush()
		ws.watch.poll()
	}
}

// one takes walk number i.
func (ws *walks[S]) one(w *worker[S], c chooser, i int64) {
	r := rand.New(rand.NewPCG(ws.opt.Seed, uint64(i)))
	c.begin(r)
	initial := ws.model.Initial()
	start := r.IntN(len(initial))
	state := initial[start]
	path := &Counterexample{Initial: start}
	broken, isBroken := ws.look(w, &state, 0)
	for !isBroken && len(path.Actions) < ws.opt.Depth {
		w.steps = ws.model.Successors(&state, w.steps[:0])
		w.explored++
		if len(w.steps) == 0 {
			broken, isBroken = ws.stuck(&state, len(path.Actions))
			break
		}
		step := &w.steps[c.choose(len(w.steps), func(i int) Action { return w.steps[i].Action })]
		path.Actions = append(path.Actions, step.Action)
		w.transitions++
		state = step.State
		w.depth = max(w.depth, len(path.Actions))
		broken, isBroken = ws.look(w, &state, len(path.Actions))
	}
	if !isBroken {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if i < ws.first.Load() {
		ws.first.Store(i)
		ws.best, ws.found = path, broken
		path.Property, path.Final = broken.property, explain(ws.model, &state)
	}
}

// look checks the properties of a state and counts it if it is new.
func (ws *walks[S]) look(w *worker[S], state *S, depth int) (finding, bool) {
	isNew := ws.count(w, state)
	for i := range ws.props {
		switch p := &ws.props[i]; p.Kind {
		case Always:
			if !p.Holds(state) {
				return finding{property: p.Name, kind: Always, depth: depth}, true
			}
		case Reach:
			if isNew && p.Holds(state) {
				w.reached[i]++
			}
		}
	}
	return finding{}, false
}

// stuck reports whether a walk ended where the system may not end.
func (ws *walks[S]) stuck(state *S, depth int) (finding, bool) {
	for i := range ws.props {
		if p := &ws.props[i]; p.Kind == NoDeadlock && !p.Holds(state) {
			return finding{property: p.Name, kind: NoDeadlock, depth: depth}, true
		}
	}
	return finding{}, false
}

// count adds a state to the table and reports whether it was not there.
func (ws *walks[S]) count(w *worker[S], state *S) bool {
	w.encoded = ws.model.AppendState(w.encoded[:0], state)
	f := fingerprintOf(w.encoded)
	ws.gate.RLock()
	o := ws.table.insert(f, 0)
	for o == full && !ws.full.Load() {
		if w.makeRoom(f) {
			o = ws.table.insert(f, 0)
		} else {
			ws.full.Store(true)
		}
	}
	ws.gate.RUnlock()
	if o == added {
		w.added++
	}
	return o == added
}

// result reports what the walks found.
func (ws *walks[S]) result(name string) *Result {
	r := ws.summary(name)
	if ws.best != nil {
		r.TruncatedBy = notTruncated
		r.conclude(&ws.found)
		r.Counterexample = ws.describe(ws.best)
		return r
	}
	if r.TruncatedBy == notTruncated {
		r.TruncatedBy = ByWalks
	}
	r.conclude(nil)
	return r
}

// describe repeats the actions of c and writes down what each did.
func (ws *walks[S]) describe(c *Counterexample) *Counterexample {
	state := ws.model.Initial()[c.Initial]
	for _, a := range c.Actions {
		c.Lines = append(c.Lines, ws.model.Describe(&state, a))
		steps := ws.model.Successors(&state, nil)
		i := indexOf(steps, a)
		if i < 0 {
			panic(fmt.Sprintf("explore: action %#x of a walk is not enabled when it is repeated; Successors of this model is not a function of the state", a))
		}
		state = steps[i].State
	}
	return c
}

func indexOf[S any](steps []Step[S], a Action) int {
	for i := range steps {
		if steps[i].Action == a {
			return i
		}
	}
	return -1
}
