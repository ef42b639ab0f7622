package explain

import (
	"strings"

	"turncoat/protocol"
	"turncoat/sim"
)

// A system of this project is made of layers, and a story is about one of them. That the
// membership service entered an epoch matters to a story about objects, not how its
// replicas agreed to: told in full, that is most of the rows and none of the reason.

// layer is a part of a system that works on top of those below it.
type layer int

const (
	ordering layer = iota // replicas agree on an operation
	service               // the members of the service make operations of what they see, and sign what came of them
	outward               // what nodes and clients are told and say
)

// internal are the messages of the service among its replicas, and of its probing.
var internal = map[protocol.Kind]bool{
	"membership.vote": true, "membership.partial": true, "membership.deal": true, "membership.checked": true,
	"membership.accused": true, "membership.handover-ask": true, "membership.handover": true,
	"membership.ping": true, "membership.pong": true, "membership.report": true,
}

// layer returns the layer at which a step happened. What was a lie or was lost is nobody's
// machinery.
func (x *Step) layer() layer {
	switch {
	case x.Message == nil || x.Kind != sim.StepMessage || x.Lie != "":
		return outward
	case strings.HasPrefix(string(x.Message.Kind()), "pbft."):
		return ordering
	case internal[x.Message.Kind()]:
		return service
	}
	return outward
}

// matter returns the lowest layer that the story is about: that of the property that
// broke, and of the rules that were lifted.
func (s *Story) matter() layer {
	m := ordering
	switch s.Artifact.Scenario.System.Protocol {
	case "epochs":
		m = outward
	case "membership":
		m = service
	}
	for _, name := range append([]string{s.Report.Property}, s.Artifact.Lift...) {
		switch of, _, _ := strings.Cut(name, "."); of {
		case "pbft", "liveness":
			m = ordering
		case "membership":
			m = min(m, service)
		}
	}
	return m
}
