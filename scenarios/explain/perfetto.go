package explain

import (
	"cmp"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"turncoat/sim"
)

// Field numbers of Perfetto's trace format (protos/perfetto/trace: trace.proto,
// trace_packet.proto, track_event.proto, track_descriptor.proto,
// debug_annotation.proto). They are part of a public format and do not change.
const (
	tracePacket = 1

	packetTimestamp  = 8
	packetSequence   = 10
	packetTrackEvent = 11
	packetDescriptor = 60

	descriptorUUID   = 1
	descriptorName   = 2
	descriptorParent = 5

	eventAnnotation = 4
	eventType       = 9
	eventTrack      = 11
	eventCategories = 22
	eventName       = 23
	eventFlow       = 47
	eventFlowEnd    = 48

	annotationText = 6
	annotationName = 10

	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3
)

// Perfetto writes the whole run as a trace for ui.perfetto.dev, in Perfetto's
// native form: a track for each node, one below it for its operations, a slice for
// each input, and a flow from where a message was sent to where it was heard.
func (s *Story) Perfetto(w io.Writer) error {
	t := &perfetto{Story: s}
	for _, n := range s.Nodes {
		t.track(t.node(int32(n.ID)), 0, n.Name)
		if n.Client {
			t.track(t.operations(int32(n.ID)), t.node(int32(n.ID)), n.Name+" operations")
		}
	}
	for i := range s.Ops {
		o := &s.Ops[i]
		track := t.operations(int32(o.Node))
		t.event(o.From, track, sliceBegin, o.did(), "operation", nil)
		if o.To >= 0 {
			t.event(o.To, track, sliceEnd, "", "", nil)
		}
	}
	for i := range s.Steps {
		t.step(i)
	}
	slices.SortStableFunc(t.packets, func(a, b stamped) int { return cmp.Compare(a.at, b.at) })
	for _, p := range t.packets {
		t.out = protowire.AppendBytes(protowire.AppendTag(t.out, tracePacket, protowire.BytesType), p.packet)
	}
	_, err := w.Write(t.out)
	return err
}

// perfetto is a trace in the making.
type perfetto struct {
	*Story
	out     []byte
	packets []stamped
}

// stamped is a packet that waits to be put in order of time.
type stamped struct {
	at     int64
	packet []byte
}

// node and operations number the tracks; 0 is none.
func (t *perfetto) node(id int32) uint64       { return 2*uint64(id+1) + 1 }
func (t *perfetto) operations(id int32) uint64 { return 2 * uint64(id+1) }

func (t *perfetto) track(id, parent uint64, name string) {
	d := uintField(nil, descriptorUUID, id)
	if parent != 0 {
		d = uintField(d, descriptorParent, parent)
	}
	d = textField(d, descriptorName, name)
	t.out = protowire.AppendBytes(protowire.AppendTag(t.out, tracePacket, protowire.BytesType), bytesField(nil, packetDescriptor, d))
}

// step writes a step: inputs as slices, so that flows have ends, all else as instants.
func (t *perfetto) step(i int) {
	x := &t.Steps[i]
	category := x.Kind.String()
	if x.Lie != "" {
		category = "lie"
	}
	name := t.Tells(x)
	switch {
	case x.Kind == sim.StepMessage:
		extra := fixedField(nil, eventFlowEnd, uint64(i)+1)
		extra = annotation(extra, "from", t.name(int32(x.From)))
		extra = annotation(extra, "state", x.State)
		track := t.node(int32(x.Node))
		t.event(x.SentAt, t.node(int32(x.From)), sliceBegin, "send "+string(x.Message.Kind()), category, fixedField(nil, eventFlow, uint64(i)+1))
		t.event(x.SentAt, t.node(int32(x.From)), sliceEnd, "", "", nil)
		t.event(x.At, track, sliceBegin, name, category, extra)
		t.event(x.At, track, sliceEnd, "", "", nil)
	case x.Node >= 0:
		t.event(x.At, t.node(int32(x.Node)), instant, name, category, nil)
	default:
		t.event(x.At, t.node(0), instant, name, category, nil)
	}
}

func (t *perfetto) event(at int64, track uint64, kind uint64, name, category string, extra []byte) {
	e := uintField(nil, eventType, kind)
	e = uintField(e, eventTrack, track)
	if name != "" {
		e = textField(e, eventName, name)
	}
	if category != "" {
		e = textField(e, eventCategories, category)
	}
	e = append(e, extra...)
	p := uintField(nil, packetTimestamp, uint64(at))
	p = uintField(p, packetSequence, 1)
	t.packets = append(t.packets, stamped{at, bytesField(p, packetTrackEvent, e)})
}

func annotation(b []byte, name, text string) []byte {
	a := textField(nil, annotationName, name)
	return bytesField(b, eventAnnotation, textField(a, annotationText, text))
}

func uintField(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func fixedField(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), v)
}

func bytesField(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func textField(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}
