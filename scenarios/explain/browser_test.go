//go:build browser

package explain

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These tests drive the page in headless Chromium, which must be on the path as
// "chromium": go test -tags browser ./scenarios/explain. A script at the end of the
// page plays the reader and writes down what it sees.

// reader clicks a message, filters, and walks by keys.
const reader = `
const seen = []
const say = (k, v) => seen.push(k + '=' + v)
const pixel = s => [x(s[AT]), laneY().get(s[NODE])]
const mouse = (type, px, py) => { const r = canvas.getBoundingClientRect()
  canvas.dispatchEvent(new PointerEvent(type, {clientX: r.left + px, clientY: r.top + py, bubbles: true, pointerId: 1})) }
canvas.setPointerCapture = () => {}
const shownSteps = () => data.steps.filter(visible).length
const begun = performance.now()
say('opened', begun.toFixed(1))
whole(); paint()
say('painted', (performance.now() - begun).toFixed(1))
say('steps', shownSteps())
const i = data.steps.findIndex(s => s[WHAT] === MESSAGE && text(s[KIND]) === 'dbqs.write')
const [px, py] = pixel(data.steps[i])
mouse('pointerdown', px, py); mouse('pointerup', px, py)
say('picked', document.getElementById('what').textContent)
say('state', [...document.querySelectorAll('#fields dt')].pop().textContent + ': ' + [...document.querySelectorAll('#fields dd')].pop().textContent)
mouse('pointermove', px, py)
say('tip', tip.hidden ? 'hidden' : tip.textContent.split('\n')[0])
document.querySelector('#kinds input[data-value="dbqs.write"]').click()
say('filtered', shownSteps())
document.querySelector('#kinds input[data-value="dbqs.write"]').click()
document.getElementById('matters').click()
say('matters', shownSteps())
canvas.focus()
const key = k => canvas.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true}))
key('Escape'); key('n'); say('first', picked); key('n'); say('second', picked)
const span = view.to - view.from; key('+'); say('zoomed', view.to - view.from < span)
const out = document.createElement('pre'); out.id = 'seen'; out.textContent = seen.join('\n'); document.body.append(out)
`

// visit opens a page in Chromium with a script at its end, and returns what it saw.
func visit(t *testing.T, html, script string) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	html = strings.Replace(html, "</body>", "<script>"+script+"</script></body>", 1)
	if err := os.WriteFile(path, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	dom, err := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--dump-dom", "file://"+path).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)<pre id="seen">(.*?)</pre>`).FindSubmatch(dom)
	if found == nil {
		t.Fatal("the reader saw nothing: the page's program failed")
	}
	seen := make(map[string]string)
	for line := range strings.SplitSeq(string(found[1]), "\n") {
		k, v, _ := strings.Cut(line, "=")
		seen[k] = v
	}
	return seen
}

func TestReader(t *testing.T) {
	seen := visit(t, drawn(t, told(t, "dbqs.write-back"), "html"), reader)
	t.Log(seen)
	for k, want := range map[string]string{
		"picked": `write counter 1 writer c0 value "c0.0"`, "tip": `what: write counter 1 writer c0 value "c0.0"`, "zoomed": "true",
	} {
		if seen[k] != want {
			t.Errorf("%s: %q, want %q", k, seen[k], want)
		}
	}
	if !strings.HasPrefix(seen["state"], "state of s") || !strings.Contains(seen["state"], "c0.0") {
		t.Errorf("after a write was heard, %s", seen["state"])
	}
	for _, fewer := range []string{"filtered", "matters"} {
		few, err := strconv.Atoi(seen[fewer])
		all, err2 := strconv.Atoi(seen["steps"])
		if err != nil || err2 != nil || few == 0 || few >= all {
			t.Errorf("%s steps of %s after a filter (%s)", seen[fewer], seen["steps"], fewer)
		}
	}
	if seen["first"] == seen["second"] {
		t.Error("the keys lead nowhere")
	}
}

// filterer filters a run with epochs by one of them, and reads the epoch of a step.
const filterer = `
const seen = []
const say = (k, v) => seen.push(k + '=' + v)
const count = () => data.steps.filter(visible).length
whole(); paint()
say('steps', count())
say('entries', data.steps.filter(s => s[ENTERS]).length)
const epoch = document.getElementById('epoch')
epoch.value = '2'; epoch.onchange()
say('filtered', count())
say('others', data.steps.filter(s => visible(s) && s[EPOCH] !== 2).length)
canvas.focus()
canvas.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', bubbles: true}))
say('field', fields(data.steps[picked]).filter(f => f[0].startsWith('epoch of')).map(f => f[1])[0])
const out = document.createElement('pre'); out.id = 'seen'; out.textContent = seen.join('\n'); document.body.append(out)
`

func TestEpochFilter(t *testing.T) {
	seen := visit(t, drawn(t, run(t, "epochs-calm"), "html"), filterer)
	t.Log(seen)
	if seen["others"] != "0" || seen["filtered"] == "0" || seen["filtered"] == seen["steps"] || seen["entries"] == "0" || seen["field"] != "2" {
		t.Errorf("the filter by epoch: %v", seen)
	}
}

// A run of 5,000 messages opens in a second, Chromium's own start included or not.
func TestLargeRun(t *testing.T) {
	s := run(t, "static-zoo", "workload.operations=80")
	html := drawn(t, s, "html")
	begun := time.Now()
	seen := visit(t, html, reader)
	t.Logf("%d messages, %d bytes: the page was open after %s ms, painted in %s ms, read and closed in %v", s.Report.Messages, len(html), seen["opened"], seen["painted"], time.Since(begun))
	if s.Report.Messages < 5000 {
		t.Errorf("only %d messages", s.Report.Messages)
	}
}
