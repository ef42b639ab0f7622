package explain

import (
	"fmt"
	"io"
	"strings"

	"turncoat/protocol"
	"turncoat/sim"
)

// Mermaid writes the scene as a sequence diagram for documents that draw Mermaid.
// A message stands where it is heard. Lies are dashed and red, lost messages end
// in a cross.
func (s *Story) Mermaid(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %s\n---\nsequenceDiagram\n", mermaidText(headline(s.Report.Verdict, s.Report.Property)))
	for _, n := range s.cast() {
		kind, name := "participant", s.Nodes[n].Name
		if s.Nodes[n].Client {
			kind = "actor"
		}
		label := name
		if s.Nodes[n].Liar != "" {
			label += " (" + s.Nodes[n].Liar + ")"
		}
		fmt.Fprintf(&b, "  %s %s as %s\n", kind, name, mermaidText(label))
	}
	for _, i := range s.Scene {
		x := &s.Steps[i]
		at := s.name(int32(x.Node))
		switch {
		case x.Kind == sim.StepLie:
			fmt.Fprintf(&b, "  Note over %s: %s: %s\n", s.name(int32(x.From)), When(x.At), mermaidText(s.note(x)))
		case x.Message != nil:
			s.mermaidMessage(&b, x)
		case x.Node == protocol.None:
			fmt.Fprintf(&b, "  Note over %s: %s: %s\n", s.Nodes[0].Name, When(x.At), mermaidText(x.Text))
		default:
			fmt.Fprintf(&b, "  Note over %s: %s: %s\n", at, When(x.At), mermaidText(s.note(x)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Story) mermaidMessage(b *strings.Builder, x *Step) {
	arrow := "->>"
	switch {
	case x.Kind != sim.StepMessage:
		arrow = "-x"
	case x.Lie != "":
		arrow = "-->>"
	}
	line := fmt.Sprintf("  %s%s%s: %s, %s\n", s.name(int32(x.From)), arrow, s.name(int32(x.Node)), When(x.At), mermaidText(s.note(x)))
	if x.Lie != "" {
		line = "  rect rgb(255, 205, 210)\n  " + line + "  end\n"
	}
	b.WriteString(line)
}

// mermaidText escapes what Mermaid reads as its own.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", ";", "#59;", `"`, "#quot;", "<", "#lt;", ">", "#gt;").Replace(text)
}
