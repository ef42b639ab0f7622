package checker

import (
	"fmt"
	"io"
	"slices"

	"github.com/anishathalye/porcupine"
)

// The picture of a history is Porcupine's: one lane for each client, the longest
// orders found, and why they end. Its bytes differ from run to run, so it is for
// looking at and never for comparing.

// drawn is how many operations a picture has room for. Beyond that, it shows
// the object at fault, around the fault.
const drawn = 1500

// WriteHTML draws h as one self-contained page. What Check said of it stands in
// a lane of its own.
func WriteHTML(w io.Writer, h *History, opts Options) error {
	report := Check(h, opts)
	parts := h.picture(&report)
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	l := opts.limits()
	s := newSearch(n, l)
	model := s.model()
	model.Partition = func(all []porcupine.Operation) (split [][]porcupine.Operation) {
		for _, part := range parts {
			split, all = append(split, all[:len(part)]), all[len(part):]
		}
		return split
	}
	model.DescribeOperation = func(input, _ any) string {
		c := input.(*call)
		return h.label(c.op)
	}
	model.DescribeState = func(state any) string { return h.describeValue(state.(Value)) }
	calls := operations(slices.Concat(parts...))
	_, info := porcupine.CheckOperationsVerbose(model, calls, 0)
	info.AddAnnotations(h.annotations(&report, n))
	return porcupine.Visualize(model, info, w)
}

// picture chooses what to draw, by object: everything that says something, or
// if that is too much, what led to the fault, or else the beginning.
func (h *History) picture(r *Report) [][]Operation {
	parts := make([][]Operation, h.Objects())
	total := 0
	for _, op := range h.ops {
		if op.Kind != CAS && op.Outcome == Failed || op.Kind == Read && op.Outcome == Pending {
			continue
		}
		parts[op.Object] = append(parts[op.Object], op)
		total++
	}
	if total > drawn && len(r.Witness) > 0 {
		fault := r.Witness[0].Object
		near := parts[fault][:0:0]
		for _, op := range parts[fault] {
			if slices.Contains(r.Witness, op) || r.Atomic-op.Invoke < drawn && op.Invoke-r.Atomic < drawn/10 {
				near = append(near, op)
			}
		}
		parts = [][]Operation{near}
	}
	room := drawn
	for i := range parts {
		if len(r.Witness) == 0 {
			parts[i] = parts[i][:min(len(parts[i]), room)]
			room -= len(parts[i])
		}
	}
	return slices.DeleteFunc(parts, func(part []Operation) bool { return len(part) == 0 })
}

// annotations put the verdict and the witness above the lanes.
func (h *History) annotations(r *Report, shown int) []porcupine.Annotation {
	detail := r.Detail
	if shown < h.Len() {
		detail += fmt.Sprintf(" (%d of %d operations drawn)", shown, h.Len())
	}
	start, end := int64(0), int64(0)
	if h.Len() > 0 {
		start, end = h.ops[0].Invoke, h.last
	}
	all := []porcupine.Annotation{{
		Tag: "verdict", Start: start, End: end, Description: r.Verdict.String(), Details: detail,
		TextColor: "#ffffff", BackgroundColor: verdictColor(r.Verdict),
	}}
	for i, op := range r.Witness {
		ret := op.Return
		if ret == Never {
			ret = end
		}
		all = append(all, porcupine.Annotation{
			Tag: "witness " + fmt.Sprint(i+1), Start: op.Invoke, End: max(op.Invoke, ret),
			Description: h.label(&op), Details: r.Lines[i], TextColor: "#ffffff", BackgroundColor: "#d55e00",
		})
	}
	return all
}

func verdictColor(v Verdict) string {
	switch v {
	case Pass:
		return "#009e73"
	case Violation:
		return "#d55e00"
	}
	return "#666666"
}

// label is op as short as a box needs it.
func (h *History) label(op *Operation) string {
	object := ""
	if h.Objects() > 1 {
		object = " " + h.describeObject(op.Object)
	}
	text := "read" + object + " -> " + h.describeValue(op.Output)
	switch op.Kind {
	case Write:
		text = "write" + object + " " + h.describeValue(op.Input)
	case CAS:
		text = "cas" + object + " " + h.describeValue(op.Expect) + " -> " + h.describeValue(op.Input)
	}
	switch {
	case op.Outcome == Pending:
		text += " (pending)"
	case op.Outcome == Failed:
		text += " (failed)"
	}
	return text
}
