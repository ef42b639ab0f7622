package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A second reading of the register models, slow and obvious: structs and maps,
// one goroutine, states told apart by their printed form (fmt prints maps in order of their
// keys), linearizability by trying every permutation. It shares no code with
// the packed models but the constants for kinds of message.

type oracleMsg struct {
	kind             kind
	from, to, req    int
	clock, id, value int // value -1 is the initial one
}

type oraclePhase struct {
	number, req, client int
	isWrite             bool
	value               int // to write
	responses           map[int]oracleMsg
	readValue           int
	acks                map[int]bool
}

type oracleServer struct {
	clock, id, value int
	phase            oraclePhase
}

type oracleOp struct {
	isWrite  bool
	value    int
	returned bool
	before   map[int]int // client -> operations it had completed at the invocation
}

type oracleState struct {
	servers []oracleServer
	history [][]oracleOp
	net     map[oracleMsg]int
}

func (s *oracleState) clone() *oracleState {
	c := &oracleState{net: maps.Clone(s.net)}
	for _, v := range s.servers {
		v.phase.responses, v.phase.acks = maps.Clone(v.phase.responses), maps.Clone(v.phase.acks)
		c.servers = append(c.servers, v)
	}
	for _, h := range s.history {
		c.history = append(c.history, slices.Clone(h))
	}
	return c
}

func (s *oracleState) key() string { return fmt.Sprint(*s) }

func (s *oracleState) send(m oracleMsg) { s.net[m]++ }

func (s *oracleState) completed(client int) int {
	n := 0
	for _, op := range s.history[client] {
		if op.returned {
			n++
		}
	}
	return n
}

func (s *oracleState) invoke(client int, isWrite bool, value int) {
	before := map[int]int{}
	for c := range s.history {
		if c != client {
			before[c] = s.completed(c)
		}
	}
	s.history[client] = append(s.history[client], oracleOp{isWrite: isWrite, value: value, before: before})
}

// oracle is a register model: abd, or one copy at each server.
type oracle struct {
	servers, clients int
	singleCopy       bool
}

func (o oracle) initial() *oracleState {
	s := &oracleState{net: map[oracleMsg]int{}, history: make([][]oracleOp, o.clients)}
	for i := range o.servers {
		s.servers = append(s.servers, oracleServer{id: i, value: -1})
	}
	for c := range o.clients {
		i := o.servers + c
		s.send(oracleMsg{kind: put, from: i, to: i % o.servers, req: i, value: c})
	}
	for c := range o.clients {
		s.invoke(c, true, c)
	}
	return s
}

// deliver returns the state after m, or nil if m changes and sends nothing.
func (o oracle) deliver(old *oracleState, m oracleMsg) *oracleState {
	s := old.clone()
	if s.net[m]--; s.net[m] == 0 {
		delete(s.net, m)
	}
	before := s.key()
	switch {
	case m.to >= o.servers:
		o.client(s, m)
	case o.singleCopy:
		o.single(s, m)
	default:
		o.server(s, m)
	}
	if s.key() == before {
		return nil
	}
	return s
}

func (o oracle) client(s *oracleState, m oracleMsg) {
	c, i := m.to-o.servers, m.to
	last := &s.history[c][len(s.history[c])-1]
	switch {
	case m.kind == putOk && m.req == i && len(s.history[c]) == 1:
		last.returned = true
		s.invoke(c, false, 0)
		s.send(oracleMsg{kind: get, from: i, to: (i + 1) % o.servers, req: 2 * i})
	case m.kind == getOk && m.req == 2*i && len(s.history[c]) == 2 && !last.returned:
		last.returned, last.value = true, m.value
	}
}

func (o oracle) single(s *oracleState, m oracleMsg) {
	if m.kind == put {
		s.servers[m.to].value = m.value
		s.send(oracleMsg{kind: putOk, from: m.to, to: m.from, req: m.req})
	} else {
		s.send(oracleMsg{kind: getOk, from: m.to, to: m.from, req: m.req, value: s.servers[m.to].value})
	}
}

