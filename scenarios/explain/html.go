package explain

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/scenarios"
	"turncoat/sim"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed paint.js
var paintJS string

var page = template.Must(template.New("page").Parse(pageText))

const (
	// MaxHTML is what a page may weigh, in bytes.
	MaxHTML = 5 << 20
	// mostDrawn is how many steps a page has room for; the last ones are drawn.
	mostDrawn = 40_000
	// mostStates is how many bytes of states a page has room for.
	mostStates = 1 << 20
)

// HTML writes the story as one page that needs nothing else: a space-time diagram
// of the whole run to zoom, filter and click, the operations above it, and
// Porcupine's picture of the history below.
func (s *Story) HTML(w io.Writer) error {
	var text strings.Builder
	if err := s.Text(&text); err != nil {
		return err
	}
	var history bytes.Buffer
	if s.Report.History != nil && s.Report.History.Len() > 0 {
		if err := checker.WriteHTML(&history, s.Report.History, checker.Options{}); err != nil {
			return fmt.Errorf("picture of the history: %w", err)
		}
	}
	data := s.pageData()
	view := map[string]any{
		"Title": headline(s.Report.Verdict, s.Report.Property), "Detail": s.Report.Detail, "Scenario": s.Report.Scenario, "Seed": s.Report.Seed,
		"Rules": s.lifted(), "Bounds": s.bounds(), "Again": s.Artifact.Reproduce, "Diverged": s.Diverged,
		"Plot": s.plotLines(), "Text": text.String(), "History": history.String(), "Dropped": len(s.Steps) - len(data.Steps),
		"Data": data, "CSS": template.CSS(pageCSS), "JS": template.JS(paintJS + pageJS),
	}
	var b bytes.Buffer
	if err := page.Execute(&b, view); err != nil {
		return err
	}
	if b.Len() > MaxHTML {
		return fmt.Errorf("the page would weigh %d bytes, more than %d: shrink the artifact first", b.Len(), MaxHTML)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s *Story) lifted() []scenarios.RuleDoc {
	var out []scenarios.RuleDoc
	for _, r := range s.Artifact.Lift {
		out = append(out, scenarios.RuleDoc{Name: r, Doc: ruleDoc(r)})
	}
	return out
}

func (s *Story) plotLines() []string {
	var out []string
	for i := range s.Artifact.Decisions[:min(len(s.Artifact.Decisions), fewDecisions)] {
		out = append(out, s.Decided(&s.Artifact.Decisions[i]))
	}
	return out
}

// pageData is what the page's program draws. Times are virtual ns. Texts are kept
// once, in Texts; a step names them by their places.
type pageData struct {
	Nodes []pageNode `json:"nodes"`
	Ops   []pageOp   `json:"ops"`
	Texts []string   `json:"texts"`
	// Steps are rows of numbers: what (message 0, dropped 1, lost 2, other 3), event,
	// time, node, sender or -1, time of sending, the places of kind, words, lie,
	// object and state, whether it matters, the epoch and view of the node, and whether
	// it enters one of them.
	Steps  [][15]int64 `json:"steps"`
	Epochs bool        `json:"epochs"` // somebody entered one
	Views  bool        `json:"views"`
	Bands  []pageBand  `json:"bands"`
}

type pageNode struct {
	Name   string `json:"name"`
	Client bool   `json:"client"`
	Liar   string `json:"liar"`
}

type pageOp struct {
	Node      protocol.NodeID `json:"node"`
	Text      string          `json:"text"`
	Object    string          `json:"object"`
	From      int64           `json:"from"`
	To        int64           `json:"to"` // -1 while it is pending
	Concerned bool            `json:"concerned"`
}

// pageBand is a fault that lasts: of a node, or of the network (-1).
type pageBand struct {
	Node protocol.NodeID `json:"node"`
	Text string          `json:"text"`
	From int64           `json:"from"`
	To   int64           `json:"to"` // -1: for good
}

func (s *Story) pageData() *pageData {
	d := &pageData{Steps: [][15]int64{}, Bands: s.bands(), Ops: []pageOp{}, Epochs: s.epochs, Views: s.views}
	for _, n := range s.Nodes {
		d.Nodes = append(d.Nodes, pageNode{n.Name, n.Client, n.Liar})
	}
	for i := range s.Ops {
		o := &s.Ops[i]
		d.Ops = append(d.Ops, pageOp{o.Node, o.did(), o.Op.Object.String(), o.From, o.To, o.Concerned})
	}
	places := make(map[string]int64) // looked up only
	text := func(t string) int64 {
		at, known := places[t]
		if !known {
			at = int64(len(d.Texts))
			places[t] = at
			d.Texts = append(d.Texts, t)
		}
		return at
	}
	states := 0
	for i := max(0, len(s.Steps)-mostDrawn); i < len(s.Steps); i++ {
		x := &s.Steps[i]
		kind, state := x.Kind.String(), x.State
		if x.Message != nil {
			kind = string(x.Message.Kind())
		}
		if states += len(state); states > mostStates {
			state = ""
		}
		matters, enters := int64(0), int64(0)
		if slices.Contains(s.Scene, i) {
			matters = 1
		}
		if entered(x) != "" {
			enters = 1
		}
		d.Steps = append(d.Steps, [15]int64{what(x), int64(x.Event), x.At, int64(x.Node), int64(x.From), x.SentAt,
			text(kind), text(s.Tells(x)), text(x.Lie), text(object(x)), text(state), matters,
			int64(x.era.epoch), int64(x.era.view), enters})
	}
	return d
}

func what(x *Step) int64 {
	switch x.Kind {
	case sim.StepMessage:
		return 0
	case sim.StepDrop:
		return 1
	case sim.StepLost:
		return 2
	}
	return 3
}

// object returns the object that a message is about, if it says so.
func object(x *Step) string {
	if x.Kind == sim.StepInvoke {
		return x.Op.Object.String()
	}
	if x.Message == nil {
		return ""
	}
	return objectOf(x.Message)
}

// bands pairs the beginnings and ends of faults: a crash of a node and its restart,
// the first cut and the first heal.
func (s *Story) bands() []pageBand {
	out := []pageBand{}
	for i := range s.Steps {
		x := &s.Steps[i]
		if x.Kind != sim.StepFault {
			continue
		}
		switch x.Text {
		case sim.Crash.String(), sim.Raise.String():
			out = append(out, pageBand{x.Node, x.Text, x.At, -1})
		case sim.Restart.String(), sim.Lower.String():
			for j := range out {
				if b := &out[j]; b.Node == x.Node && b.To < 0 {
					b.To = x.At
					break
				}
			}
		}
	}
	return out
}
