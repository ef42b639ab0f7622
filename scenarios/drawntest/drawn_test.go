package drawntest

import (
	"flag"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/sim"
)

// sound is what must be true of whatever is drawn: a list repeats its run, so does the
// list of what it came to, and no protocol breaks its safety.
func sound(t *rapid.T) {
	spec := Scenario(rapid.SampledFrom(Protocols).Draw(t, "protocol")).Draw(t, "scenario")
	list := Decisions(spec).Draw(t, "decisions")
	first := Run(t, spec, list)
	if again := Run(t, spec, list); again.Digest != first.Digest {
		t.Fatalf("digests %s and %s of one list", first.Digest, again.Digest)
	}
	if kept := Run(t, spec, first.Decisions); kept.Digest != first.Digest {
		t.Fatalf("digest %s of a list, %s of what it came to", first.Digest, kept.Digest)
	}
	if first.Outcome == checker.Violation {
		t.Fatalf("%s: %s", first.Property, first.Detail)
	}
}

func TestWhatIsDrawnIsSound(t *testing.T) { rapid.Check(t, sound) }

// FuzzDecisions lets the fuzzer draw: its bytes are rapid's.
func FuzzDecisions(f *testing.F) {
	for seed := range byte(4) {
		b := make([]byte, 1<<14)
		rand.NewChaCha8([32]byte{seed}).Read(b)
		f.Add(b)
	}
	f.Fuzz(rapid.MakeFuzz(sound))
}

// TestDrawsReach holds that runs of drawn lists are not trivial: in some, operations
// return, messages are lost, liars lie and servers crash.
func TestDrawsReach(t *testing.T) {
	var returned, lost, lied, crashed int
	rapid.Check(t, func(t *rapid.T) {
		spec := Scenario(rapid.SampledFrom(Protocols).Draw(t, "protocol")).Draw(t, "scenario")
		rep := Run(t, spec, Decisions(spec).Draw(t, "decisions"))
		returned += int(rep.Operations.Returned)
		lost += int(rep.Faults["loss"])
		lied += len(rep.Lies)
		crashed += int(rep.Faults["crash"])
	})
	if returned == 0 || lost == 0 || lied == 0 || crashed == 0 {
		t.Errorf("%d operations returned, %d messages lost, %d kinds of lies, %d crashes", returned, lost, lied, crashed)
	}
}

// failing stands in for the test of a property that does not hold.
type failing struct {
	*testing.T
	failed bool
}

func (f *failing) Fail()                 { f.failed = true }
func (f *failing) FailNow()              { f.failed = true }
func (f *failing) Failed() bool          { return f.failed }
func (f *failing) Error(...any)          { f.failed = true }
func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) Fatal(...any)          { f.failed = true }
func (f *failing) Fatalf(string, ...any) { f.failed = true }
func (f *failing) Logf(string, ...any)   {}
func (f *failing) Log(...any)            {}

// TestRapidShrinks holds that rapid makes of a list that shows something the few
// decisions that it takes: here a read that has to write back, for which a write has to
// be under way when the read comes.
func TestRapidShrinks(t *testing.T) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.seed": "7", "rapid.shrinktime": "2s"} {
		was := flag.Lookup(name).Value.String()
		t.Cleanup(func() { flag.Set(name, was) })
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := scenarios.Decode("drawn.yaml", []byte(`
name: drawn
clients: 2
objects: {public-key: 1}
workload: {operations: 4, think: 0ms..20ms}
network: {loss: 0%..5%, latency: {shape: log-normal, base: 4ms, sigma: 80%}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var first, last []sim.Decision
	f := &failing{T: t}
	rapid.Check(f, func(t *rapid.T) {
		list := Decisions(spec).Draw(t, "decisions")
		if Run(t, spec, list).Reach["dbqs.wrote-back"] > 0 {
			if first == nil {
				first = list
			}
			last = list
			t.Fatalf("wrote back")
		}
	})
	if !f.failed {
		t.Fatal("no list makes a read write back")
	}
	if len(last) > 8 || len(last) >= len(first) {
		t.Errorf("%d decisions came to %d: %v", len(first), len(last), last)
	}
	t.Logf("%d decisions came to %d: %v", len(first), len(last), last)
}
