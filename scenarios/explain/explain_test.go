package explain

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Change a golden file only if you understand why it changed.
var update = flag.Bool("update", false, "write the golden files anew")

// exhibits is where there are small artifacts to tell of.
const exhibits = "../museum/exhibits"

func told(t *testing.T, name string) *Story {
	t.Helper()
	a, err := scenarios.ReadArtifact(filepath.Join(exhibits, name, "small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Tell(a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func drawn(t *testing.T, s *Story, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Formats[format](s, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The stories of exhibits, as text beside the exhibit and as Mermaid here.
func TestGolden(t *testing.T) {
	for _, name := range []string{"dbqs.write-back", "dbqs.verify-signature"} {
		for format, path := range map[string]string{
			"text": filepath.Join(exhibits, name, "story.txt"), "mermaid": filepath.Join("testdata", name+".mermaid"),
		} {
			t.Run(name+"/"+format, func(t *testing.T) {
				got := drawn(t, told(t, name), format)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s has changed; run with -update and look at the difference. Now:\n%s", path, got)
				}
			})
		}
	}
}

// The text of a shrunk finding fits a screen: 100 columns, 50 lines.
func TestOneScreen(t *testing.T) {
	text := drawn(t, told(t, "dbqs.write-back"), "text")
	lines := strings.Split(text, "\n")
	if len(lines) > 50 {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > width {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(l), l)
		}
	}
}

// A lie is told as one wherever it leaves, and nothing else is.
func TestLies(t *testing.T) {
	s := told(t, "dbqs.verify-signature")
	var lies []string
	for i := range s.Steps {
		if x := &s.Steps[i]; x.Lie != "" {
			lies = append(lies, fmt.Sprintf("%s %s->%s %s", x.Lie, s.name(int32(x.From)), s.name(int32(x.Node)), x.Message.Kind()))
		}
	}
	if want := []string{"fabricate s0->c0 dbqs.read-reply"}; !slices.Equal(lies, want) {
		t.Errorf("lies %q, want %q", lies, want)
	}
	if !slices.ContainsFunc(s.Scene, func(i int) bool { return s.Steps[i].Lie != "" }) {
		t.Error("the lie is not in the scene")
	}
}

// The scene is closed under causes: what is heard in it was sent in it, up to the
// operations' beginnings.
func TestSceneHasCauses(t *testing.T) {
	s := told(t, "dbqs.write-back")
	in := make(map[uint64]bool)
	for _, i := range s.Scene {
		in[s.Steps[i].Event] = true
	}
	messages := 0
	for _, i := range s.Scene {
		x := &s.Steps[i]
		if x.Kind != sim.StepMessage {
			continue
		}
		messages++
		if !in[x.Cause] {
			t.Errorf("event %d is in the scene, and event %d, in which its message was sent, is not", x.Event, x.Cause)
		}
	}
	if messages == 0 || messages >= len(s.Steps) {
		t.Errorf("%d messages in the scene of a run of %d steps", messages, len(s.Steps))
	}
}

// A story is told at the height of what broke: how the layers below did their work is not
// in it, unless the last of it is the very event in which the property broke.
func TestStoriesKeepToTheirLayer(t *testing.T) {
	for name, lowest := range map[string]layer{
		"dbqs.recover": outward, "i-still-work-here": outward, "membership.nonce-binding": service,
		"pbft.commit-phase": ordering, "pbft.a2": ordering,
	} {
		s, heard := told(t, name), make(map[layer]int)
		for _, i := range s.Scene {
			if x := &s.Steps[i]; x.Message != nil && x.Event != s.Broke {
				heard[x.layer()]++
			}
		}
		for l := ordering; l <= outward; l++ {
			if below := l < lowest; below && heard[l] > 0 || l == lowest && heard[l] == 0 {
				t.Errorf("%s: %d messages of layer %d, the story being of %d", name, heard[l], l, lowest)
			}
		}
		if left := s.aside > 0; left != (lowest > ordering) {
			t.Errorf("%s: %d messages left out", name, s.aside)
		}
	}
}

// The trace is well formed: packets in order of time after the tracks, every slice
// that begins ends, every flow has both ends.
func TestPerfetto(t *testing.T) {
	s := told(t, "dbqs.write-back")
	trace := []byte(drawn(t, s, "perfetto"))
	var last, begins, ends, tracks uint64
	flows := make(map[uint64]int)
	for len(trace) > 0 {
		packet := field(t, &trace, tracePacket)
		for f, v := range fieldsOf(t, packet) {
			switch f {
			case packetDescriptor:
				tracks++
			case packetTimestamp:
				if v.number < last {
					t.Fatalf("time goes back from %d to %d", last, v.number)
				}
				last = v.number
			case packetTrackEvent:
				e := fieldsOf(t, v.bytes)
				switch e[eventType].number {
				case sliceBegin:
					begins++
				case sliceEnd:
					ends++
				}
				if f := e[eventFlow].number; f > 0 {
					flows[f]++
				}
				if f := e[eventFlowEnd].number; f > 0 {
					flows[f] += 2
				}
			}
		}
	}
	if begins == 0 || begins != ends {
		t.Errorf("%d slices begin and %d end", begins, ends)
	}
	if want := uint64(len(s.Nodes) + 3); tracks != want {
		t.Errorf("%d tracks, want %d", tracks, want)
	}
	heard := 0
	for i := range s.Steps {
		if s.Steps[i].Kind == sim.StepMessage {
			heard++
		}
	}
	for f, n := range flows {
		if n != 3 {
			t.Errorf("flow %d has not both ends", f)
		}
	}
	if len(flows) != heard {
		t.Errorf("%d flows for %d messages", len(flows), heard)
	}
}

type fieldValue struct {
	number uint64
	bytes  []byte
}

// field takes one length-delimited field off b.
func field(t *testing.T, b *[]byte, want protowire.Number) []byte {
	t.Helper()
	f, typ, n := protowire.ConsumeTag(*b)
	if n < 0 || f != want || typ != protowire.BytesType {
		t.Fatalf("field %d of type %d, want %d", f, typ, want)
	}
	v, m := protowire.ConsumeBytes((*b)[n:])
	if m < 0 {
		t.Fatal(protowire.ParseError(m))
	}
	*b = (*b)[n+m:]
	return v
}

func fieldsOf(t *testing.T, b []byte) map[protowire.Number]fieldValue {
	t.Helper()
	out := make(map[protowire.Number]fieldValue)
	for len(b) > 0 {
		f, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var v fieldValue
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v.number, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		out[f] = v
		b = b[n:]
	}
	return out
}

// The page needs no network and stays small.
func TestPage(t *testing.T) {
	html := drawn(t, told(t, "dbqs.write-back"), "html")
	if len(html) > MaxHTML {
		t.Errorf("%d bytes", len(html))
	}
	for _, bad := range []string{"src=\"http", "href=\"http", "@import", "fetch(", "XMLHttpRequest", "ZgotmplZ"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
}

// run tells of a run of a scenario of the library.
func run(t *testing.T, name string, sets ...string) *Story {
	t.Helper()
	spec, err := scenarios.Lookup(name)
	if err == nil {
		err = scenarios.Apply(spec, sets)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := scenarios.Options{Seed: 1, Suite: auth.Ideal}
	rep, err := scenarios.Run(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := scenarios.NewArtifact(spec, o, rep)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Tell(a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every step knows the epoch of its node then, which never goes back; and the text says
// in which epochs and views the cast is, and when it enters others.
func TestEras(t *testing.T) {
	s := run(t, "epochs-calm")
	at := make([]era, len(s.Nodes))
	entries := 0
	for i := range s.Steps {
		x := &s.Steps[i]
		if x.Node < 0 || x.Kind == sim.StepLie {
			continue
		}
		if x.era.epoch < at[x.Node].epoch || x.era != at[x.Node] && entered(x) == "" {
			t.Fatalf("event %d: %s went from %+v to %+v", x.Event, s.name(int32(x.Node)), at[x.Node], x.era)
		}
		if at[x.Node] = x.era; entered(x) != "" {
			entries++
		}
	}
	if entries == 0 || !s.epochs {
		t.Errorf("%d entries", entries)
	}
	for i := range s.Steps {
		if s.Steps[i].Kind == sim.StepMessage && s.Steps[i].era.epoch > 0 {
			s.Scene = append(s.Scene, i)
		}
	}
	s.Scene = s.Scene[:40]
	s.mark()
	text := drawn(t, s, "text")
	for _, want := range []string{"\n  before   epoch ", "E enters an epoch or a view"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// What is said of the fault bounds follows from those that the run kept.
func TestBounds(t *testing.T) {
	group := scenarios.Assumed{Group: "the group", Members: []protocol.NodeID{0, 1, 2, 3}, To: 1 << 62, Most: 1}
	held, broken := group, group
	held.Faulty, broken.Faulty = []protocol.NodeID{1}, []protocol.NodeID{1, 2}
	broken.From, broken.To = 1e6, 3e6
	for _, c := range []struct {
		assumed []scenarios.Assumed
		want    string
	}{
		{[]scenarios.Assumed{group}, "held; nobody is faulty throughout|the group, throughout: none of 4 members faulty, at most 1 may be"},
		{[]scenarios.Assumed{group, held}, "held in all 2 groups and windows; nobody is faulty throughout|the group, throughout: s1 of 4 members faulty, at most 1 may be"},
		{[]scenarios.Assumed{held, broken}, "exceeded in 1 of 2 groups and windows; nobody is faulty throughout|the group, from 1.0ms to 3.0ms: s1 s2 of 4 members faulty, at most 1 may be|the group, throughout: s1 of 4 members faulty, at most 1 may be"},
	} {
		s := &Story{Report: &scenarios.Report{Servers: 4, Assumed: c.assumed}}
		s.Report.VirtualNS = 9e6
		if got := strings.Join(s.bounds(), "|"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
