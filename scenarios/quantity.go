package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Quantities of a scenario are ranges: "3" is always three, "2..5" lets each seed
// draw. The low end is the calm one.
type (
	// Ints is a range of whole numbers: "4", "2..6".
	Ints struct{ Lo, Hi int64 }

	// Span is a range of durations: "5ms", "1ms..20ms".
	Span struct{ Lo, Hi time.Duration }

	// Rate is a range of probabilities or other shares in parts per million: "2%", "0%..0.5%", "300ppm".
	Rate struct{ Lo, Hi uint32 }
)

// ends splits a range into its two ends.
func ends(text string) (lo, hi string) {
	lo, hi, found := strings.Cut(text, "..")
	if !found {
		return text, text
	}
	return lo, hi
}

// UnmarshalText reads a range.
func (r *Ints) UnmarshalText(text []byte) error {
	lo, hi := ends(string(text))
	var err, err2 error
	r.Lo, err = strconv.ParseInt(lo, 10, 64)
	r.Hi, err2 = strconv.ParseInt(hi, 10, 64)
	if err != nil || err2 != nil || r.Lo < 0 || r.Hi < r.Lo {
		return fmt.Errorf("%q is neither a number from 0 (\"4\") nor a rising range (\"2..6\")", text)
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Ints) MarshalText() ([]byte, error) {
	return span(r.Lo, r.Hi, strconv.FormatInt(r.Lo, 10), strconv.FormatInt(r.Hi, 10))
}

// UnmarshalText reads a range.
func (s *Span) UnmarshalText(text []byte) error {
	lo, hi := ends(string(text))
	var err, err2 error
	s.Lo, err = time.ParseDuration(lo)
	s.Hi, err2 = time.ParseDuration(hi)
	if err == nil && err2 == nil && s.Hi > maxSpan {
		return fmt.Errorf("%q is longer than %v, the longest duration here", text, maxSpan)
	}
	if err != nil || err2 != nil || s.Lo < 0 || s.Hi < s.Lo {
		return fmt.Errorf("%q is neither a duration (\"5ms\") nor a rising range (\"1ms..20ms\")", text)
	}
	return nil
}

// maxSpan is so long that no run sees it and so short that no sum of times
// overflows.
const maxSpan = 87_600 * time.Hour

// MarshalText writes what UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) { return span(s.Lo, s.Hi, s.Lo.String(), s.Hi.String()) }

// UnmarshalText reads a range.
func (r *Rate) UnmarshalText(text []byte) error {
	lo, hi := ends(string(text))
	var ok, ok2 bool
	r.Lo, ok = parseRate(lo)
	r.Hi, ok2 = parseRate(hi)
	if !ok || !ok2 || r.Hi < r.Lo {
		return fmt.Errorf("%q is neither a probability (\"2%%\", \"300ppm\") nor a rising range (\"0%%..5%%\")", text)
	}
	return nil
}

// parseRate reads a percentage of at most four decimals, or parts per million.
// Everything stays an integer.
func parseRate(s string) (uint32, bool) {
	if ppm, ok := strings.CutSuffix(s, "ppm"); ok {
		n, err := strconv.ParseUint(ppm, 10, 32)
		return uint32(n), err == nil && n <= maxRate
	}
	percent, ok := strings.CutSuffix(s, "%")
	if !ok && s != "0" {
		return 0, false
	}
	whole, part, _ := strings.Cut(percent, ".")
	if len(part) > 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", 4-len(part)), 10, 32)
	return uint32(n), err == nil && n <= maxRate
}

const (
	million = 1_000_000
	maxRate = 10 * million // a deviation may exceed 1; a probability is checked where it is used
)

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	return span(r.Lo, r.Hi, formatRate(r.Lo), formatRate(r.Hi))
}

func formatRate(ppm uint32) string {
	if ppm%100 != 0 {
		return fmt.Sprintf("%dppm", ppm)
	}
	return strconv.FormatFloat(float64(ppm)/10000, 'f', -1, 64) + "%"
}

func span[T comparable](lo, hi T, loText, hiText string) ([]byte, error) {
	if lo == hi {
		return []byte(loText), nil
	}
	return []byte(loText + ".." + hiText), nil
}
