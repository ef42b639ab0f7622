package experiment

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"turncoat/results"
)

// What the figures claim about growth is held here: a change that makes a protocol
// chattier than claimed fails.
func TestGrowthIsAsClaimed(t *testing.T) {
	all, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	claims := 0
	for _, s := range all {
		if len(s.Growth) == 0 {
			continue
		}
		f, _, err := Compute(s, Options{Quick: true, Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range s.Growth {
			claims++
			lo, hi := number(t, g.Range[0]), number(t, g.Range[1])
			for _, c := range f.Series {
				if c.Label != g.Series {
					continue
				}
				if b := results.Exponent(c.Points); b < lo || b > hi {
					t.Errorf("%s: %s grows like n^%.2f, claimed n^%v to n^%v", s.Name, c.Label, b, lo, hi)
				}
			}
		}
	}
	if claims == 0 {
		t.Fatal("no figure claims any growth")
	}
}

func number(t *testing.T, text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestComputedTwiceAndFromTheCacheIsTheSame(t *testing.T) {
	specs, err := Find([]string{"messages"})
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	var tables [3]bytes.Buffer
	for i, o := range []Options{{Quick: true, Jobs: 1}, {Quick: true, Jobs: 2, Cache: cache}, {Quick: true, Cache: cache}} {
		f, p, err := Compute(specs[0], o)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Points) == 0 || p.Code == "" || p.Points[0].Runs == "" {
			t.Fatal("the provenance is not complete")
		}
		if err := f.WriteCSV(&tables[i]); err != nil {
			t.Fatal(err)
		}
	}
	if tables[0].String() != tables[1].String() || tables[0].String() != tables[2].String() {
		t.Fatal("the data depends on the number of jobs or on the cache")
	}
}

func TestBadExperiments(t *testing.T) {
	good := "name: x\nmeasure: latency-ms\nseeds: 2\nquick: 1\nseries: [{label: a, scenario: static-calm, set: [clients=1]}]\n"
	if _, err := Decode("x.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		"latency-ms=latncy-ms":    `did you mean "latency-ms"?`,
		"static-calm=static-clam": `did you mean "static-calm"?`,
		"clients=1=clints=1":      `did you mean "clients"?`,
		"seeds: 2=seds: 2":        `x.yaml:3: there is no field "seds": did you mean "seeds"?`,
		"quick: 1=quick: 0":       "seeds, quick and series must be given",
	} {
		from, to, _ := strings.Cut(change, "=")
		if strings.HasPrefix(change, "clients") {
			from, to = "clients=1", "clints=1"
		}
		_, err := Decode("x.yaml", []byte(strings.Replace(good, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", change, err, want)
		}
	}
	if _, err := Find([]string{"mesages"}); err == nil || !strings.Contains(err.Error(), `did you mean "messages"?`) {
		t.Errorf("unknown figure: %v", err)
	}
}
