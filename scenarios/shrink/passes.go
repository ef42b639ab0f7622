package shrink

import (
	"iter"
	"slices"

	"turncoat/sim"
)

// pass is one way to make a list smaller.
type pass struct {
	name string
	run  func(s *search)
}

// quick are the passes that take away, in the order in which they are tried. What
// makes runs short comes first, so that the rest is quick.
var quick = []pass{
	{"shorten the run", shorten},
	{"drop whole kinds", dropKinds},
	{"drop operations", dropOperations},
	{"drop lies", dropChoices(sim.Lie)},
	{"drop faults", dropChoices(sim.Fault)},
	{"calm the network", calmNetwork},
	{"drop lies", dropChoices(sim.Lie)},
	{"drop loss, duplicates and corruption", dropChoices(sim.Loss, sim.Duplicate, sim.Corrupt)},
	{"calm delays", dropChoices(sim.Delay)},
	{"drop operations", dropOperations},
	{"drop sizes", drop(isSize)},
	{"drop pauses", drop(isPause)},
}

// thorough are all passes: to those that take away they add the ones that put
// something simpler in the place of what is left.
var thorough = append(slices.Clone(quick), []pass{
	{"push one delay", pushDelay},
	{"rename servers", rename},
	{"search afresh", searchAfresh},
	{"round values", roundValues},
	{"renumber", renumber},
	{"lower values", lowerValues},
}...)

// cutDown goes through passes until they change nothing, or have cost so many events,
// if that is not 0.
func (s *search) cutDown(passes []pass, events uint64) {
	if events > 0 {
		s.most = s.events + events
		defer func() { s.most = 0 }()
	}
	for smaller := true; smaller; {
		before := s.best.size
		for _, p := range passes {
			if s.pass = p.name; s.over() {
				return
			}
			p.run(s)
		}
		smaller = s.best.size.Compare(before) < 0
	}
}

// dropChoices removes decisions of some kinds.
func dropChoices(kinds ...sim.Choice) func(*search) {
	return drop(func(d *sim.Decision) bool { return isOneOf(d, kinds) })
}

// drop removes the decisions of which is is true.
func drop(is func(*sim.Decision) bool) func(*search) {
	return func(s *search) {
		s.minimise(func(t *trial) []int { return places(t.list, is) },
			func(t *trial, gone []int) [][]sim.Decision { return [][]sim.Decision{remove(t.list, gone)} })
	}
}

// dropOperations removes operations, the last ones first, which shortens the run;
// those that stay keep their moments or, failing that, move up.
func dropOperations(s *search) {
	s.minimise((*trial).operations, func(t *trial, gone []int) [][]sim.Decision {
		return [][]sim.Decision{t.without(gone, true), t.without(gone, false)}
	})
}

// minimise removes as many as it can of the decisions that among returns: all of
// them, then ever smaller runs of neighbours, from the end, until none of them can
// go by itself. ways returns the lists in which some of them are gone.
func (s *search) minimise(among func(*trial) []int, ways func(t *trial, gone []int) [][]sim.Decision) {
	for chunk := len(among(s.best)); chunk > 0; chunk /= 2 {
		end := len(among(s.best))
		for end > 0 {
			at, t := among(s.best), s.best
			end = min(end, len(at))
			var ends []int // by candidate: where its chunk begins
			i := s.first(func(yield func([]sim.Decision) bool) {
				for to := end; to > 0; to -= chunk {
					from := max(to-chunk, 0)
					for _, list := range ways(t, at[from:to]) {
						ends = append(ends, from)
						if !yield(list) {
							return
						}
					}
				}
			})
			if i < 0 {
				break
			}
			end = ends[i]
		}
		if s.over() {
			return
		}
	}
}

// calmNetwork tries what is quick when most delays do not matter: all of them calm,
// then only the longest kept, as they are or all alike.
func calmNetwork(s *search) {
	s.first(func(yield func([]sim.Decision) bool) {
		yield(remove(s.best.list, places(s.best.list, isDelay)))
	})
	t := s.best
	lengths := delays(t.list)
	s.first(func(yield func([]sim.Decision) bool) {
		for keep := 1; keep < len(lengths); keep += 1 + keep/4 {
			least := lengths[len(lengths)-keep]
			for _, late := range append([]int64{0}, lateness...) {
				if !yield(onlyLate(t.list, least, late)) {
					return
				}
			}
		}
	})
}

// lateness are lengths of delay, ns, that make a message late for whatever it might
// have been in time for.
var lateness = []int64{20_000_000, 100_000_000, 1_000_000_000}

// onlyLate keeps the delays of at least a length, and makes them late if late > 0.
func onlyLate(list []sim.Decision, least, late int64) []sim.Decision {
	out := make([]sim.Decision, 0, len(list))
	for _, d := range list {
		if isDelay(&d) {
			if d.Value < least {
				continue
			}
			if late > 0 {
				d.Value = late
			}
		}
		out = append(out, d)
	}
	return out
}

// pushDelay makes one message later so that others need not be delayed.
func pushDelay(s *search) {
	const most = 40 // the pairs are too many to try beyond that
	if len(delays(s.best.list)) > most {
		return
	}
	for s.first(pushed(s.best.list)) >= 0 {
	}
}

func pushed(list []sim.Decision) iter.Seq[[]sim.Decision] {
	at := places(list, isDelay)
	return func(yield func([]sim.Decision) bool) {
		for _, late := range lateness {
			for _, i := range at {
				for _, j := range at {
					if i == j {
						continue
					}
					out := slices.Clone(list)
					out[i].Value = late
					if !yield(slices.Delete(out, j, j+1)) {
						return
					}
				}
			}
		}
	}
}

func isOneOf(d *sim.Decision, kinds []sim.Choice) bool { return slices.Contains(kinds, d.Choice) }

func isDelay(d *sim.Decision) bool { return d.Choice == sim.Delay }

// delays returns the lengths of all delays, rising.
func delays(list []sim.Decision) []int64 {
	var out []int64
	for i := range list {
		if isDelay(&list[i]) {
			out = append(out, list[i].Value)
		}
	}
	slices.Sort(out)
	return out
}

// places returns where the decisions are of which is is true.
func places(list []sim.Decision, is func(*sim.Decision) bool) []int {
	var at []int
	for i := range list {
		if is(&list[i]) {
			at = append(at, i)
		}
	}
	return at
}
