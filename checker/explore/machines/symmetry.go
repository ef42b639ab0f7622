package machines

import (
	"cmp"
	"slices"

	"turncoat/protocol"
)

// Symmetry by replay.
//
// A permutation of servers that are alike maps runs to runs. Each local state
// and each message remembers one way in which it came about: a local state and an
// input. Its image under a permutation is what the images of those lead to.
// So no machine need know how to rename what it holds: the renamed machine
// is one that has lived through the renamed run. That the outcome does not depend on
// which way was remembered is the claim that servers are alike (Claims.Alike).

// permutations returns all orders of n nodes that move only those which are alike, each
// among those of its kind. An order gives for each node its image.
func permutations(n int, kinds [][]int) [][]int {
	identity := make([]int, n)
	for i := range identity {
		identity[i] = i
	}
	all := [][]int{identity}
	for _, alike := range kinds {
		for k := len(alike) - 1; k > 0; k-- { // the k-th of alike changes places with each before it
			for _, p := range all[:len(all):len(all)] {
				for j := range k {
					q := slices.Clone(p)
					q[alike[k]], q[alike[j]] = q[alike[j]], q[alike[k]]
					all = append(all, q)
				}
			}
		}
	}
	return all
}

// rename replaces s by the least of its images, by the ranks of its parts: nodes
// first, then messages in flight.
func (m *Model) rename(s *State) {
	least := *s
	var image State
	for p := 1; p < len(m.orders); p++ {
		image.spent, image.past, image.known = s.spent, s.past, m.factsImage(s.known, p)
		for node, to := range m.orders[p] {
			image.nodes[to] = m.localImage(m.local(s, node), p).id
		}
		order := m.compareNodes(&image, &least)
		if order > 0 {
			continue
		}
		clear(image.flight[:image.count])
		image.count = 0
		for i := range int(s.count) {
			m.insert(&image, m.envelopeImage(m.inFlight(s, i), p))
		}
		if order == 0 {
			order = cmp.Or(m.compareFlight(&image, &least), m.compareFacts(&image, &least))
		}
		if order < 0 {
			least = image
		}
	}
	*s = least
}

// compareNodes orders states by their nodes.
func (m *Model) compareNodes(a, b *State) int {
	for node := range m.Nodes {
		if x, y := m.local(a, node), m.local(b, node); x != y {
			return cmp.Compare(x.rank, y.rank)
		}
	}
	return 0
}

// compareFlight orders states with as many messages in flight by those.
func (m *Model) compareFlight(a, b *State) int {
	for i := range int(a.count) {
		if x, y := m.inFlight(a, i), m.inFlight(b, i); x != y {
			return cmp.Compare(x.rank, y.rank)
		}
	}
	return 0
}

// compareFacts orders states by what the adversary knows.
func (m *Model) compareFacts(a, b *State) int {
	if a.known == b.known {
		return 0
	}
	return slices.CompareFunc(m.facts.at(a.known).all, m.facts.at(b.known).all, compareForms)
}

// factsImage returns what the adversary knows in the renamed run. Records are the same;
// what a slanderer was told names the servers that told it.
func (m *Model) factsImage(known uint32, p int) uint32 {
	if m.slanderer == nil {
		return known
	}
	if i := m.imagesKnown.get(key(known, uint32(p))); i != nil {
		return i.id
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapFacts(m.facts.at(known), p).id
}

func (m *Model) mapFacts(f *facts, p int) *facts {
	k := key(f.id, uint32(p))
	if i := m.imagesKnown.get(k); i != nil {
		return i
	}
	image := f
	if f.before != nil {
		image = m.heard(m.mapFacts(f.before, p), m.mapEnvelope(f.by, p))
	}
	return m.imagesKnown.put(k, image)
}

func (m *Model) localImage(l *local, p int) *local {
	if i := m.images.get(key(l.id, uint32(p))); i != nil {
		return i
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapLocal(l, p)
}

func (m *Model) envelopeImage(e *envelope, p int) *envelope {
	if i := m.imagesOf.get(key(e.id, uint32(p))); i != nil {
		return i
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapEnvelope(e, p)
}

// mapLocal is localImage for those who hold the lock.
func (m *Model) mapLocal(l *local, p int) *local {
	k := key(l.id, uint32(p))
	if i := m.images.get(k); i != nil {
		return i
	}
	to := m.initial[m.orders[p][l.node]]
	if l.before != nil {
		to = m.compute(m.mapLocal(l.before, p), m.mapInput(l.by, p)).next
	}
	return m.images.put(k, to)
}

func (m *Model) mapInput(in input, p int) input {
	if in.kind == deliver {
		in.n = m.mapEnvelope(m.envelopes.at(in.n), p).id
	}
	return in
}

// twin reports whether y, renamed, may be what x is: of one kind, and about nodes of which one
// is the other's image.
func (m *Model) twin(x, y protocol.Message, p int) bool {
	if x.Kind() != y.Kind() || m.Claims.About == nil {
		return x.Kind() == y.Kind()
	}
	about := m.Claims.About(x)
	if about >= 0 {
		about = m.orders[p][about]
	}
	return about == m.Claims.About(y)
}

// mapEnvelope is envelopeImage for those who hold the lock. Of several messages to
// one receiver that are twins, the order is kept.
func (m *Model) mapEnvelope(e *envelope, p int) *envelope {
	k := key(e.id, uint32(p))
	if i := m.imagesOf.get(k); i != nil {
		return i
	}
	if e.nth < 0 {
		return m.imagesOf.put(k, m.mapUnasked(e, p))
	}
	o := m.compute(m.mapLocal(e.source, p), m.mapInput(e.by, p))
	n := 0
	for _, x := range slices.Concat(o.outs, o.told) {
		if x.to == m.orders[p][e.to] && m.twin(e.msg, x.msg, p) {
			if n == e.nth {
				return m.imagesOf.put(k, x)
			}
			n++
		}
	}
	panic("machines: a renamed server sends other messages; these servers are not alike")
}

// mapUnasked is mapEnvelope for what no machine sends on an input. A lie is told to
// the renamed server about the renamed request; what is sent at the start is
// the same for servers that are alike. Liars and clients stay where they are.
func (m *Model) mapUnasked(e *envelope, p int) *envelope {
	to := m.orders[p][e.to]
	if to == e.to && m.slanderer == nil {
		return e
	}
	image := &envelope{from: e.from, to: to, msg: e.msg, nth: -1}
	switch {
	case m.slanderer != nil:
		image.facts, image.letter = m.mapFacts(e.facts, p), e.letter
		image.msg = m.slanderer.Says(image.facts.all)[e.letter]
	case e.request != nil:
		image.request, image.facts, image.letter = m.mapEnvelope(e.request, p), e.facts, e.letter
		image.msg = m.Dialect.Lies(e.facts.all, protocol.NodeID(to), image.request.msg)[e.letter]
	}
	return m.keepEnvelope(image)
}
