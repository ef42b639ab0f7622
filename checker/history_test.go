package checker

import (
	"strings"
	"testing"
)

func TestInterning(t *testing.T) {
	var h History
	texts := []string{"", "a", strings.Repeat("b", 3*chunkBytes), "c", strings.Repeat("d", chunkBytes-1)}
	var values []Value
	for _, text := range texts {
		values = append(values, h.Value([]byte(text)))
	}
	for i, text := range texts {
		got, written := h.Text(values[i])
		if got != text || !written || h.Value([]byte(text)) != values[i] {
			t.Errorf("value %d came back as %.20q", i, got)
		}
	}
	if text, written := h.Text(Absent); text != "" || written {
		t.Errorf("absent has the text %q", text)
	}
	kept, _ := h.Text(values[1])
	h.Reset()
	if h.Value([]byte("z")) != values[0] || kept != "a" || h.Len() != 0 {
		t.Errorf("after Reset: %q", kept)
	}
}

// A simulator records each operation of each schedule; it must not pay an
// allocation for it.
func TestRecordingDoesNotAllocate(t *testing.T) {
	var h History
	value, name := []byte("value"), []byte("object")
	run := func() {
		h.Reset()
		for at := int64(0); at < 400; at += 4 {
			value[0] = byte(at)
			o := h.Object(name)
			h.End(h.BeginWrite(1, o, h.Value(value), at), Absent, at+1)
			h.End(h.BeginRead(2, o, at+2), h.Value(value), at+3)
		}
	}
	run()
	if got := testing.AllocsPerRun(50, run); got > 1 { // a new chunk of names now and then
		t.Errorf("%v allocations for 200 operations", got)
	}
}

// The events of a history are distinct and ascending, or its verdict would mean
// nothing; recording them otherwise is a bug of the recorder.
func TestRecorderInsistsOnTheOrderOfEvents(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrong func(h *History, o Object, id OpID)
	}{
		{"same event", func(h *History, o Object, id OpID) { h.BeginRead(1, o, 5) }},
		{"earlier event", func(h *History, o Object, id OpID) { h.End(id, Absent, 4) }},
		{"ends twice", func(h *History, o Object, id OpID) { h.End(id, Absent, 6); h.Fail(id, 7) }},
		{"negative event", func(h *History, o Object, id OpID) { h.Reset(); h.BeginRead(1, o, -1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			var h History
			o := h.Object([]byte("x"))
			c.wrong(&h, o, h.BeginRead(0, o, 5))
		})
	}
}

// One checker judges many histories; nothing of one may colour the next.
func TestCheckerIsReusable(t *testing.T) {
	var c Checker
	for range 3 {
		for _, s := range stories {
			if r := c.Check(record(s.lines...), Options{}); r.Verdict != s.verdict {
				t.Errorf("%s: %v, want %v", s.name, r.Verdict, s.verdict)
			}
		}
	}
}

func TestWordsForForeignBytes(t *testing.T) {
	var h History
	for _, c := range []struct{ text, want string }{
		{"12", "12"}, {`"a"`, `"a"`}, {"plain", `"plain"`}, {"\x00\xff", "00ff"}, {"", `""`},
		{strings.Repeat("x", 30), `"` + strings.Repeat("x", 24) + `..."`},
		{strings.Repeat("\x01", 30), strings.Repeat("01", 12) + "..."},
	} {
		if got := h.describeValue(h.Value([]byte(c.text))); got != c.want {
			t.Errorf("%q is shown as %s, want %s", c.text, got, c.want)
		}
	}
}
