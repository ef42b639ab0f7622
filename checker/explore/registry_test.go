package explore

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func registry() Registry {
	return Registry{{
		Name:   "grid",
		Params: []Param{{Name: "size", Default: 3, Min: 1, Max: 9}, {Name: "depth", Default: 1, Min: 0, Max: 1}},
		Build:  func(v Values, _ []string) Runner { return RunnerOf("grid", Model[position](open(v["size"]))) },
	}, {Name: "tokens"}}
}

func TestErrorsNameWhatWouldBeRight(t *testing.T) {
	grid, err := registry().Find("grid")
	if err != nil {
		t.Fatal(err)
	}
	build := func(settings ...string) error { _, err := grid.New(settings, nil); return err }
	parse := func(text string) error { _, err := ParseReduction(text); return err }
	strategy := func(text string) error { _, err := ParseStrategy(text); return err }
	find := func(name string) error { _, err := registry().Find(name); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{find("gird"), `no model is called "gird"; there are grid, tokens; did you mean grid?`},
		{find("zzzzzz"), `no model is called "zzzzzz"; there are grid, tokens`},
		{build("sise=2"), `model grid has no parameter "sise"; it has size, depth; did you mean size?`},
		{build("size"), `setting "size" of model grid: write it as KEY=VALUE, such as size=3`},
		{build("size=ten"), `parameter size of model grid is a whole number from 1 to 9, not "ten"`},
		{build("size=10"), `parameter size of model grid is a whole number from 1 to 9, not "10"`},
		{parse("symetry"), `no reduction is called "symetry"; there are none, por, symmetry, prune and all; did you mean symmetry?`},
		{strategy("fbs"), `no strategy is called "fbs"; there are bfs, dfs, random, pct; did you mean bfs?`},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("%v\nwant %s", c.err, c.want)
		}
	}
}

func TestSettingsReachTheModel(t *testing.T) {
	grid, _ := registry().Find("grid")
	for setting, states := range map[string]uint64{"size=3": 16, "size=9": 100} {
		run, err := grid.New([]string{setting}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := run(context.Background(), Options{})
		if err != nil || r.UniqueStates != states || r.Model != "grid" {
			t.Errorf("%s: %+v, %v", setting, r, err)
		}
	}
}

// What lifting a rule sets gives way to what people set.
func TestLiftedRulesSetWhatTheyNeed(t *testing.T) {
	grid, _ := registry().Find("grid")
	grid.Rules, grid.Least = []string{"edge"}, map[string]Values{"edge": {"size": 9}}
	for settings, states := range map[string]uint64{"depth=1": 100, "size=2": 9} {
		run, err := grid.New([]string{settings}, []string{"edge"})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := run(context.Background(), Options{}); err != nil || r.UniqueStates != states {
			t.Errorf("%s: %+v, %v", settings, r, err)
		}
	}
	if needs := grid.Needs("edge"); !slices.Equal(needs, []string{"size=9"}) {
		t.Error(needs)
	}
}

func TestReductionsByName(t *testing.T) {
	for text, want := range map[string]Reduction{"": None, "none": None, "all": All, "por": PartialOrder | Prune, "symmetry": Symmetry, "prune,symmetry": Prune | Symmetry} {
		if got, err := ParseReduction(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if s := All.String(); s != "por,symmetry,prune" {
		t.Error(s)
	}
}

// A reduction that nobody vouches for is refused, not ignored; all takes what there is.
func TestUnsoundReductionsAreRefused(t *testing.T) {
	_, err := Explore(context.Background(), "grid", Model[position](open(2)), Options{Reduction: Symmetry})
	if err == nil || !strings.Contains(err.Error(), "has no reductions") {
		t.Errorf("%v", err)
	}
	if r := mustExplore(t, Model[position](open(2)), Options{Reduction: All}); r.UniqueStates != 9 || len(r.Reduction) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestResultAsJSON(t *testing.T) {
	r := mustExplore(t, Model[position](open(2)), Options{})
	r.WallNS, r.MissedProbability = 5, 0.25
	got, err := json.Marshal(r)
	const want = `{"model":"grid","verdict":"pass","property":"","detail":"every property holds in all 9 reachable states; every run ends",` +
		`"unique_states":9,"transitions":12,"depth":4,"exhaustive":true,"truncated_by":"","missed_probability":0.25,` +
		`"reach":{"goal":1},"never_reached":[],"reduction":{},"wall_ns":5,"peak_bytes":`
	if err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("%s, %v", got, err)
	}
}
