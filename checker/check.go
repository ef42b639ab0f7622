package checker

import (
	"fmt"
	"slices"
	"time"
)

// Check is where a history is judged. Objects are independent (atomicity is
// local), so each is judged alone, in the order in which it was first named.
// The zone check goes first, as it is nearly linear; Porcupine confirms it
// where it is quick, and judges alone where the zone check does not apply.

// Model is the sequential object a history is held against.
type Model uint8

const (
	Register    Model = iota // read and write
	CASRegister              // and compare-and-set
)

var modelNames = []string{Register: "register", CASRegister: "cas-register"}

// String returns the model's name on the command line.
func (m Model) String() string { return modelNames[m] }

// ParseModel returns the model called name, or an error that names the nearest.
func ParseModel(name string) (Model, error) {
	if i := slices.Index(modelNames, name); i >= 0 {
		return Model(i), nil
	}
	return 0, fmt.Errorf("model %q is unknown; %s", name, suggest(name, modelNames))
}

// Options bound a check. The zero value is right for sweeps: budgets that do
// not depend on the machine.
type Options struct {
	Model Model
	// Steps bounds Porcupine's steps on each object. 0 means DefaultSteps, or no
	// bound if Budget is set.
	Steps int64
	// Budget bounds the wall-clock time of the whole check, 0 not at all. What
	// it decides depends on the machine: for people who wait, not for sweeps.
	Budget time.Duration
	// MemoryBytes bounds what Porcupine may hold for one object, 0 means
	// DefaultMemoryBytes. It needs at least n*n/8 bytes for n operations.
	MemoryBytes int64
}

const (
	// DefaultSteps is one to five seconds of Porcupine.
	DefaultSteps = 5_000_000
	// DefaultMemoryBytes is what Porcupine may hold unless told otherwise.
	DefaultMemoryBytes = 1 << 30

	// Where the zone check has judged, Porcupine confirms histories up to this
	// size, and gives up after so many steps for each operation.
	confirmOperations = 256
	confirmSteps      = 64
)

// Property is what Check judges.
const Property = "atomicity"

// Report is the outcome of a check. Its verdict is Pass, Violation, Undecided,
// Invalid or Vacuous.
type Report struct {
	Verdict  Verdict `json:"verdict"`
	Property string  `json:"property"`
	Detail   string  `json:"detail"`           // one sentence, empty on Pass
	Object   string  `json:"object,omitempty"` // the object concerned, if one is
	// Witness holds operations that are no atomic history by themselves and prove
	// that the whole is none, in order of invocation.
	Witness []Operation `json:"-"`
	Lines   []string    `json:"witness,omitempty"` // Witness, each in words
	// Atomic is, on Violation, the number of the last event up to which nothing
	// was found wrong with the object's history.
	Atomic     int64 `json:"atomic_until,omitempty"`
	Operations int   `json:"operations"` // recorded, pending ones included
	Checked    int   `json:"checked"`    // that ended and were judged
	Objects    int   `json:"objects"`    // that have operations
	ByZones    int   `json:"by_zones"`   // objects judged by the zone check
	Confirmed  int   `json:"confirmed"`  // objects judged by Porcupine, alone or in confirmation
	Steps      int64 `json:"steps"`      // of Porcupine's
}

// Check judges h as a set of registers.
func Check(h *History, opts Options) Report { return new(Checker).Check(h, opts) }

// Checker is Check with buffers that are kept from one history to the next.
// It is not safe for concurrent use. The zero Checker is ready.
type Checker struct {
	zones   zoneJudge
	ops     []Operation
	bounds  []int
	ranking events
}

