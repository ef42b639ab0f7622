package scenarios

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// minimal is a scenario that says no more than it must.
const minimal = "name: mine\n"

func TestDecodeNamesPlaceFieldAndRemedy(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `x.yaml: empty: a scenario begins with a name`},
		{"a: [", `x.yaml:2: not YAML: did not find expected node content`},
		{"- 1", `x.yaml:1: fields are wanted here: name, about, system, clients, objects, workload, network, hosts, adversary, faults, limits, reach`},
		{"about: nothing", `x.yaml: name: a scenario has a name`},
		{minimal + ": 3", `x.yaml:2: there is no field "" (there are about, adversary, clients, faults, hosts, limits, name, network, objects, reach, system, workload)`},
		{minimal + "client: 3", `x.yaml:2: there is no field "client": did you mean "clients"?`},
		{minimal + "network:\n  los: 3%", `x.yaml:3: network: there is no field "los": did you mean "loss"?`},
		{minimal + "clients: 3\nclients: 4", `x.yaml:3: field "clients" is given twice`},
		{minimal + "clients: [1, 2]", `x.yaml:2: clients: a single value is wanted here`},
		{minimal + "network: calm", `x.yaml:2: network: fields are wanted here: latency, loss, duplicate, corrupt, reorder, hold, bandwidth, regions, gst, bound, chaos`},
		{minimal + "reach: dbqs.refused", `x.yaml:2: reach: a list is wanted here, as in [a, b]`},
		{minimal + "clients: 5..2", `x.yaml:2: clients: "5..2" is neither a number from 0 ("4") nor a rising range ("2..6")`},
		{minimal + "workload: {think: 5}", `x.yaml:2: workload.think: "5" is neither a duration ("5ms") nor a rising range ("1ms..20ms")`},
		{minimal + "workload: {think: 0s..99999h}", `x.yaml:2: workload.think: "0s..99999h" is longer than 87600h0m0s, the longest duration here`},
		{minimal + "network: {loss: 5}", `x.yaml:2: network.loss: "5" is neither a probability ("2%", "300ppm") nor a rising range ("0%..5%")`},
		{minimal + "network: {loss: 100%}", `x.yaml:2: network.loss: a network that loses everything never lets an operation end; use a filter or partition that heals`},
		{minimal + "adversary: {collude: perhaps}", `x.yaml:2: adversary.collude: "perhaps" is neither true nor false`},
		{minimal + "clients: 0", `x.yaml:2: clients: there are 1 to 1000 clients`},
		{minimal + "objects: {public-key: 0}", `x.yaml:2: objects: there must be something to read and write`},
		{minimal + "system: {protocol: dqbs}", `x.yaml:2: system.protocol: there is no "dqbs": did you mean "dbqs"?`},
		{minimal + "system: {servers: 3}", `x.yaml:2: system.servers: 3 servers cannot hold a group of 3f+1 = 4`},
		{minimal + "network: {latency: {shape: lognormal}}", `x.yaml:2: network.latency.shape: there is no "lognormal": did you mean "log-normal"?`},
		{minimal + "network:\n  gst: 5s", `x.yaml:2: network.bound: with a gst, a bound above zero is needed: when do messages sent before it arrive?`},
		{minimal + "adversary:\n  liars: 1", `x.yaml:2: adversary.strategies: liars need at least one strategy`},
		{minimal + "adversary:\n  liars: 1\n  strategies: [silent, stail]", `x.yaml:4: adversary.strategies.1: there is no strategy "stail": did you mean "stale"?`},
		{minimal + "adversary: {liars: 1, strategies: [silent(rat=3)]}", `x.yaml:2: adversary.strategies.0: strategy silent has no parameter "rat": did you mean "rate"?`},
		{minimal + "adversary: {liars: 1, strategies: [silent(rate)]}", `x.yaml:2: adversary.strategies.0: strategy "silent": "rate" is not of the form name=value`},
		{minimal + "adversary: {liars: 1, strategies: ['silent(rate=2%)']}", `x.yaml:2: adversary.strategies.0: parameter rate of strategy silent is "2%"; it must be a whole number of 0 to 1000000`},
		{minimal + "adversary: {liars: 1, strategies: ['silent(rate=5']}", `x.yaml:2: adversary.strategies.0: "silent(rate=5": arguments stand between parentheses, as in silent(rate=300000)`},
		{minimal + "adversary: {liars: 0..2, strategies: [silent]}", `x.yaml:2: adversary.liars: 2 servers may lie or lose their disk where f is 1; say beyond-bound: true if that is meant`},
		{minimal + "faults:\n  - {kind: wipe, count: 2, for: 1s, servers: 1}", `x.yaml: adversary.liars: 2 servers may lie or lose their disk where f is 1; say beyond-bound: true if that is meant`},
		{minimal + "faults:\n  - {kind: crush, servers: 1}", `x.yaml:3: faults.0.kind: there is no "crush": did you mean "crash"?`},
		{minimal + "faults:\n  - {kind: crash}", `x.yaml:3: faults.0: a fault hits servers or clients: say how many`},
		{minimal + "faults:\n  - {kind: slow, servers: 1, slow: 1s}", `x.yaml:3: faults.0.for: it must end, or no operation would`},
		{minimal + "faults:\n  - {kind: filter, servers: 1, for: 1s}", `x.yaml:3: faults.0.kinds: a filter names the kinds of message that it catches`},
		{minimal + "faults:\n  - {kind: filter, servers: 1, for: 1s, kinds: [dbqs.raed]}", `x.yaml:3: faults.0.kinds.0: there is no "dbqs.raed": did you mean "dbqs.read"?`},
		{minimal + "reach:\n- dbqs.wrote-back\n- dbqs.refuse", `x.yaml:4: reach.1: there is no "dbqs.refuse": did you mean "dbqs.refused"?`},
		{minimal + "limits: {watchdog: soon}", `x.yaml:2: limits.watchdog: "soon" is not a duration above zero, such as 5s`},
	} {
		if s, err := Decode("x.yaml", []byte(c.text)); err == nil {
			t.Errorf("%q decodes to %v", c.text, s.Name)
		} else if firstSentence(err) != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, err, c.want)
		}
	}
}

