package shrink

import (
	"slices"

	"turncoat/sim"
)

// roundValues makes the times that remain easy to read: all at once to a grid, then
// one by one to fewer digits or to a value that another has.
func roundValues(s *search) {
	for _, grid := range []int64{100_000_000, 50_000_000, 10_000_000, 5_000_000, 1_000_000, 100_000} {
		t := s.best
		s.first(func(yield func([]sim.Decision) bool) {
			yield(mapTimes(t.list, func(v int64) int64 { return (v + grid - 1) / grid * grid }))
		})
	}
	s.each(isTime, func(list []sim.Decision, v int64) []int64 {
		var out []int64
		for unit := int64(1_000_000); unit < v; unit *= 10 {
			out = append(out, unit, 2*unit, 5*unit)
		}
		for unit := int64(1_000_000_000); unit >= 1000; unit /= 10 {
			out = append(out, v/unit*unit, (v+unit-1)/unit*unit)
		}
		for i := range list {
			if isTime(&list[i]) {
				out = append(out, list[i].Value)
			}
		}
		return out
	})
}

// lowerValues makes numbers that are not times small.
func lowerValues(s *search) {
	s.each(func(d *sim.Decision) bool { return !isTime(d) }, func(_ []sim.Decision, v int64) []int64 {
		return []int64{1, v / 2, v - 1}
	})
}

// each tries other values for each decision of a kind, together with those that
// have the same and by itself, as long as that helps.
func (s *search) each(is func(*sim.Decision) bool, values func(list []sim.Decision, v int64) []int64) {
	for {
		t := s.best
		i := s.first(func(yield func([]sim.Decision) bool) {
			for _, at := range places(t.list, is) {
				for _, v := range values(t.list, t.list[at].Value) {
					if v == t.list[at].Value || v < 0 {
						continue
					}
					old := t.list[at]
					alike := mapValues(t.list, func(d *sim.Decision) bool {
						return is(d) && d.Value == old.Value && (d.Choice == old.Choice || isTime(d))
					}, v)
					alone := slices.Clone(t.list)
					alone[at].Value = v
					if !yield(alike) || !yield(alone) {
						return
					}
				}
			}
		})
		if i < 0 {
			return
		}
	}
}

// isTime reports whether the value of d is a time.
func isTime(d *sim.Decision) bool {
	return isDelay(d) || isPause(d) || d.Choice == sim.Duplicate || d.Choice == sim.Fault
}

// mapValues sets some values.
func mapValues(list []sim.Decision, which func(*sim.Decision) bool, v int64) []sim.Decision {
	out := slices.Clone(list)
	for i := range out {
		if which(&out[i]) {
			out[i].Value = v
		}
	}
	return out
}

// mapTimes changes all times.
func mapTimes(list []sim.Decision, f func(int64) int64) []sim.Decision {
	out := slices.Clone(list)
	for i := range out {
		if isTime(&out[i]) {
			out[i].Value = f(out[i].Value)
		}
	}
	return out
}