// Check judges h as a set of registers.
func (c *Checker) Check(h *History, opts Options) Report {
	r := Report{Property: Property, Operations: h.Len()}
	l := opts.limits()
	bounds := c.partition(h)
	for o := range h.Objects() {
		ops := c.ops[bounds[o]:bounds[o+1]]
		if len(ops) > 0 {
			r.Objects++
		}
		if len(ops) == 0 || r.Verdict == Violation || r.Verdict == Invalid {
			continue
		}
		r.Checked += ended(ops)
		verdict := c.object(h, ops, opts.Model, l, &r)
		if verdict != Pass {
			r.Object = h.describeObject(Object(o))
		}
		r.Verdict = Worst(r.Verdict, verdict)
	}
	if r.Verdict == Pass && r.Checked == 0 {
		r.Verdict, r.Detail = Vacuous, "the history has no operation that ended, so nothing was checked"
	}
	return r
}

func (opts Options) limits() limits {
	l := limits{steps: opts.Steps, bytes: opts.MemoryBytes}
	if opts.Budget > 0 {
		l.deadline = time.Now().Add(opts.Budget) //turncoat:allow clock a person's time limit, never set within a sweep
	} else if l.steps == 0 {
		l.steps = DefaultSteps
	}
	if l.bytes == 0 {
		l.bytes = DefaultMemoryBytes
	}
	return l
}

// object judges the operations of one object and writes findings into r.
func (c *Checker) object(h *History, ops []Operation, model Model, l limits, r *Report) Verdict {
	if model == Register {
		for i := range ops {
			if ops[i].Kind == CAS {
				r.Detail = h.describe(ops[i], simple) + ", which a register does not offer; check against the model cas-register"
				return Invalid
			}
		}
	}
	fault, applies := c.zones.check(ops, h.valueLimit())
	if applies {
		r.ByZones++
		verdict := Pass
		if fault.kind != noFault {
			verdict = Violation
		}
		c.confirm(ops, verdict, r)
		if verdict == Violation {
			h.explainZones(&c.zones, ops, r)
		}
		return verdict
	}
	r.Confirmed++
	verdict, steps := decide(ops, l)
	r.Steps += steps
	switch {
	case verdict == Violation:
		h.explainSearch(ops, l, r)
	case verdict == Undecided && fault.kind != noFault:
		h.explainZones(&c.zones, ops, r)
		return Violation
	case verdict == Undecided:
		r.Detail = fmt.Sprintf("%d operations on object %s, up to %d in flight, were not decided within the limits of %s",
			len(ops), h.describeObject(ops[0].Object), c.ranking.inFlight(ops), l)
	}
	return verdict
}

// confirm asks Porcupine whether it agrees with the zone check, where that is
// cheap. They are two independent proofs of one theorem: if they differ, the
// checker is wrong, and no verdict of it is worth anything.
func (c *Checker) confirm(ops []Operation, zones Verdict, r *Report) {
	if len(ops) > confirmOperations {
		return
	}
	verdict, steps := decide(ops, limits{steps: int64(len(ops)) * confirmSteps})
	r.Steps += steps
	if verdict == Undecided {
		return
	}
	r.Confirmed++
	if verdict != zones {
		panic(fmt.Sprintf("checker: zone check says %v, Porcupine says %v of %+v", zones, verdict, ops))
	}
}

// partition orders h's operations by object into c.ops; those of object o are
// between bounds o and o+1.
func (c *Checker) partition(h *History) []int {
	c.bounds = slices.Grow(c.bounds[:0], h.Objects()+2)[:h.Objects()+2]
	clear(c.bounds)
	for i := range h.ops {
		c.bounds[h.ops[i].Object+2]++
	}
	for o := 2; o < len(c.bounds); o++ {
		c.bounds[o] += c.bounds[o-1]
	}
	// bounds[o+1] is now where object o begins, and moves on as it fills.
	c.ops = slices.Grow(c.ops[:0], len(h.ops))[:len(h.ops)]
	for i := range h.ops {
		at := &c.bounds[h.ops[i].Object+1]
		c.ops[*at] = h.ops[i]
		*at++
	}
	return c.bounds
}

// ended counts the operations whose outcome is known.
func ended(ops []Operation) int {
	n := 0
	for i := range ops {
		if ops[i].Outcome != Pending {
			n++
		}
	}
	return n
}

// valueLimit is above every Value of h.
func (h *History) valueLimit() int { return len(h.values.all) + 1 }
