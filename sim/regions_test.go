package sim

import (
	"strings"
	"testing"
	"time"
)

func TestTheTableOfRegionsLoads(t *testing.T) {
	r := LoadRegions()
	if len(r.Names) < 12 || len(r.RTT) != len(r.Names) {
		t.Fatalf("%d regions, want at least 12", len(r.Names))
	}
	for i := range r.RTT {
		for j, rtt := range r.RTT[i] {
			if i == j && rtt != LocalRTT || rtt <= 0 || rtt > time.Second {
				t.Errorf("%s to %s takes %v", r.Names[i], r.Names[j], rtt)
			}
		}
	}
	if !strings.Contains(regionsCSV, "Source: ") {
		t.Error("the table does not name its source")
	}
}

func TestADamagedTableIsAnError(t *testing.T) {
	const heading = "from,to,rtt_us\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "no measurement"},
		"a heading alone":     {heading, "no measurement"},
		"a column less":       {"from,to\na,b\n", "wrong number of fields"},
		"a ragged row":        {heading + "a,b,1\nb,a\n", "wrong number of fields"},
		"an open quotation":   {heading + "a,\"b,1\n", "quote"},
		"no number":           {heading + "a,b,fast\nb,a,1\n", `"a" to "b": "fast" is not a number of microseconds`},
		"a negative number":   {heading + "a,b,-5\nb,a,1\n", "is not a number of microseconds"},
		"no time at all":      {heading + "a,b,0\nb,a,1\n", "is not a number of microseconds"},
		"a number too large":  {heading + "a,b,99999999999999999999\nb,a,1\n", "is not a number of microseconds"},
		"a way without back":  {heading + "a,b,1\n", `nothing from "b" to "a"`},
		"a pair listed twice": {heading + "a,b,1\nb,a,1\na,b,2\n", `"a" to "b" is there twice`},
	} {
		_, err := parseRegions(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}
