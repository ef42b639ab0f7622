package results

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// fewTicks is the default ticks, with a label at each that can hold one.
type fewTicks struct{}

// Ticks implements plot.Ticker: about five labels at multiples of 1, 2 or 5.
func (fewTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return []plot.Tick{{Value: lo, Label: short(lo)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, m := range []float64{2, 2.5, 2} {
		if (hi-lo)/step > 6 {
			step *= m
		}
	}
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi*(1+1e-9)+1e-12; i++ {
		v := i*step + 0 // and no negative zero
		out = append(out, plot.Tick{Value: v, Label: short(v)})
	}
	return out
}

// logTicks marks every power of ten and labels it, with the twos and fives when
// there is less than two decades to see, and only some of the powers when there are
// many.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	decades := math.Log10(hi / lo)
	each := int(math.Ceil(decades / 6))
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < lo*0.999 || v > hi*1.001 || each > 1 && m > 1 {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 && int(e)%each == 0 || decades <= 2 && (m == 2 || m == 5) {
				t.Label = short(v)
			}
			out = append(out, t)
		}
	}
	return out
}

// short writes a number in few characters: 20000 as 20k.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + "M"
	case a >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 4, 64) + "k"
	case a > 0 && a < 1e-3:
		return strconv.FormatFloat(v, 'f', 1-int(math.Floor(math.Log10(a))), 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