func (o oracle) server(s *oracleState, m oracleMsg) {
	me := m.to
	v := &s.servers[me]
	mine := oracleMsg{clock: v.clock, id: v.id, value: v.value}
	switch m.kind {
	case put, get:
		if v.phase.number != 0 {
			return
		}
		v.phase = oraclePhase{number: 1, req: m.req, client: m.from, isWrite: m.kind == put, value: m.value, responses: map[int]oracleMsg{me: mine}}
		o.toOthers(s, oracleMsg{kind: query, from: me, req: m.req})
	case query:
		s.send(oracleMsg{kind: ackQuery, from: me, to: m.from, req: m.req, clock: v.clock, id: v.id, value: v.value})
	case ackQuery:
		if v.phase.number != 1 || v.phase.req != m.req {
			return
		}
		v.phase.responses[m.from] = oracleMsg{clock: m.clock, id: m.id, value: m.value}
		if len(v.phase.responses) == o.servers/2+1 {
			o.store(s, me)
		}
	case record:
		s.send(oracleMsg{kind: ackRecord, from: me, to: m.from, req: m.req})
		v.adopt(m.clock, m.id, m.value)
	case ackRecord:
		if v.phase.number != 2 || v.phase.req != m.req || v.phase.acks[m.from] {
			return
		}
		v.phase.acks[m.from] = true
		if len(v.phase.acks) < o.servers/2+1 {
			return
		}
		answer := oracleMsg{kind: putOk, from: me, to: v.phase.client, req: m.req}
		if !v.phase.isWrite {
			answer.kind, answer.value = getOk, v.phase.readValue
		}
		s.send(answer)
		v.phase = oraclePhase{}
	}
}

func (o oracle) store(s *oracleState, me int) {
	v := &s.servers[me]
	p := v.phase
	best := p.responses[me]
	for _, r := range p.responses {
		if r.clock > best.clock || r.clock == best.clock && r.id > best.id {
			best = r
		}
	}
	next := oraclePhase{number: 2, req: p.req, client: p.client, isWrite: p.isWrite, acks: map[int]bool{me: true}}
	if p.isWrite {
		best = oracleMsg{clock: best.clock + 1, id: me, value: p.value}
	} else {
		next.readValue = best.value
	}
	v.phase = next
	o.toOthers(s, oracleMsg{kind: record, from: me, req: p.req, clock: best.clock, id: best.id, value: best.value})
	v.adopt(best.clock, best.id, best.value)
}

func (v *oracleServer) adopt(clock, id, value int) {
	if clock > v.clock || clock == v.clock && id > v.id {
		v.clock, v.id, v.value = clock, id, value
	}
}

func (o oracle) toOthers(s *oracleState, m oracleMsg) {
	for to := range o.servers {
		if m.to = to; to != m.from {
			s.send(m)
		}
	}
}

// linearizable tries all orders of all operations, with each subset of the
// pending writes left out.
func (s *oracleState) linearizable() bool {
	type ref struct{ client, index int }
	var all []ref
	for c, h := range s.history {
		for i := range h {
			all = append(all, ref{c, i})
		}
	}
	var extend func(order []ref, value int) bool
	extend = func(order []ref, value int) bool {
		taken := map[ref]bool{}
		for _, r := range order {
			taken[r] = true
		}
		done := true
		for _, r := range all {
			op := s.history[r.client][r.index]
			if taken[r] {
				continue
			}
			done = done && !op.returned
			ready := r.index == 0 || taken[ref{r.client, r.index - 1}]
			for c, n := range op.before {
				for i := range n {
					ready = ready && taken[ref{c, i}]
				}
			}
			if !ready || !op.isWrite && op.returned && op.value != value {
				continue
			}
			next := value
			if op.isWrite {
				next = op.value
			}
			if extend(append(slices.Clone(order), r), next) {
				return true
			}
		}
		return done
	}
	return extend(nil, -1)
}

// oracleCounts is what the oracle finds in all states up to a depth.
type oracleCounts struct {
	states, transitions, reached uint64
	depth                        int
	wrongAt                      int // depth of the first state that is not linearizable, or -1
}

// explore visits states level by level. Transitions of the last level are
// counted, not taken.
func (o oracle) explore(maxDepth int) oracleCounts {
	level := []*oracleState{o.initial()}
	seen := map[string]bool{level[0].key(): true}
	n := oracleCounts{wrongAt: -1}
	for depth := 0; len(level) > 0; depth++ {
		n.depth = depth
		var next []*oracleState
		for _, s := range level {
			n.states++
			if n.wrongAt < 0 && !s.linearizable() {
				n.wrongAt = depth
			}
			if strings.Contains(s.answers(), "written") {
				n.reached++
			}
			for m := range s.net {
				t := o.deliver(s, m)
				if t == nil {
					continue
				}
				n.transitions++
				if k := t.key(); depth < maxDepth && !seen[k] {
					seen[k] = true
					next = append(next, t)
				}
			}
		}
		level = next
	}
	return n
}

// answers lists what reads under way return.
func (s *oracleState) answers() string {
	var b strings.Builder
	for m := range s.net {
		if m.kind == getOk && m.value >= 0 {
			b.WriteString("written ")
		}
	}
	return b.String()
}
