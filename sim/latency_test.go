package sim

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The words and delays of a seed are part of what an artifact means. Whoever
// changes these numbers makes old seeds mean other runs.
func TestStreamsAndDelaysAreWhatTheyWere(t *testing.T) {
	s := newStream(42, "network")
	link := s.child(3, 7)
	for i, c := range []struct{ got, want uint64 }{
		{s.at(0), 0x1be187d197f56983},
		{s.at(1), 0xbced8c1a5d9915cb},
		{link.at(0), 0x3c56136e3031da2d},
		{link.at(1 << 31), 0x68fd81e15920e0ac},
		{newStream(43, "network").at(0), 0x61efe57049b5057e},
		{s.child(7, 3).at(0), 0x5d3cf56e82361620},
	} {
		if c.got != c.want {
			t.Errorf("word %d is %#x, was %#x", i, c.got, c.want)
		}
	}
	for i, c := range []struct {
		latency Latency
		want    [3]int64
	}{
		{Latency{Shape: Constant, Base: ms}, [3]int64{1_000_000, 1_000_000, 1_000_000}},
		{Latency{Shape: Uniform, Base: ms, Spread: 4 * ms}, [3]int64{1942753, 1292730, 1796613}},
		{Latency{Shape: LogNormal, Base: ms, Sigma: 500_000}, [3]int64{967475, 948028, 584136}},
		{Latency{Shape: Normal, Base: ms, Spread: ms / 4}, [3]int64{983483, 973324, 731198}},
	} {
		for j, want := range c.want {
			if got := c.latency.draw(link.at(uint32(j))); got != want {
				t.Errorf("delay %d of shape %d is %d, was %d", j, i, got, want)
			}
		}
	}
}

// Mean and deviation of 100,000 draws, against those of the distribution.
func TestDelaysHaveTheirMoments(t *testing.T) {
	const n = 100_000
	sigma := 0.5
	for name, c := range map[string]struct {
		latency         Latency
		mean, deviation float64 // of ms
	}{
		"constant":   {Latency{Base: ms}, 1, 0},
		"uniform":    {Latency{Shape: Uniform, Base: ms, Spread: 4 * ms}, 3, 4 / math.Sqrt(12)},
		"normal":     {Latency{Shape: Normal, Base: 10 * ms, Spread: ms}, 10, 1},
		"log-normal": {Latency{Shape: LogNormal, Base: 10 * ms, Sigma: 500_000}, 10 * math.Exp(sigma*sigma/2), 10 * math.Exp(sigma*sigma/2) * math.Sqrt(math.Exp(sigma*sigma)-1)},
	} {
		s := newStream(7, name)
		sum, squares := 0.0, 0.0
		below := 0
		for i := range uint32(n) {
			v := c.latency.draw(s.at(i))
			if v < 0 {
				t.Fatalf("%s: a delay of %d", name, v)
			}
			if v < int64(c.latency.Base) {
				below++
			}
			x := float64(v) / float64(ms)
			sum, squares = sum+x, squares+x*x
		}
		mean := sum / n
		deviation := math.Sqrt(max(squares/n-mean*mean, 0))
		if math.Abs(mean-c.mean) > c.mean/100 || math.Abs(deviation-c.deviation) > c.deviation/50+1e-6 {
			t.Errorf("%s: mean %.4f and deviation %.4f, want %.4f and %.4f", name, mean, deviation, c.mean, c.deviation)
		}
		if c.latency.Shape >= LogNormal && (below < n*48/100 || below > n*52/100) {
			t.Errorf("%s: %d of %d below the median", name, below, n)
		}
	}
}

func TestScaleExpAgainstTheRealExponential(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(1, 1<<62).Draw(t, "base")
		x := rapid.Int64Range(-20*one, 20*one).Draw(t, "x")
		got := scaleExp(base, x)
		exact := float64(base) * math.Exp(min(max(float64(x)/one, -16), 16))
		want := min(exact, 1<<62)
		if math.Abs(float64(got)-want) > want/2000+2 {
			t.Fatalf("%d·e^(%d/65536) is %d, want %.0f", base, x, got, want)
		}
	})
}

// The reading of a clock, in numbers that do not overflow.
func reading(c Clock, t int64) *big.Int {
	r := big.NewInt(t)
	r.Mul(r, big.NewInt(million+c.DriftPPM))
	r.Quo(r, big.NewInt(million))
	return r.Add(r, big.NewInt(int64(c.Offset)))
}

func TestClockAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Clock{
			Offset:   time.Duration(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "offset")),
			DriftPPM: rapid.Int64Range(-200_000, 200_000).Draw(t, "drift"),
		}
		now := rapid.Int64Range(0, 1<<60).Draw(t, "now")
		off := new(big.Int).Sub(big.NewInt(int64(c.read(now))), reading(c, now))
		if off.CmpAbs(big.NewInt(1)) > 0 {
			t.Fatalf("at %d a clock %+v reads %d, want %v", now, c, c.read(now), reading(c, now))
		}
		if c.read(now+1) < c.read(now) {
			t.Fatalf("a clock %+v goes back at %d", c, now)
		}
		d := time.Duration(rapid.Int64Range(-1, 1<<62).Draw(t, "wait"))
		at := c.after(now, d)
		exact := new(big.Int).Mul(big.NewInt(max(int64(d), 0)), big.NewInt(million))
		exact.Quo(exact, big.NewInt(million+c.DriftPPM))
		exact.Add(exact, big.NewInt(now))
		if at == never {
			if exact.Cmp(big.NewInt(horizon)) < 0 {
				t.Fatalf("a wait of %d from %d never ends, though it should at %v", d, now, exact)
			}
			return
		}
		if exact.Sub(exact, big.NewInt(at)).CmpAbs(big.NewInt(4)) > 0 {
			t.Fatalf("a wait of %d from %d ends at %d, which is off by %v", d, now, at, exact)
		}
		if at >= horizon {
			return // no drift: such a clock is exact, but its reading may not be a number any more
		}
		if c.read(at).Sub(c.read(now)) < d {
			t.Fatalf("a wait of %d from %d ends at %d: early by its own clock", d, now, at)
		}
		if at > now && c.read(at-1).Sub(c.read(now)) >= max(d, 0) {
			t.Fatalf("a wait of %d from %d could end before %d", d, now, at)
		}
	})
}

func TestAClockFarFromTrueWaitsForEver(t *testing.T) {
	for _, c := range []Clock{{DriftPPM: -999_999}, {DriftPPM: million}, {}} {
		if at := c.after(5, 1<<63-1); at != never {
			t.Errorf("%+v: a wait of 292 years ends at %d", c, at)
		}
	}
}