// firstSentence is the first mistake of those that an error lists.
func firstSentence(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

func TestDecodeListsEveryMistake(t *testing.T) {
	_, err := Decode("x.yaml", []byte("nam: mine\nclients: many\nsystem: {f: x}\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three mistakes, a line each: %v", err)
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"adversary.liars", "1", ""},
		{"liars", "0..1", ""},
		{"strategies", "silent(rate=3,kinds=dbqs.read-reply), stale + slow", ""},
		{"faults.0.at", "3s", ""},
		{"loss", "3%", `--set loss: could be network.loss or network.chaos.loss or faults.0.loss`},
		{"liers", "1", `--set liers: the scenario has no such field: did you mean "adversary.liars"?`},
		{"liars", "one", `--set liars: "one" is neither a number from 0 ("4") nor a rising range ("2..6")`},
		{"protocol", "pbtf", `--set system.protocol: there is no "pbtf": did you mean "pbft"?`},
		{"strategies", "silent,stail", `--set adversary.strategies.1: there is no strategy "stail": did you mean "stale"?`},
	} {
		s, err := Decode("x.yaml", []byte(minimal+"adversary: {strategies: [silent]}\nfaults: [{kind: slow, servers: 1, for: 1s, slow: 1s}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = Apply(s, []string{c.key + "=" + c.value})
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("--set %s=%s\n got %v\nwant %s", c.key, c.value, err, c.want)
		}
		if c.key == "strategies" && c.want == "" {
			if want := []string{"silent(rate=3,kinds=dbqs.read-reply)", "stale + slow"}; !slices.Equal(s.Adversary.Strategies, want) {
				t.Errorf("a list was set to %q", s.Adversary.Strategies)
			}
		}
	}
	if err := Apply(lookup(t, "static-calm"), []string{"clients"}); err == nil || err.Error() != "--set clients: wants KEY=VALUE" {
		t.Error(err)
	}
}

// TestBeyondTheBound holds that too many liars are refused, unless they are meant:
// declared by the scenario, or asked for on the command line.
func TestBeyondTheBound(t *testing.T) {
	text := minimal + "adversary: {liars: 2, strategies: [silent]"
	if _, err := Decode("x.yaml", []byte(text+"}")); err == nil {
		t.Error("two liars of four are taken for granted")
	}
	if _, err := Decode("x.yaml", []byte(text+", beyond-bound: true}")); err != nil {
		t.Error(err)
	}
	if err := Apply(lookup(t, "static-twins"), []string{"liars=2"}); err != nil {
		t.Error(err)
	}
	if err := Apply(lookup(t, "static-twins"), []string{"liars=9"}); err == nil || err.Error() != "--set adversary.liars: there are only 4 servers" {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ words, want string }{
		{"static-calm", "static-calm"},
		{"static-wan static-calm static-wan", "static-wan static-calm"},
		{"static-w*", "static-wan static-writers"},
	} {
		specs, err := Find(strings.Fields(c.words))
		var names []string
		for _, s := range specs {
			names = append(names, s.Name)
		}
		if err != nil || strings.Join(names, " ") != c.want {
			t.Errorf("%s: %q, %v", c.words, names, err)
		}
	}
	for words, want := range map[string]string{
		"static-clam":   `there is no scenario "static-clam": did you mean "static-calm"?`,
		"none-*":        `no scenario of the library matches "none-*"`,
		"static-[":      `"static-[" is not a glob: syntax error in pattern`,
		"no/where.yaml": `open no/where.yaml: no such file or directory`,
	} {
		if _, err := Find([]string{words}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if all, err := Find(nil); err != nil || len(all) != len(Library()) {
		t.Errorf("no words find %d scenarios, %v", len(all), err)
	}
}

func TestSpecIsWrittenAsItIsRead(t *testing.T) {
	for _, s := range Library() {
		text, err := yaml.Dump(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode("again", text)
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		was := *s
		was.source, again.source = source{}, source{}
		if !sameButEmpty(reflect.ValueOf(was), reflect.ValueOf(*again)) {
			t.Errorf("%s was\n%+v and is\n%+v", s.Name, was, *again)
		}
	}
}

// sameButEmpty is DeepEqual for which an empty list is no list.
func sameButEmpty(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !sameButEmpty(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case a.Kind() == reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameButEmpty(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

func FuzzDecode(f *testing.F) {
	for _, s := range Library() {
		text, err := Text(s.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("name: &a x\nabout: *a\nreach: [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Decode("x.yaml", text)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v and %v", s, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}

// lookup returns a scenario of the library.
func lookup(t testing.TB, name string) *Spec {
	t.Helper()
	s, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
