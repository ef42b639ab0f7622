package museum

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/scenarios/shrink"
)

// Figures say what it takes to find an exhibit and to make it small. They are taken
// once and kept with it.
type Figures struct {
	Searches int      `yaml:"searches" json:"searches"` // each over seeds of its own
	Found    int      `yaml:"found" json:"found"`       // of them
	Seeds    float64  `yaml:"seeds" json:"seeds"`       // that a search took, the median; in vain counts as one more than the most
	Chance   Interval `yaml:"chance" json:"chance"`     // that one schedule shows it, with Wilson's 95 % interval
	Before   int      `yaml:"before" json:"before"`     // decisions of the first finding
	After    int      `yaml:"after" json:"after"`       // of the same, shrunk
	Runs     int      `yaml:"runs" json:"runs"`         // that this took
	Shrink   float64  `yaml:"shrink" json:"shrink"`     // and how many seconds of wall time
}

// Interval is an estimate with its 95 % interval.
type Interval struct {
	Value float64 `yaml:"value" json:"value"`
	Lo    float64 `yaml:"lo" json:"lo"`
	Hi    float64 `yaml:"hi" json:"hi"`
}

const (
	// Searches is how many searches the figures of an exhibit rest on.
	Searches = 20
	// Most is how many seeds a search may take.
	Most = 2000
	// longest is how long shrinking for the figures may take: what is found by then counts.
	longest = 4 * time.Minute
)

// Measure takes the figures of an exhibit. An exhibit that no search finds has no
// sizes.
func (e *Exhibit) Measure(jobs int) (*Figures, error) {
	spec, err := e.spec()
	if err != nil {
		return nil, err
	}
	f := &Figures{Searches: Searches}
	var seeds []float64
	runs := 0
	for i := range uint64(Searches) {
		seed, tried, err := e.find(spec, i*Most, Most, jobs)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, float64(tried))
		runs += int(min(tried, Most))
		if tried > Most {
			continue
		}
		if f.Found++; f.Found > 1 {
			continue
		}
		small, err := e.small(spec, seed, shrink.Options{Jobs: jobs, For: longest})
		if err != nil {
			return nil, err
		}
		f.Before, f.After, f.Runs = small.Before.Total(), small.After.Total(), small.Runs
		f.Shrink = rounded(small.Wall.Seconds())
	}
	slices.Sort(seeds)
	f.Seeds = (seeds[len(seeds)/2] + seeds[(len(seeds)-1)/2]) / 2
	p := results.Proportion(f.Found, runs)
	f.Chance = Interval{rounded(p.Value), rounded(p.Lo), rounded(p.Hi)}
	return f, nil
}

// rounded keeps three digits.
func rounded(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64) // always a number
	return v
}

func (e *Exhibit) options(seed uint64) scenarios.Options {
	return scenarios.Options{Seed: seed, Suite: auth.Ideal, Lift: e.lifted()}
}

// find returns the first seed from from on that fails as labelled and how many were
// tried until then, or one more than most.
func (e *Exhibit) find(spec *scenarios.Spec, from, most uint64, jobs int) (seed, tried uint64, err error) {
	step := uint64(max(jobs, 1))
	for at := uint64(0); at < most; at += step {
		reports, err := together(step, func(i uint64) (*scenarios.Report, error) {
			return scenarios.Guarded(spec, e.options(from+at+i), spec.Patience())
		})
		if err != nil {
			return 0, 0, err
		}
		for i, rep := range reports {
			if n := at + uint64(i); n < most && rep.Verdict == e.Verdict && rep.Property == e.Property {
				return from + n, n + 1, nil
			}
		}
	}
	return 0, most + 1, nil
}

// small returns a finding made small.
func (e *Exhibit) small(spec *scenarios.Spec, seed uint64, o shrink.Options) (*shrink.Result, error) {
	rep, err := scenarios.Run(spec, e.options(seed))
	if err != nil {
		return nil, err
	}
	a, err := scenarios.NewArtifact(spec, e.options(seed), rep)
	if err != nil {
		return nil, err
	}
	return shrink.Shrink(a, o)
}

// together does n runs at a time and returns their reports in order.
func together(n uint64, run func(i uint64) (*scenarios.Report, error)) ([]*scenarios.Report, error) {
	reports, errs := make([]*scenarios.Report, n), make([]error, n)
	var jobs sync.WaitGroup
	for i := range n {
		jobs.Go(func() { reports[i], errs[i] = run(i) })
	}
	jobs.Wait()
	return reports, errors.Join(errs...)
}
