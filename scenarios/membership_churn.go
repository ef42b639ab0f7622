package scenarios

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

// This file models churn: servers that come and go without a word, each present for a
// session and away for a while; several that fail together; and many that join at once.
// Sessions are exponential, or Weibull of a shape below 1: most are short, and whoever
// has stayed long stays longer. Stutzbach and Rejaie (Understanding Churn in Peer-to-Peer
// Networks, IMC 2006) found session lengths not to be exponential, and a large part of the
// peers stable while the others turn over quickly.
//
// The servers that run the service at first are stable, and it does not move: a replica
// that goes away counts as faulty. Left out: the time of day, and sessions of one peer that
// resemble each other.

// Sessions says how servers come and go. Times are virtual.
type Sessions struct {
	Roving  Ints   `yaml:"roving"`   // how many servers come and go, the last ones
	Preset  string `yaml:"preset"`   // a published measurement, that says what the median is
	Faster  Ints   `yaml:"faster"`   // with a preset: how many times faster all goes than it was measured
	Median  Span   `yaml:"median"`   // without: of a session
	Tail    Ints   `yaml:"tail"`     // 1: exponential; 2, 3: Weibull of shape 1/2, 1/3
	Absence Span   `yaml:"absence"`  // between two sessions
	Clump   Ints   `yaml:"clump"`    // so many of them come and go together; not given: each by itself
	Ends    Span   `yaml:"ends"`     // when they have come back for good
	Flash   Ints   `yaml:"flash"`    // servers that are no members and join at once
	FlashAt Span   `yaml:"flash-at"` // when
}

// preset is a published measurement of sessions. Only the median is taken from it: the
// studies agree on no law.
type preset struct {
	name, source string
	median       time.Duration
}

// presets are the medians that Rhea, Geels, Roscoe and Kubiatowicz (Handling Churn in a
// DHT, USENIX 2004) list of what was measured in file-sharing systems.
var presets = []preset{
	{"gnutella-2002", "Saroiu, Gummadi and Gribble, A Measurement Study of Peer-to-Peer File Sharing Systems, MMCN 2002", 60 * time.Minute},
	{"overnet-2003", "Bhagwan, Savage and Voelker, Understanding Availability, IPTPS 2003", 60 * time.Minute},
	{"kazaa-2003", "Gummadi, Dunn, Saroiu, Gribble, Levy and Zahorjan, Measurement, Modeling, and Analysis of a Peer-to-Peer File-Sharing Workload, SOSP 2003", 144 * time.Second},
}

func presetNames() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// sessions draws when servers go away and come back, and when all are back.
func (r *run) sessions() (strikes []sim.Strike, back time.Duration) {
	p := &r.spec.System.Membership.Sessions
	roving := r.int("system.membership.sessions.roving", p.Roving)
	if roving == 0 {
		return nil, 0
	}
	median, tail := r.span("system.membership.sessions.median", p.Median), r.int("system.membership.sessions.tail", p.Tail)
	if i := slices.Index(presetNames(), p.Preset); i >= 0 {
		median = presets[i].median / time.Duration(r.int("system.membership.sessions.faster", p.Faster))
	}
	clump, ends := max(1, r.int("system.membership.sessions.clump", p.Clump)), r.span("system.membership.sessions.ends", p.Ends)
	for first := r.servers - roving; first < r.servers; first += clump {
		at := time.Duration(0)
		for j := uint32(0); ; j++ {
			key := sim.Key{Choice: sim.Fault, Actor: int32(first), Peer: -1, Label: "session", Index: j}
			length := r.Decide(key, 0, func(word uint64) int64 { return 1 + session(word, int64(median), tail) })
			if at += time.Duration(length); length == 0 || at >= ends {
				break
			}
			away := time.Duration(r.between(fmt.Sprintf("system.membership.sessions.absence.%d", first), int(j), int64(p.Absence.Lo), int64(p.Absence.Hi)))
			end := min(at+away, ends)
			for server := first; server < min(first+clump, r.servers); server++ {
				id := protocol.NodeID(server)
				strikes = append(strikes, sim.Strike{At: at, Act: sim.Crash, Node: id}, sim.Strike{At: end, Act: sim.Restart, Node: id})
			}
			at, back = end, max(back, end)
		}
	}
	return strikes, back
}

