package checker

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestVerdictNamesAndStatuses(t *testing.T) {
	want := []struct {
		v      Verdict
		name   string
		status int
	}{
		{Pass, "pass", 0}, {Violation, "violation", 1}, {Invalid, "invalid", 2}, {Stuck, "stuck", 3},
		{Undecided, "undecided", 4}, {Assumption, "assumption", 5}, {Vacuous, "vacuous", 6}, {Diverged, "diverged", 7},
	}
	if len(want) != len(verdicts) {
		t.Fatalf("%d verdicts, %d expected", len(verdicts), len(want))
	}
	for _, w := range want {
		v := w.v
		if v.String() != w.name || v.ExitStatus() != w.status {
			t.Errorf("%v has status %d, want %s and %d", v, v.ExitStatus(), w.name, w.status)
		}
		var back Verdict
		if text, err := json.Marshal(v); err != nil || json.Unmarshal(text, &back) != nil || back != v {
			t.Errorf("%v came back as %v", v, back)
		}
	}
	if _, err := ParseVerdict("pas"); err == nil || err.Error() != `verdict "pas" is unknown; did you mean pass? (want one of pass, violation, stuck, undecided, invalid, assumption, vacuous, diverged)` {
		t.Error(err)
	}
	if _, err := ParseModel("cas"); err == nil || err.Error() != `model "cas" is unknown; want one of register, cas-register` {
		t.Error(err)
	}
	if m, err := ParseModel("cas-register"); err != nil || m != CASRegister || m.String() != "cas-register" {
		t.Error(m, err)
	}
}

func TestWorstFollowsTheOrderOfSweeps(t *testing.T) {
	order := []Verdict{Diverged, Violation, Stuck, Invalid, Assumption, Undecided, Vacuous, Pass}
	for i, worse := range order {
		for _, better := range order[i:] {
			if Worst(worse, better) != worse || Worst(better, worse) != worse {
				t.Errorf("the worst of %v and %v is %v", worse, better, Worst(worse, better))
			}
		}
	}
}

func TestReach(t *testing.T) {
	a, b := NewReach("view change", "restart", "restart"), NewReach("restart", "transfer")
	a.Hit(a.Index("restart"))
	b.Add("restart", 2)
	required := []string{"transfer", "restart", "never named"}
	if got := a.NeverReached(required); !reflect.DeepEqual(got, []string{"transfer", "never named"}) {
		t.Errorf("never reached: %q", got)
	}
	ab, ba := NewReach(), NewReach()
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	text, err := json.Marshal(ab)
	if want := `{"restart":3,"transfer":0,"view change":0}`; string(text) != want || err != nil || !reflect.DeepEqual(ab, ba) {
		t.Errorf("%s, %v, the other way round %+v", text, err, ba)
	}
	if b.Count("restart") != 2 || b.Count("view change") != 0 {
		t.Errorf("merging changed its argument: %+v", b)
	}
	ab.Reset()
	if got := ab.NeverReached([]string{"restart"}); len(got) != 1 {
		t.Errorf("after Reset: %q", got)
	}
	defer func() {
		want := `checker: situation "restrat" was not registered; did you mean restart? (want one of restart, transfer, view change)`
		if got := recover(); got != want {
			t.Errorf("panic %v, want %s", got, want)
		}
	}()
	ab.Hit(ab.Index("restrat"))
}
