package checker

import (
	"bytes"
	"strings"
	"testing"
)

// The page holds the verdict, the operations and the object; that it can be
// read is for eyes.
func TestHTML(t *testing.T) {
	stale := record("w1 w2", "       r1", "       w3->")
	long := longHistory(5000, 4, 3)
	tail := long.Value([]byte("from nowhere"))
	long.End(long.BeginRead(7, Object(1), 20000), tail, 20001)
	sparse := new(History)
	sparse.End(sparse.BeginRead(1<<30, sparse.Object([]byte("x")), 1), Absent, 2)
	for _, c := range []struct {
		name string
		h    *History
		want []string
	}{
		{"stale read", stale, []string{`"violation"`, "client 1 read 1 [141,171] after", "write 3 (pending)", "witness 3", "read -\\u003e 1"}},
		{"atomic", record("w1 r1"), []string{`"pass"`, "write 1", "read -\\u003e 1"}},
		{"too long", long, []string{"from nowhere", "operations drawn", `"violation"`}},
		{"far client", sparse, []string{"1073741824: read", `"ClientId":0`}},
		{"hard", ambiguous(20), []string{`"undecided"`, "20 in flight"}},
		{"long, atomic", longHistory(5000, 4, 3), []string{"operations drawn", `"pass"`}},
		{"empty", new(History), []string{`"vacuous"`}},
	} {
		var page bytes.Buffer
		if err := WriteHTML(&page, c.h, Options{Steps: 100_000}); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(page.String(), want) {
				t.Errorf("%s: %s is not on the page", c.name, want)
			}
		}
		if page.Len() > 2<<20 {
			t.Errorf("%s: the page has %d bytes", c.name, page.Len())
		}
	}
}