// fraction is how many bits stand after the point in the numbers below. All arithmetic is
// on integers, so that every machine draws the same.
const fraction = 16

// session maps a random word to a session: the median times the tail-th power of -log2 of
// a uniform variate, which is an exponential one with the median 1.
func session(word uint64, median int64, tail int) int64 {
	x := uint64(64<<fraction) - binaryLog(word|1)
	length := uint64(median)
	for range tail {
		hi, lo := bits.Mul64(length, x)
		if hi >= 1<<(fraction-2) {
			return int64(maxSpan)
		}
		length = hi<<(64-fraction) | lo>>fraction
	}
	return int64(min(length, uint64(maxSpan)))
}

// binaryLog returns log2 v of v > 0, bit by bit: the square of a number of 1 to 2 is
// above 2 where the next bit of its logarithm is one.
func binaryLog(v uint64) uint64 {
	whole := bits.Len64(v) - 1
	out := uint64(whole)
	v <<= 63 - whole
	for range fraction {
		hi, lo := bits.Mul64(v, v)
		out <<= 1
		if hi>>63 == 1 {
			out, v = out|1, hi
		} else {
			v = hi<<1 | lo>>63
		}
	}
	return out
}

// flash draws how many servers join at once, and when.
func (c *community) flash(p *Sessions, initial int) (int, time.Duration) {
	return min(c.int("system.membership.sessions.flash", p.Flash), c.servers-initial), c.span("system.membership.sessions.flash-at", p.FlashAt)
}

// flashed returns the k-th of the orders by which servers join at once, if that is one.
func (o *orders) flashed(k uint32) (op protocol.Operation, after time.Duration, ok bool) {
	server := o.config.View.Genesis.Len() + int(k)
	if !o.Chance(sim.Key{Choice: sim.Work, Peer: -1, Label: "flash", Index: k}, million) || o.member[server] {
		return op, 0, false
	}
	if k == 0 {
		after = o.flashAt
	}
	op = protocol.Operation{Seq: k, Kind: protocol.Write, Object: o.ids[server], Value: o.order(k, server, true, 0)}
	return op, after, true
}

// sessions checks that servers can come and go as is said.
func (v *validator) sessions() {
	const path = "system.membership.sessions"
	s := v.spec
	p := &s.System.Membership.Sessions
	if p.Roving.Hi == 0 && p.Flash.Hi == 0 {
		return
	}
	stable := max(s.System.Servers.Lo, 3*s.System.F.Hi+1) - p.Roving.Hi
	v.require(v.system == membershipSystem || v.system == epochsSystem, path, "servers come and go in membership and epochs, not in %s", v.system.name)
	v.require(stable >= 3*s.System.F.Hi+1, path+".roving", "of %d servers the 3f+1 that run the service stay, so at most %d come and go", s.System.Servers.Lo, s.System.Servers.Lo-3*s.System.F.Hi-1)
	v.require(p.Flash.Hi == 0 || p.FlashAt.Lo > 0, path+".flash-at", "say when they join")
	if p.Roving.Hi == 0 {
		return
	}
	v.require(s.System.Membership.Move.Hi == 0, path+".roving", "the service must not move, or it moves to servers that go away; set move: 0")
	v.require(p.Tail.Lo >= 1 && p.Tail.Hi <= 3, path+".tail", "1 is exponential, 2 and 3 are Weibull of shape 1/2 and 1/3")
	v.require(p.Ends.Lo > 0, path+".ends", "say when all have come back")
	v.require(p.Absence.Lo > 0, path+".absence", "between two sessions there is a time")
	if p.Preset == "" {
		v.require(p.Median.Lo > 0, path+".median", "say how long a session is, or which measurement says it: preset")
		return
	}
	v.oneOf(path+".preset", p.Preset, presetNames())
	v.require(p.Faster.Lo >= 1, path+".faster", "say how many times faster than measured all goes")
	v.require(p.Median.Hi == 0, path+".median", "the preset says it")
}
