package experiment

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// What the figures claim is held here, with drafts: a change that makes a protocol
// chattier than claimed fails.
func TestFiguresShowWhatTheyClaim(t *testing.T) {
	all, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	claims := 0
	for _, s := range all {
		if len(s.Claims) == 0 {
			continue
		}
		f, _, err := Compute(s, Options{Quick: true, Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, claim := range s.Claims {
			i := f.Find(claim.Series)
			if i < 0 || len(f.Series[i].Points) < 3 {
				t.Errorf("%s: the claim about %q says nothing", s.Name, claim.Series)
				continue
			}
			claims++
			hold(t, s.Name, &claim, f.Series[i].Points)
		}
	}
	if claims < 8 {
		t.Fatalf("only %d claims were held", claims)
	}
}

// hold checks one claim.
func hold(t *testing.T, figure string, claim *Assertion, points []results.Point) {
	if len(claim.Range) == 2 {
		lo, hi := number(t, claim.Range[0]), number(t, claim.Range[1])
		if b := results.Exponent(points); b < lo || b > hi {
			t.Errorf("%s: %s grows like x^%.2f, claimed x^%v to x^%v", figure, claim.Series, b, lo, hi)
		}
	}
	if claim.Log != "" {
		if slope, r2 := results.LogFit(points); slope <= 0 || r2 < number(t, claim.Log) {
			t.Errorf("%s: of %s, a line against log x of slope %.3g explains %.3f, claimed %s", figure, claim.Series, slope, r2, claim.Log)
		}
	}
	if claim.Bound != "" {
		most := points[0].Y
		for _, p := range points {
			most = max(most, p.Y)
		}
		if most != number(t, claim.Bound) {
			t.Errorf("%s: %s reaches %v, claimed %s", figure, claim.Series, most, claim.Bound)
		}
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

// Whoever lies, lies by the same rule in every form, and about as many as were asked for.
func TestShareOfLiars(t *testing.T) {
	for _, percent := range []int{0, 5, 30, 90} {
		p := spread{liars: percent}
		liars := 0
		for i := range 1000 {
			if p.lies(i) {
				liars++
			}
		}
		if liars < 10*percent-replicas || liars > 10*percent {
			t.Errorf("%d of 1000 lie, asked for %d percent", liars, percent)
		}
	}
}

// A dissemination without a settled form, or among liars alone, is refused.
func TestBadDisseminations(t *testing.T) {
	head := "name: x\ncompute: dissemination\ncolumns: [50 %]\nseeds: 1\nquick: 1\nx: {set: members, values: ['100']}\n"
	for series, want := range map[string]string{
		"[{set: [form=treee]}]":            `"treee" is none of tree, gossip, piggyback`,
		"[{set: [form=tree, liars=99]}]":   "at most 90 percent liars",
		"[{set: [form=tree, lairs=10]}]":   `no setting "lairs"`,
		"[{set: [form=tree, liars=many]}]": `"many"`,
	} {
		s, err := Decode("x.yaml", []byte(head+"series: "+series+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err = Compute(s, Options{Quick: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", series, err, want)
		}
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
		"label: a=label: ä":       "a PDF shows only ASCII right",
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

// The formula and the drawn rings are two ways to the same probability: of 27
// intervals of 95 percent, few may miss it.
func TestDrawnGroupsAgreeWithTheFormula(t *testing.T) {
	specs, err := Find([]string{"group-exceeds"})
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := Compute(specs[0], Options{Quick: true, Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	missed, compared := 0, 0
	for i := 0; i < len(f.Series); i += 2 {
		for _, drawn := range f.Series[i+1].Points {
			for _, formula := range f.Series[i].Points {
				if formula.X == drawn.X {
					compared++
					if formula.Y < drawn.Lo || formula.Y > drawn.Hi {
						missed++
					}
				}
			}
		}
	}
	if compared < 20 || missed > 4 {
		t.Fatalf("%d of %d intervals miss the formula", missed, compared)
	}
	if p := hypergeometricTail(10, 10, 4, 1); p < 0.999999 {
		t.Errorf("with all servers faulty every group is: %v", p)
	}
	if p := hypergeometricTail(4, 2, 4, 1); p < 0.999999 {
		t.Errorf("the group of all four servers has both faulty ones: %v", p)
	}
}

// When calm, a read is one round trip and a write is two.
func TestRoundTrips(t *testing.T) {
	spec, err := scenarios.Lookup("static-calm")
	if err != nil {
		t.Fatal(err)
	}
	sets := []string{"reach=", "clients=1", "content-hash=0", "network.latency.shape=constant", "network.latency.base=10ms"}
	if err := scenarios.Apply(spec, sets); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]float64{"read": 20, "write": 40} {
		watch := newStopwatch(kind)
		_, err := scenarios.Run(spec, scenarios.Options{Seed: 1, Suite: auth.Ideal, Observers: []sim.Observer{watch}})
		if err != nil {
			t.Fatal(err)
		}
		if len(watch.took) == 0 {
			t.Fatalf("no %s was measured", kind)
		}
		for _, ms := range watch.took {
			if ms != want {
				t.Errorf("a calm %s took %v ms, want %v", kind, ms, want)
			}
		}
	}
}

var redraw = flag.Bool("redraw", false, "draw the figures that are kept anew, from their data")

// The figures that are kept beside their data are drawn from it, byte for byte.
func TestKeptFiguresAreDrawnFromTheirData(t *testing.T) {
	specs, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		table, err := os.Open(filepath.Join(kept, s.Name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		f := s.figure()
		if err := f.ReadCSV(table); err != nil {
			t.Fatal(err)
		}
		_ = table.Close()
		drawn, err := f.Draw("svg")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(kept, s.Name+".svg")
		if *redraw {
			if err := os.WriteFile(file, drawn, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(drawn, want) {
			t.Errorf("%s: drawn from its data the figure is another; if that is meant: go test ./scenarios/experiment -run Kept -redraw", s.Name)
		}
	}
}

// kept is where the figures and their data are kept.
const kept = "../../results/figures"
