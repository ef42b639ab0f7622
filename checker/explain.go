package checker

import (
	"fmt"
	"slices"
)

// A verdict without a reason helps nobody. Here a history that was rejected is
// cut to the operations that show why. Three cuts are sound, in that the whole
// is wrong whenever the part is:
//
//   - a prefix in time, where what had not returned is pending: an order of the
//     whole contains one of the prefix;
//   - leaving out a read or a failed cas: it changes no state;
//   - without cas, leaving out all operations on one value: in an order of the
//     whole no other read looked at it. (A cas joins two values.)

// explainZones fills r for an object that the zone check rejects, from the
// earliest prefix that it rejects. Porcupine confirms the few operations kept.
func (h *History) explainZones(z *zoneJudge, ops []Operation, r *Report) {
	whole, applies := z.check(ops, h.valueLimit())
	// Bisection needs that what is bad stays bad. Where the zone check does not
	// apply to the whole, it may apply to a prefix; only fabrication is lasting.
	bad := func(part []Operation) bool {
		fault, _ := z.check(part, h.valueLimit())
		return fault.kind != noFault && (applies || fault.kind == whole.kind)
	}
	var part []Operation
	var origin []int32
	r.Atomic, part, origin = earliest(ops, bad)
	fault, _ := z.check(part, h.valueLimit())
	for _, i := range fault.witness(part) {
		r.Witness = append(r.Witness, ops[origin[i]])
	}
	if verdict, _ := decide(r.Witness, limits{}); verdict != Violation {
		panic(fmt.Sprintf("checker: Porcupine says %v of the operations by which the zone check rejects: %+v", verdict, r.Witness))
	}
	at := func(i int32) Operation { return ops[origin[i]] }
	if fault.kind == fabricated {
		h.explainFabricated(ops, r)
	} else {
		r.Detail = h.describe(at(fault.d), simple) + " after " + h.describe(at(fault.c), perfect)
		if fault.a >= 0 {
			r.Detail += ", although " + h.describe(at(fault.a), perfect) + " before " + h.describe(at(fault.b), simple)
		}
	}
	h.describeWitness(r)
}

// explainFabricated fills r for a read of what nobody had begun to write, the
// only witness so far. If somebody did later, that is worth saying.
func (h *History) explainFabricated(ops []Operation, r *Report) {
	read := r.Witness[0]
	later := slices.IndexFunc(ops, func(w Operation) bool {
		return w.Kind == Write && w.Outcome != Failed && w.Input == read.Output
	})
	if later < 0 {
		r.Detail = h.describe(read, simple) + ", which nobody wrote"
		return
	}
	r.Detail = h.describe(read, simple) + " before " + h.describe(ops[later], began)
	r.Witness = append(r.Witness, ops[later])
}

// witness returns the operations of f and the writes of the values they
// concern, in ascending order. Of several writes of one value, which the zone
// check folded, the first invoked and the first returned stand for all.
func (f zoneFault) witness(ops []Operation) []int32 {
	roles := []int32{f.d}
	if f.kind == cycle {
		roles = append(roles, f.c)
		if f.a >= 0 {
			roles = append(roles, f.a, f.b)
		}
	}
	kept := slices.Clone(roles)
	for _, i := range roles {
		v := ops[i].Output
		if ops[i].Kind == Write {
			v = ops[i].Input
		}
		first, done := int32(-1), int32(-1)
		for j := range ops {
			w := &ops[j]
			if w.Kind != Write || w.Outcome == Failed || w.Input != v {
				continue
			}
			if first < 0 || w.Invoke < ops[first].Invoke {
				first = int32(j)
			}
			if done < 0 || w.Return < ops[done].Return {
				done = int32(j)
			}
		}
		if first >= 0 {
			kept = append(kept, first, done)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// earliest finds by bisection the shortest prefix of ops that is bad, given
// that ops is. It returns the last event before which nothing was wrong, the
// prefix, and for each of its operations its index in ops.
func earliest(ops []Operation, bad func([]Operation) bool) (atomic int64, part []Operation, origin []int32) {
	var ends []int64
	for i := range ops {
		if ops[i].Return != Never {
			ends = append(ends, ops[i].Return)
		}
	}
	slices.Sort(ends)
	part, origin = make([]Operation, 0, len(ops)), make([]int32, 0, len(ops))
	lo, hi := 0, len(ends)-1 // the prefix that ends at ends[hi] is bad
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if part, origin = appendPrefix(part[:0], origin[:0], ops, ends[mid]); bad(part) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	part, origin = appendPrefix(part[:0], origin[:0], ops, ends[hi])
	return ends[hi] - 1, part, origin
}

// prefix returns what was known of ops at event at, and for each operation its
// index in ops.
func prefix(ops []Operation, at int64) (part []Operation, origin []int32) {
	return appendPrefix(nil, nil, ops, at)
}

func appendPrefix(part []Operation, origin []int32, ops []Operation, at int64) ([]Operation, []int32) {
	for i, op := range ops {
		if op.Invoke > at {
			continue
		}
		if op.Return > at {
			op.Return, op.Outcome, op.Output = Never, Pending, Absent
		}
		part, origin = append(part, op), append(origin, int32(i))
	}
	return part, origin
}

// explainSearch fills r for an object that Porcupine rejects. Its budget is
// again that of the check; when it is spent, the part found so far stands.
func (h *History) explainSearch(ops []Operation, l limits, r *Report) {
	spent := int64(0)
	bad := func(part []Operation) bool {
		rest := l
		if l.steps > 0 {
			rest.steps = max(1, l.steps-spent)
		}
		verdict, steps := decide(part, rest)
		spent += steps
		return verdict == Violation
	}
	var part []Operation
	var origin []int32
	r.Atomic, part, origin = earliest(ops, bad)
	last := slices.IndexFunc(part, func(op Operation) bool { return op.Return == r.Atomic+1 })
	culprit := ops[origin[last]]
	_, origin = reduce(part, origin, bad)
	for _, i := range origin {
		r.Witness = append(r.Witness, ops[i])
	}
	r.Detail = fmt.Sprintf("%s, which no order of the %d operations concerned explains, though all was well up to event %d",
		h.describe(culprit, simple), len(r.Witness), r.Atomic)
	h.describeWitness(r)
}

// reduce leaves out of part what it can without making it right: reads and
// failed cas in ever smaller runs, then, if there is no cas, whole values.
func reduce(part []Operation, origin []int32, bad func([]Operation) bool) ([]Operation, []int32) {
	drop := func(out func(i int) bool) bool {
		var fewer []Operation
		var from []int32
		for i := range part {
			if !out(i) {
				fewer, from = append(fewer, part[i]), append(from, origin[i])
			}
		}
		if len(fewer) == len(part) || !bad(fewer) {
			return false
		}
		part, origin = fewer, from
		return true
	}
	passive := func(i int) bool {
		return part[i].Kind == Read || part[i].Kind == CAS && part[i].Outcome == Failed
	}
	for run := len(part); run > 0; run /= 2 {
		for at := 0; at < len(part); {
			if !drop(func(i int) bool { return i >= at && i < at+run && passive(i) }) {
				at += run
			}
		}
	}
	if slices.ContainsFunc(part, func(op Operation) bool { return op.Kind == CAS }) {
		return part, origin
	}
	for at := 0; at < len(part); {
		v := part[at].value()
		if !drop(func(i int) bool { return part[i].value() == v }) {
			at++
		}
	}
	return part, origin
}

// value is the one value that a read or a write is about.
func (op *Operation) value() Value {
	if op.Kind == Write {
		return op.Input
	}
	return op.Output
}
