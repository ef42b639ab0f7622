package scenarios

import (
	"slices"
	"strings"
	"testing"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// moved runs a scenario with an adversary that moves, and returns the run and the
// bounds that were exceeded.
func moved(t *testing.T, name string, seed uint64, sets ...string) (*run, []sim.Excess) {
	t.Helper()
	spec, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range sets {
		key, value, _ := strings.Cut(set, "=")
		if err := spec.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	r, err := build(spec, Options{Seed: seed, Suite: auth.Ideal}, sim.FromSeed(seed, false))
	if err != nil {
		t.Fatal(err)
	}
	out := r.world.Run()
	if out.Stop == sim.Panicked {
		t.Fatalf("seed %d: %s\n%s", seed, out.Detail, out.Stack)
	}
	var windows []checker.Window
	if e, ok := r.watch.(*checker.Epochs); ok {
		windows = e.Windows(out.Virtual)
	}
	return r, exceeded(r.mobile.assumed(windows, out.Faulty))
}

// TestMobileAdversaryKeepsItsBound holds, by the windows as they turned out, that an
// adversary that moves never has more than f servers of a group in one of them; and
// that it goes further than an adversary that stays could.
func TestMobileAdversaryKeepsItsBound(t *testing.T) {
	for _, name := range []string{"membership-mobile", "epochs-mobile", "epochs-window", "epochs-recover"} {
		most := 0
		for seed := range uint64(20) {
			r, exceeded := moved(t, name, seed, "held=1")
			if len(exceeded) > 0 {
				t.Errorf("%s, seed %d: %v", name, seed, exceeded[0])
			}
			var held protocol.Bitset
			for _, s := range r.mobile.spells[:r.mobile.begun] {
				if s.node != protocol.None {
					held.Add(int(s.node))
				}
				if s.to == 0 && r.world.Now() > r.mobile.until {
					t.Errorf("%s, seed %d: server %d was never let go", name, seed, s.node)
				}
			}
			most = max(most, held.Len())
		}
		if most < 3 {
			t.Errorf("%s: no run has more than %d servers taken over", name, most)
		}
	}
}

// TestMobileAdversaryBeyondItsBound holds that two of the service's group at once are
// found out, and that the assumption has the blame.
func TestMobileAdversaryBeyondItsBound(t *testing.T) {
	_, exceeded := moved(t, "membership-mobile", 1, "held=2", "beyond-bound=true", "prey=service")
	if len(exceeded) == 0 {
		t.Error("two servers of one group were held, and no bound was exceeded")
	}
	spec, err := Lookup("membership-mobile")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range [][2]string{{"held", "2"}, {"beyond-bound", "true"}, {"prey", "service"}} {
		if err := spec.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	rep, err := Run(spec, Options{Seed: 1, Suite: auth.Ideal})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Outcome != checker.Assumption || rep.Property != "membership.key-secrecy" {
		t.Errorf("%v of %s: %s", rep.Outcome, rep.Property, rep.Detail)
	}
}

// TestMobileAdversaryNeedsAWay holds that what could not mean what it says is refused.
func TestMobileAdversaryNeedsAWay(t *testing.T) {
	const head = "name: x\nsystem: {protocol: membership, servers: 6}\nadversary:\n  strategies: [%s]\n  mobile: {held: 1, spells: 2, lasts: 1s, until: 5s}\n"
	for _, c := range []struct{ text, want string }{
		{strings.Replace(head, "%s", "twins", 1), "twins needs the machine as it was born"},
		{strings.Replace(strings.Replace(head, "%s", "silent", 1), "membership", "dbqs", 1), "it moves with the epochs, and dbqs has none"},
		{strings.Replace(strings.Replace(head, "%s", "silent", 1), "held: 1", "held: 2", 1), "say beyond-bound: true"},
		{strings.Replace(strings.Replace(head, "%s", "silent", 1), "until", "prey: pasts, until", 1), `there is no "pasts": did you mean "past"?`},
	} {
		_, err := Decode("x.yaml", []byte(c.text))
		if err == nil || !slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(line string) bool { return strings.Contains(line, c.want) }) {
			t.Errorf("%s\n%v\nwant %s", c.text, err, c.want)
		}
	}
}

// TestThiefSignsForTheService holds that without either rule of erasing a thief of keys of
// past members not only could sign for the service, but does, and is believed.
func TestThiefSignsForTheService(t *testing.T) {
	spec, err := Lookup("membership-thief")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"membership.erase-shares", "membership.evolve-keys"} {
		believed := false
		for seed := uint64(0); seed < 40 && !believed; seed++ {
			rep, err := Run(spec, Options{Seed: seed, Suite: auth.Ideal, Lift: []string{rule}})
			if err != nil {
				t.Fatal(err)
			}
			believed = rep.Lies["membership-thief/replica/step"] > 0 && slices.ContainsFunc(rep.Findings, func(f checker.Finding) bool {
				return f.Property == "membership.one-configuration" || f.Property == "membership.justified-end"
			})
		}
		if !believed {
			t.Errorf("without %s nobody believes what the thief signs", rule)
		}
	}
}
