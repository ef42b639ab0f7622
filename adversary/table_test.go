package adversary

import (
	"errors"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	if !slices.IsSorted(Names()) {
		t.Errorf("the table is not sorted: %q", Names())
	}
	for _, spec := range Strategies() {
		strategy, err := New(spec.Name)
		if err != nil {
			t.Fatalf("with its defaults: %v", err)
		}
		if strategy.Name() != spec.Name || spec.Doc == "" {
			t.Errorf("strategy %q calls itself %q and says %q", spec.Name, strategy.Name(), spec.Doc)
		}
		for _, p := range spec.Parameters {
			if _, err := New(spec.Name, Setting{p.Name, p.Default}); err != nil || p.Doc == "" {
				t.Errorf("%s: parameter %s, said %q: %v", spec.Name, p.Name, p.Doc, err)
			}
			if _, err := New(spec.Name, Setting{p.Name, ", "}); err == nil {
				t.Errorf("%s: parameter %s takes nonsense", spec.Name, p.Name)
			}
		}
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	_, err := New("stael")
	if e := (*UnknownStrategy)(nil); !errors.As(err, &e) || e.Name != "stael" {
		t.Errorf("an unknown strategy: %v", err)
	}
	if err.Error() != `there is no strategy "stael"` {
		t.Errorf("it reads %q", err)
	}
	_, err = New("stale", Setting{"rat", "1"})
	if e := (*UnknownParameter)(nil); !errors.As(err, &e) || e.Name != "rat" || !slices.Equal(e.Known, []string{"every", "keep", "kinds", "rate"}) {
		t.Errorf("an unknown parameter: %v", err)
	}
	if err.Error() != `strategy stale has no parameter "rat"; it has every, keep, kinds, rate` {
		t.Errorf("it reads %q", err)
	}
	_, err = New("twins", Setting{"copies", "one"})
	if err == nil || err.Error() != `parameter copies of strategy twins is "one"; it must be a whole number of 2 to 15` {
		t.Errorf("it reads %q", err)
	}
	for _, s := range []struct {
		strategy, name, value, want string
	}{
		{"stale", "rate", "1000001", "a whole number of 0 to 1000000"},
		{"stale", "rate", "half", "a whole number of 0 to 1000000"},
		{"slow", "delay", "-3ms", "a positive duration such as 50ms"},
		{"slow", "delay", "3", "a positive duration such as 50ms"},
		{"twins", "split", "yes", "true or false"},
		{"twins", "copies", "1", "a whole number of 2 to 15"},
		{"silent", "kinds", "read,,write", "names with one comma between them"},
	} {
		_, err := New(s.strategy, Setting{s.name, "1"}, Setting{s.name, s.value})
		if e := (*BadParameter)(nil); !errors.As(err, &e) || e.Name != s.name || e.Value != s.value || e.Want != s.want {
			t.Errorf("%s %s=%s: %v", s.strategy, s.name, s.value, err)
		}
	}
}
