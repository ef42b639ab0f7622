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

const (
	// drawn is how many operations a picture has room for.
	drawn = 1500
	// drawnSteps bounds the search for the orders shown: a picture proves nothing,
	// and the orders found by then are long enough to look at.
	drawnSteps = 200_000
)

// WriteHTML draws h as one self-contained page, with what Check says of it in
// lanes of their own. Of a history that is too long it draws the witness, or if
// there is none the beginning.
func WriteHTML(w io.Writer, h *History, opts Options) error {
	report := Check(h, opts)
	parts, n := h.picture(&report)
	l := opts.limits()
	l.steps = drawnSteps
	s := newSearch(n, l)
	model := s.model()
	model.Partition = func(all []porcupine.Operation) (split [][]porcupine.Operation) {
		for _, part := range parts {
			split, all = append(split, all[:len(part)]), all[len(part):]
		}
		return split
	}
	calls := operations(slices.Concat(parts...))
	lanes := dense(calls)
	_, info := porcupine.CheckOperationsVerbose(model, calls, 0)
	info.AddAnnotations(h.annotations(&report, n))
	// Visualize replays what was found, which a spent search would refuse.
	model.Step = func(state, input, _ any) (bool, any) { return registerStep(state, input.(*call)) }
	model.DescribeState = func(state any) string { return h.describeValue(state.(Value)) }
	model.DescribeOperation = func(input, _ any) string {
		op := input.(*call).op
		if lanes {
			return fmt.Sprintf("%d: %s", op.Client, h.label(op))
		}
		return h.label(op)
	}
	return porcupine.Visualize(model, info, w)
}

// picture chooses what to draw, by object, and counts it. Both the witness and
// a prefix in time are as right or wrong as they look; another selection would
// show reads of values whose writes were left out.
func (h *History) picture(r *Report) (parts [][]Operation, n int) {
	shown := h.ops
	if len(h.ops) > drawn {
		shown = r.Witness
		if len(r.Witness) == 0 {
			shown, _ = prefix(h.ops, h.ops[drawn].Invoke)
		}
	}
	parts = make([][]Operation, h.Objects())
	for _, op := range shown {
		if op.Kind != CAS && op.Outcome == Failed || op.Kind == Read && op.Outcome == Pending {
			continue
		}
		parts[op.Object] = append(parts[op.Object], op)
		n++
	}
	return slices.DeleteFunc(parts, func(part []Operation) bool { return len(part) == 0 }), n
}

// dense gives clients consecutive lanes if their numbers leave many gaps, as a
// page with a lane for each number would have no end. It tells whether it did.
func dense(calls []porcupine.Operation) bool {
	var clients []int
	for i := range calls {
		clients = append(clients, calls[i].ClientId)
	}
	slices.Sort(clients)
	clients = slices.Compact(clients)
	if len(clients) == 0 || clients[len(clients)-1] < 2*len(clients) {
		return false
	}
	for i := range calls {
		calls[i].ClientId, _ = slices.BinarySearch(clients, calls[i].ClientId)
	}
	return true
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
