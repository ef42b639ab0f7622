package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"turncoat/adversary"
	"turncoat/protocol"
	"turncoat/sim"
)

// power lends a corrupted node its choices: each lie is a decision, so it can be
// recorded, replayed and taken away.
type power struct {
	*sim.Decisions
	node   protocol.NodeID
	tracer sim.Tracer         // may be nil
	drawn  map[sim.Key]uint32 // draws so far, by all of their keys but the index; looked up only
	lies   map[string]uint64  // of the whole run; looked up only
}

func (p *power) key(label string) sim.Key {
	turn := p.Turn()
	k := sim.Key{Choice: sim.Lie, Actor: int32(p.node), Peer: turn.Peer, Op: turn.Op, Label: label}
	n := p.drawn[k]
	p.drawn[k] = n + 1
	k.Index = n
	return k
}

// Choose implements adversary.Power.
func (p *power) Choose(label string, n int) int {
	return int(p.Draw(p.key(label), 0, int64(n-1), 0))
}

// Chance implements adversary.Power.
func (p *power) Chance(label string, ppm int) bool {
	return p.Decisions.Chance(p.key(label), uint32(ppm))
}

// Lied implements adversary.Power.
func (p *power) Lied(kind string, to protocol.NodeID, told protocol.Message) {
	p.lies[kind]++
	if p.tracer != nil {
		p.tracer.Step(sim.Step{Kind: sim.StepLie, Event: p.Turn().Event, At: p.Turn().At, Node: to, From: p.node, Message: told, Cause: p.Turn().Event, Text: kind})
	}
}

// parseStrategies reads "replay(rate=200000) + slow": strategies that act one
// after the other on one node.
func parseStrategies(text string) ([]adversary.Strategy, error) {
	var out []adversary.Strategy
	for part := range strings.SplitSeq(text, "+") {
		part = strings.TrimSpace(part)
		name, arguments, some := strings.Cut(part, "(")
		arguments, closed := strings.CutSuffix(arguments, ")")
		if some != closed {
			return nil, fmt.Errorf("%q: arguments stand between parentheses, as in silent(rate=300000)", part)
		}
		var settings []adversary.Setting
		for _, a := range strings.FieldsFunc(arguments, func(r rune) bool { return r == ',' }) {
			key, value, ok := strings.Cut(a, "=")
			if !ok {
				return nil, fmt.Errorf("strategy %q: %q is not of the form name=value", name, strings.TrimSpace(a))
			}
			settings = append(settings, adversary.Setting{Name: strings.TrimSpace(key), Value: strings.TrimSpace(value)})
		}
		s, err := adversary.New(name, settings...)
		var unknown *adversary.UnknownStrategy
		var parameter *adversary.UnknownParameter
		switch {
		case errors.As(err, &unknown):
			return nil, fmt.Errorf("there is no strategy %q%s", name, DidYouMean(name, adversary.Names()))
		case errors.As(err, &parameter):
			return nil, fmt.Errorf("strategy %s has no parameter %q%s", name, parameter.Name, DidYouMean(parameter.Name, parameter.Known))
		case err != nil:
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
