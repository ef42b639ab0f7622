package models

import (
	"bytes"
	"slices"

	"turncoat/checker/explore"
)

// Reductions of single-copy and two-phase-commit, and why they are sound.

// returnsAlone reports whether an answer to a client can be delivered before
// everything else. A write that returns begins a read, which notes what others have
// completed: no other client may have anything left to complete. A read
// that returns is noted by reads still to begin: there must be none.
func (y system) returnsAlone(c *clients, e envelope) bool {
	for k, other := range c.all[:y.clients] {
		if y.node(k) == e.to() {
			continue
		}
		if other.stage == writing || e.kind() == putOk && other.stage != done {
			return false
		}
	}
	return true
}

// Reductions returns the kinds that are sound for single-copy: clients whose
// numbers are equal modulo the number of servers use the same servers, so
// they can change places, together with their values and requests. Servers never
// compare either.
func (m *singleCopy) Reductions() explore.Reduction {
	return explore.Symmetry | explore.PartialOrder
}

// WhyNot says why there is nothing to prune.
func (m *singleCopy) WhyNot(explore.Reduction) string {
	return "every message of single-copy is acted on once"
}

// Ample returns the return of an operation alone where nothing depends on it;
// the argument is that for abd. Put and Get at one server never commute.
func (m *singleCopy) Ample(s *singleCopyState, steps []explore.Step[singleCopyState], _ explore.Reduction) []explore.Step[singleCopyState] {
	for i := range steps {
		if e := envelope(steps[i].Action); !m.isServer(e.to()) && m.returnsAlone(&s.clients, e) {
			return steps[i : i+1]
		}
	}
	return steps
}

// Canonicalize replaces s by the least of its images, by encoding, under all
// permutations of clients that use the same servers.
func (m *singleCopy) Canonicalize(s *singleCopyState, r explore.Reduction) {
	if r&explore.Symmetry == 0 {
		return
	}
	least := m.AppendState(nil, s)
	var image singleCopyState
	var encoded []byte
	m.permutations(func(to []int) {
		m.permute(&image, s, to)
		encoded = m.AppendState(encoded[:0], &image)
		if bytes.Compare(encoded, least) < 0 {
			least, encoded = encoded, least
		}
	})
	m.DecodeState(least, s)
}

// permutations calls visit with each permutation of clients that use the same servers.
func (y system) permutations(visit func(to []int)) {
	to := make([]int, 0, y.clients)
	var extend func()
	extend = func() {
		k := len(to)
		if k == y.clients {
			visit(to)
			return
		}
		for image := k % y.servers; image < y.clients; image += y.servers {
			if !slices.Contains(to, image) {
				to = append(to, image)
				extend()
				to = to[:k]
			}
		}
	}
	extend()
}

// permute sets image to s with client k renamed to[k] throughout.
func (m *singleCopy) permute(image, s *singleCopyState, to []int) {
	*image = singleCopyState{}
	image.clients.wrong = s.clients.wrong
	rename := func(value uint8) uint8 {
		if value == 0 {
			return 0
		}
		return uint8(to[value-1]) + 1
	}
	for i, v := range s.held {
		image.held[i] = rename(v)
	}
	for k, from := range s.clients.all[:m.clients] {
		c := &image.clients.all[to[k]]
		c.stage, c.value = from.stage, rename(from.value)
		for other := range m.clients {
			c.seen |= uint8(s.clients.completedBy(k, other)) << (2 * to[other])
		}
	}
	for _, e := range s.net.all() {
		from, dest, request := e.from(), e.to(), 0
		value := tag(0, 0, int(rename(uint8(e.tagged().value()))))
		for _, node := range []*int{&from, &dest} {
			if m.isServer(*node) {
				continue
			}
			k := to[m.clientOf(*node)]
			*node = m.node(k)
			if request = m.putRequest(k); e.kind() == get || e.kind() == getOk {
				request = m.getRequest(k)
			}
		}
		image.net.add(seal(e.kind(), from, dest, request, value))
	}
}

// Reductions returns the kinds that are sound for two-phase commit: managers are alike.
func (m *twoPhase) Reductions() explore.Reduction { return explore.Symmetry }

// WhyNot says why managers are not explored one after another. Once the
// decision is made their steps commute, but each writes what consistency is about,
// and a manager that aborts and then receives Commit would hide the violation.
func (m *twoPhase) WhyNot(explore.Reduction) string {
	return "every step of a manager that commutes with the others is one that the consistency property sees"
}

// Ample returns all steps.
func (m *twoPhase) Ample(_ *twoPhaseState, steps []explore.Step[twoPhaseState], _ explore.Reduction) []explore.Step[twoPhaseState] {
	return steps
}

// Canonicalize sorts the managers by all that the state says of each.
func (m *twoPhase) Canonicalize(s *twoPhaseState, r explore.Reduction) {
	if r&explore.Symmetry == 0 {
		return
	}
	var columns [maxManagers]byte
	for rm := range m.n {
		columns[rm] = s.column(rm)
	}
	slices.Sort(columns[:m.n])
	for rm := range m.n {
		s.setColumn(rm, columns[rm])
	}
}
