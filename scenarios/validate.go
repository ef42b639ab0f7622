package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/protocol/bftbc"
)

// validate reports everything about a decoded scenario that cannot be run, or
// that would not mean what it says.
func (s *Spec) validate() error {
	v := validator{spec: s}
	v.require(s.Name != "", "name", "a scenario has a name")
	v.oneOf("system.protocol", s.System.Protocol, systemNames())
	if len(v.errs) > 0 {
		return errors.Join(v.errs...) // the rest depends on the protocol
	}
	v.system = systemOf(s.System.Protocol)
	if err := CheckRules(s.System.Lift); err != nil {
		v.require(false, "system.lift", "%v", err)
	}
	v.sizes()
	v.link("network", &s.Network.Link)
	if s.Network.GST.Hi > 0 {
		v.link("network.chaos", &s.Network.Chaos)
		v.require(s.Network.Bound.Lo > 0, "network.bound", "with a gst, a bound above zero is needed: when do messages sent before it arrive?")
	}
	v.require(len(s.System.BFTBC.Variants) > 0, "system.bftbc.variants", "there must be a variant to draw")
	for i, name := range s.System.BFTBC.Variants {
		v.oneOf(fmt.Sprintf("system.bftbc.variants.%d", i), name, bftbc.Variants())
	}
	if v.system == dbftSystem {
		v.checkGroups()
	}
	v.adversary()
	v.sessions()
	for i := range s.Faults {
		v.fault(fmt.Sprintf("faults.%d", i), &s.Faults[i])
	}
	for i, entry := range s.Reach {
		path := fmt.Sprintf("reach.%d", i)
		name, _, ok := expected(entry)
		v.require(ok, path, "%q is neither a situation nor one with the runs after which it is due (\"%s after 300\")", entry, name)
		v.oneOf(path, name, v.system.situations)
	}
	return errors.Join(v.errs...)
}

type validator struct {
	spec   *Spec
	system *system
	errs   []error
}

func (v *validator) require(ok bool, path, format string, args ...any) {
	if !ok {
		v.errs = append(v.errs, fmt.Errorf("%s: %s", v.spec.source.at(path), fmt.Sprintf(format, args...)))
	}
}

func (v *validator) oneOf(path, word string, words []string) {
	v.require(slices.Contains(words, word), path, "there is no %q%s", word, DidYouMean(word, words))
}

func (v *validator) sizes() {
	s := v.spec
	group := 3*s.System.F.Hi + 1
	v.require(s.System.F.Hi <= 33, "system.f", "f is at most 33")
	v.require(s.System.Servers == Ints{} || s.System.Servers.Lo >= group, "system.servers", "%d servers cannot hold a group of 3f+1 = %d", s.System.Servers.Lo, group)
	v.require(s.System.Servers.Hi <= 10_000, "system.servers", "at most 10000 servers")
	v.require(s.System.Retry.Lo > 0, "system.retry", "a retransmission time is above zero")
	v.require(s.System.Protocol != "pbft" || s.System.Servers == Ints{}, "system.servers", "a PBFT service has 3f+1 servers; leave this out and set f")
	v.require(!v.system.registers || s.Objects.ContentHash.Hi == 0, "objects.content-hash", "only dbqs has content-hash objects")
	v.require(s.Clients.Lo >= 1 && s.Clients.Hi <= 1000, "clients", "there are 1 to 1000 clients")
	v.require(s.Objects.PublicKey.Lo+s.Objects.ContentHash.Lo >= 1, "objects", "there must be something to read and write")
	v.require(s.Workload.Operations.Hi <= 10_000_000, "workload.operations", "at most 10000000 operations a client")
	v.require(s.Workload.Reads.Hi <= million, "workload.reads", "a share is at most 100%%")
	v.require(s.Network.Regions.Hi <= 12, "network.regions", "the table has 12 regions")
	patience, err := time.ParseDuration(s.Limits.Watchdog)
	v.require(err == nil && patience > 0, "limits.watchdog", "%q is not a duration above zero, such as 5s", s.Limits.Watchdog)
	v.require(s.Limits.Deadline.Lo > 0, "limits.deadline", "a run has a deadline")
	v.require(s.Hosts.Drift.Hi < million, "hosts.drift", "a clock that loses a million ppm stands still")
}

func (v *validator) link(path string, l *Link) {
	v.oneOf(path+".latency.shape", l.Latency.Shape, shapeNames)
	v.require(l.Reorder.Hi == 0 || l.Hold.Hi > 0, path+".hold", "reordered messages are held for a time above zero")
	for _, p := range []struct {
		name string
		rate Rate
	}{{"duplicate", l.Duplicate}, {"corrupt", l.Corrupt}, {"reorder", l.Reorder}} {
		v.require(p.rate.Hi <= million, path+"."+p.name, "a probability is at most 100%%")
	}
	v.require(l.Loss.Hi < million, path+".loss", "a network that loses everything never lets an operation end; use a filter or partition that heals")
}

