package sim

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
)

// Choice says what a decision is about.
type Choice uint8

// The kinds of decision, in the order in which a reader wants them gone: lies
// first, then faults, then the network's mischief, then the workload.
const (
	Lie       Choice = iota + 1 // a strategy departs from the truth
	Fault                       // a crash, partition or the like, and when
	Loss                        // a message is lost
	Duplicate                   // a message arrives a second time, after that many ns
	Corrupt                     // a bit of a message is flipped: its number plus one
	Delay                       // how long a message travels, or a timer runs, ns
	Work                        // what a client does (1 + twice the object's number, + 1 to change it), or how long it thinks before, ns
	Size                        // a number that a scenario leaves open
)

var choices = [...]string{Lie: "lie", Fault: "fault", Loss: "loss", Duplicate: "duplicate", Corrupt: "corrupt", Delay: "delay", Work: "work", Size: "size"}

func (c Choice) String() string {
	if c < Lie || c > Size {
		return "unknown"
	}
	return choices[c]
}

// ParseChoice inverts String.
func ParseChoice(s string) (Choice, error) {
	for c := Lie; c <= Size; c++ {
		if choices[c] == s {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%q is not a kind of decision (%s)", s, strings.Join(choices[Lie:], ", "))
}

// Key is the semantic identity of a decision: what about, who, toward whom, which
// of theirs. It is not an event number, and it counts within one operation of a
// client, so it survives the removal of others and of whole operations.
type Key struct {
	Choice Choice
	Actor  int32  // the sending node, the lying node, the client, the number of the fault
	Peer   int32  // the receiving node, or -1
	Op     uint32 // 1 + the number of the client's operation in which it falls, 0 if in none
	Index  uint32 // which of these: the n-th send of Actor to Peer in Op, the n-th lie of this label in it
	Label  string // tells apart what one actor decides: "equivocate.read-reply", "think"
}

// Compare orders keys.
func (k Key) Compare(l Key) int {
	return cmp.Or(cmp.Compare(k.Choice, l.Choice), cmp.Compare(k.Actor, l.Actor), cmp.Compare(k.Peer, l.Peer),
		cmp.Compare(k.Label, l.Label), cmp.Compare(k.Op, l.Op), cmp.Compare(k.Index, l.Index))
}

func (k Key) String() string {
	s := fmt.Sprintf("%v %d", k.Choice, k.Actor)
	if k.Peer >= 0 {
		s += fmt.Sprintf("->%d", k.Peer)
	}
	if k.Label != "" {
		s += " " + k.Label
	}
	if k.Op > 0 {
		s += fmt.Sprintf(" op%d", k.Op-1)
	}
	return fmt.Sprintf("%s #%d", s, k.Index)
}

// Decision is one choice that shaped a schedule, when it was not the calm one.
type Decision struct {
	Key
	Value int64
}

// Decisions answers every choice of a run: from a seed, or from a list in which
// missing entries take the calm value (no fault, fixed delay, honest). It can
// keep what it answered; the list then repeats the run without the seed.
type Decisions struct {
	seed uint64
	list map[Key]int64 // nil when the seed decides; looked up only
	keep bool
	all  bool       // calm ones too
	lock sync.Mutex // guards kept: a watchdog reads it of a run that never returns
	kept []Decision
	turn Turn
}

// Turn is whose input a node is handling: what a strategy decides then is about it.
type Turn struct {
	Peer int32  // the node that sent the message in hand, or -1
	Op   uint32 // as in Key

	Event uint64 // its number
	At    int64  // virtual time
}

// Turn returns the turn of the input in hand.
func (d *Decisions) Turn() Turn { return d.turn }

// FromSeed returns the decisions of a seed. With keep set, Kept returns them.
func FromSeed(seed uint64, keep bool) *Decisions { return &Decisions{seed: seed, keep: keep} }

// FromList returns decisions that follow a list. The seed still names the keys and
// nonces of the run, and nothing else. Of two entries with one key the last counts.
func FromList(seed uint64, list []Decision) *Decisions {
	d := &Decisions{seed: seed, list: make(map[Key]int64, len(list)), keep: true}
	for _, e := range list {
		d.list[e.Key] = e.Value
	}
	return d
}

// KeepCalm lets Kept return what was decided calmly too: everything that was asked.
func (d *Decisions) KeepCalm() { d.keep, d.all = true, true }

// Seed returns the seed.
func (d *Decisions) Seed() uint64 { return d.seed }

// Kept returns what was decided other than calmly, in the order of decision. What was
// asked again, and so answered alike, is one decision.
func (d *Decisions) Kept() []Decision {
	d.lock.Lock()
	defer d.lock.Unlock()
	var out []Decision
	seen := make(map[Key]bool, len(d.kept)) // looked up only
	for _, k := range d.kept {
		if !seen[k.Key] {
			seen[k.Key] = true
			out = append(out, k)
		}
	}
	return out
}

// stream returns the random words of a name.
func (d *Decisions) stream(name string) stream { return newStream(d.seed, name) }

// plain reports whether a drawn value can be used as it is. The hot path asks it
// first and builds no Key.
func (d *Decisions) plain() bool { return d.list == nil && !d.keep }

// settle returns the value of a choice: what was drawn, or what the list says.
func (d *Decisions) settle(k Key, calm, drawn int64) int64 {
	v := drawn
	if d.list != nil {
		listed, ok := d.list[k]
		if !ok && !d.all {
			return calm
		}
		if v = calm; ok {
			v = listed
		}
	}
	if d.keep && (d.all || v != calm) {
		d.lock.Lock()
		d.kept = append(d.kept, Decision{k, v})
		d.lock.Unlock()
	}
	return v
}

// Draw settles a choice among lo..hi. A list that does not have it leaves calm,
// which need not be one of lo..hi: a fault that does not happen has no time. A
// listed value outside lo..hi is brought to the nearest end.
func (d *Decisions) Draw(k Key, lo, hi, calm int64) int64 {
	drawn := calm
	if d.list == nil {
		drawn = lo + int64(below(d.word(k), uint64(hi-lo+1)))
	}
	if v := d.settle(k, calm, drawn); v != calm {
		return min(max(v, lo), hi)
	}
	return calm
}

// Chance settles a choice that is yes with ppm parts per million, by default no.
func (d *Decisions) Chance(k Key, ppm uint32) bool {
	drawn := int64(0)
	if d.list == nil && hit(d.word(k), ppm) {
		drawn = 1
	}
	return d.settle(k, 0, drawn) != 0
}

// Decide settles a choice that is drawn from a distribution of its own: draw
// turns a random word into a value. A listed value is taken as it is.
func (d *Decisions) Decide(k Key, calm int64, draw func(word uint64) int64) int64 {
	drawn := calm
	if d.list == nil {
		drawn = draw(d.word(k))
	}
	return d.settle(k, calm, drawn)
}

// word returns the random word of a named choice.
func (d *Decisions) word(k Key) uint64 {
	return newStream(d.seed, k.Label).child(int32(k.Choice), k.Actor).child(k.Peer, int32(k.Op)).at(k.Index)
}
