package shrink

import (
	"slices"

	"turncoat/sim"
)

// Names cost nothing in a run and much in a reader's head: what is left of the
// servers, of the clients and of their operations is numbered from 0.

// rename gives servers other numbers: first those of liars, so that nothing need
// say who they are.
func rename(s *search) {
	const most = 16 // pairs beyond that are too many to try
	servers := int32(s.best.report.Servers)
	for {
		t := s.best
		i := s.first(func(yield func([]sim.Decision) bool) {
			for at, d := range t.list {
				if d.Choice == sim.Size && d.Label == liarLabel &&
					!yield(swap(slices.Delete(slices.Clone(t.list), at, at+1), int32(d.Value), int32(d.Index))) {
					return
				}
			}
			for b := range min(servers, most) {
				for a := range b {
					if !yield(swap(t.list, a, b)) {
						return
					}
				}
			}
		})
		if i < 0 {
			return
		}
	}
}

// liarLabel is what a scenario calls the choice of a server that lies.
const liarLabel = "adversary.liar"

// swap exchanges the numbers of two servers.
func swap(list []sim.Decision, a, b int32) []sim.Decision {
	other := func(n int32) int32 {
		switch n {
		case a:
			return b
		case b:
			return a
		}
		return n
	}
	out := slices.Clone(list)
	for i := range out {
		if d := &out[i]; d.Choice == sim.Lie || isNetwork(d) {
			d.Actor, d.Peer = other(d.Actor), other(d.Peer)
		}
	}
	return out
}

// renumber gives the clients that are left, and their operations, the lowest numbers.
func renumber(s *search) {
	s.first(func(yield func([]sim.Decision) bool) {
		clients := renumberClients(s.best.list, int32(s.best.report.Servers))
		if yield(renumberOperations(clients, int32(s.best.report.Servers))) {
			yield(renumberOperations(s.best.list, int32(s.best.report.Servers)))
		}
	})
}

// operation names an operation by its client and its place.
type operation struct {
	client int32
	index  uint32
}

// operationsOf returns the operations of a list, by their clients and places.
func operationsOf(list []sim.Decision) []operation {
	var all []operation
	for i := range list {
		if d := &list[i]; isOperation(d) {
			all = append(all, operation{d.Actor, d.Index})
		}
	}
	slices.SortFunc(all, func(a, b operation) int {
		return 2*int(a.client-b.client) + min(max(int(a.index)-int(b.index), -1), 1)
	})
	return all
}

// renumberClients moves the clients that have operations to the lowest numbers. Nodes
// are the servers and then the clients, so their messages move too.
func renumberClients(list []sim.Decision, servers int32) []sim.Decision {
	number := make(map[int32]int32) // looked up only
	for _, o := range operationsOf(list) {
		if _, known := number[o.client]; !known {
			number[o.client] = int32(len(number))
		}
	}
	node := func(n int32) int32 {
		if to, moves := number[n-servers]; n >= servers && moves {
			return servers + to
		}
		return n
	}
	out := slices.Clone(list)
	for i := range out {
		switch d := &out[i]; d.Choice {
		case sim.Work:
			d.Actor = number[d.Actor]
		case sim.Lie, sim.Loss, sim.Duplicate, sim.Corrupt, sim.Delay:
			d.Actor, d.Peer = node(d.Actor), node(d.Peer)
		}
	}
	return out
}

// renumberOperations numbers the operations of each client from 0.
func renumberOperations(list []sim.Decision, servers int32) []sim.Decision {
	number := make(map[operation]uint32) // looked up only
	next := make(map[int32]uint32)       // looked up only
	for _, o := range operationsOf(list) {
		number[o] = next[o.client]
		next[o.client]++
	}
	out := slices.Clone(list)
	for i := range out {
		d := &out[i]
		client := max(d.Actor, d.Peer) - servers
		switch {
		case d.Choice == sim.Work:
			d.Index = number[operation{d.Actor, d.Index}]
		case d.Op > 0 && client >= 0:
			d.Op = 1 + number[operation{client, d.Op - 1}]
		}
	}
	return out
}