func (v *validator) adversary() {
	s := v.spec
	a := &s.Adversary
	servers := max(s.System.Servers.Hi, 3*s.System.F.Hi+1)
	v.require(a.Liars.Hi <= servers, "adversary.liars", "there are only %d servers", servers)
	v.require(a.Liars.Hi == 0 || len(a.Strategies) > 0, "adversary.strategies", "liars need at least one strategy")
	v.require(a.BadClients.Hi < max(s.Clients.Lo, 1), "adversary.bad-clients", "of %d clients at least one is correct, or nothing is checked", s.Clients.Lo)
	v.require(a.BadClients.Hi == 0 || v.system.badClients, "adversary.bad-clients", "clients of %s are trusted", s.System.Protocol)
	v.require(a.BadClients.Hi == 0 || len(a.ClientStrategies) > 0, "adversary.client-strategies", "bad clients need at least one strategy")
	v.mobile(&a.Mobile)
	v.strategies("adversary.strategies", a.Strategies)
	v.strategies("adversary.client-strategies", a.ClientStrategies)
	faulty := a.Liars.Hi
	if a.Mobile.Prey != "left" { // who is in no group is in none's bound
		faulty += a.Mobile.Held.Hi
	}
	for i := range s.Faults {
		if k := s.Faults[i].Kind; k == "wipe" || k == "crash" && !v.system.durable {
			faulty += max(s.Faults[i].Count.Hi, 1) * s.Faults[i].Servers.Hi
		}
	}
	meant := a.BeyondBound || s.source.sets["adversary.liars"] || s.source.sets["adversary.mobile.held"]
	v.require(faulty <= s.System.F.Lo || meant, "adversary.liars",
		"%d servers may lie or lose their disk where f is %d; say beyond-bound: true if that is meant", faulty, s.System.F.Lo)
}

// mobile checks that an adversary that moves has somewhere to go, and something to do
// there that it can begin at any time.
func (v *validator) mobile(m *Mobile) {
	v.oneOf("adversary.mobile.prey", m.Prey, preys)
	if m.Held.Hi == 0 {
		return
	}
	a := &v.spec.Adversary
	v.require(v.system == membershipSystem || v.system == epochsSystem, "adversary.mobile", "it moves with the epochs, and %s has none; use membership or epochs", v.system.name)
	v.require(m.Spells.Lo >= 1 && m.Spells.Hi <= maxSpells, "adversary.mobile.spells", "there are 1 to %d", maxSpells)
	v.require(m.Lasts.Lo > 0, "adversary.mobile.lasts", "a spell takes a time above zero")
	v.require(m.Until.Lo > 0, "adversary.mobile.until", "say when it has let go of the last server")
	v.require(m.Loses.Hi <= million, "adversary.mobile.loses", "a probability is at most 100%%")
	v.require(m.Loses.Hi == 0 || v.system == epochsSystem, "adversary.mobile.loses", "servers of %s have no objects to lose; use epochs", v.system.name)
	v.require(len(a.Strategies) > 0, "adversary.strategies", "who takes servers over needs at least one strategy")
	for i, text := range a.Strategies {
		parsed, _ := parseStrategies(text)
		for _, s := range parsed {
			v.require(!adversary.FromBirth(s), fmt.Sprintf("adversary.strategies.%d", i), "%s needs the machine as it was born, and whoever takes a server over later has it no more", s.Name())
		}
	}
}

// strategies checks that each can be used, and against this protocol.
func (v *validator) strategies(path string, texts []string) {
	for i, text := range texts {
		at := fmt.Sprintf("%s.%d", path, i)
		parsed, err := parseStrategies(text)
		v.require(err == nil, at, "%v", err)
		for _, strategy := range parsed {
			if _, ok := adversary.InGroups(strategy); ok && v.system == dbftSystem {
				continue
			}
			for _, spec := range adversary.Strategies() {
				usable := spec.Name != strategy.Name() || spec.Protocol == "" || spec.Protocol == v.spec.System.Protocol || slices.Contains(v.system.akin, spec.Protocol)
				v.require(usable, at, "strategy %s is one against %s", spec.Name, spec.Protocol)
			}
		}
	}
}

func (v *validator) fault(path string, f *Fault) {
	names := make([]string, 0, len(faultKinds))
	for _, k := range faultKinds {
		names = append(names, k.name)
	}
	v.oneOf(path+".kind", f.Kind, names)
	v.require(f.Servers.Hi+f.Clients.Hi > 0, path, "a fault hits servers or clients: say how many")
	v.require(f.Kind != "filter" || len(f.Kinds) > 0, path+".kinds", "a filter names the kinds of message that it catches")
	v.require(f.Kind == "crash" || f.Kind == "wipe" || f.For.Lo > 0, path+".for", "it must end, or no operation would")
	v.require(v.spec.System.Protocol != "bftbc" || f.Clients.Hi == 0 || f.Kind != "crash" && f.Kind != "wipe", path+".clients",
		"clients of bftbc keep nothing on disk; one that crashes is blocked by the prepare that it has abandoned")
	for i, k := range f.Kinds {
		v.oneOf(fmt.Sprintf("%s.kinds.%d", path, i), k, v.system.kinds)
	}
}
