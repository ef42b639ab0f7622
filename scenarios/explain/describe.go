package explain

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// Messages and states in words. Nothing here knows a protocol: it reads the fields
// of whatever it is given, and leaves out what proves and what no reader reads
// (signatures, authenticators, keys, nonces).

// unread are names of fields that say nothing to a reader.
var unread = []string{"nonce", "mac", "sig", "public", "auth", "keys", "config", "header", "owners", "scratch", "binding", "hash"}

// words describes a message: its kind without the protocol, and its fields.
func (s *Story) words(m protocol.Message) string {
	if m == nil {
		return "nothing"
	}
	kind := string(m.Kind())
	if _, after, ok := strings.Cut(kind, "."); ok {
		kind = after
	}
	w := words{name: s.name}
	w.fields(reflect.ValueOf(m), 3)
	return strings.TrimSpace(kind + " " + strings.Join(w.out, " "))
}

// state describes a machine, by its own words where it has some.
func (s *Story) state(m protocol.Machine) string {
	if t, ok := m.(fmt.Stringer); ok {
		return t.String()
	}
	w := words{name: s.name}
	w.fields(reflect.ValueOf(m), 4)
	return strings.Join(w.out, " ")
}

// words collects a description.
type words struct {
	out  []string
	name func(int32) string // of a node
}

// node is the type of numbers that are told as names.
var node = reflect.TypeFor[protocol.NodeID]()

// digest is the type of what is told by its first bytes: enough to tell two apart.
var digest = reflect.TypeFor[auth.Digest]()

// fields describes the fields of a struct.
func (w *words) fields(v reflect.Value, depth int) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || depth == 0 {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name := strings.ToLower(f.Name); f.IsExported() && !slices.Contains(unread, name) {
			w.value(name, v.Field(i), depth-1)
		}
	}
}

// value describes one field.
func (w *words) value(name string, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			w.out = append(w.out, "no "+name)
			return
		}
		w.value(name, v.Elem(), depth)
	case reflect.Struct:
		w.fields(v, depth)
	case reflect.Bool:
		if v.Bool() {
			w.out = append(w.out, name)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number := strconv.FormatInt(v.Int(), 10)
		if v.Type() == node {
			number = w.name(int32(v.Int()))
		}
		w.out = append(w.out, name+" "+number)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.out = append(w.out, name+" "+strconv.FormatUint(v.Uint(), 10))
	case reflect.String:
		w.out = append(w.out, name+" "+v.String())
	case reflect.Slice, reflect.Array:
		w.list(name, v, depth)
	case reflect.Map:
		w.table(name, v, depth)
	}
}

// longest is how many elements of a list, or bytes of a value, are shown.
const longest = 8

// list describes bytes, and what a slice or array holds.
func (w *words) list(name string, v reflect.Value, depth int) {
	if v.Type() == digest {
		w.out = append(w.out, fmt.Sprintf("%s %02x%02x", name, v.Index(0).Uint(), v.Index(1).Uint()))
		return
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, v.Len())
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		if v.Kind() == reflect.Slice {
			w.out = append(w.out, name+" "+quoted(b))
		}
		return
	}
	if v.Len() == 0 || depth == 0 {
		return
	}
	for i := range min(v.Len(), longest) {
		w.value(fmt.Sprintf("%s[%d]", name, i), v.Index(i), depth)
	}
	if v.Len() > longest {
		w.out = append(w.out, fmt.Sprintf("and %d more", v.Len()-longest))
	}
}

// table describes a map, in the order of the descriptions.
func (w *words) table(name string, v reflect.Value, depth int) {
	var rows []string
	for it := v.MapRange(); it.Next(); {
		row := words{name: w.name}
		row.value("", it.Value(), depth)
		rows = append(rows, fmt.Sprintf("%s[%s] %s", name, shortKey(it.Key()), strings.TrimSpace(strings.Join(row.out, " "))))
	}
	slices.Sort(rows)
	w.out = append(w.out, rows[:min(len(rows), longest)]...)
}

// shortKey describes the key of a map: the beginning of an id, or a number.
func shortKey(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8:
		b := make([]byte, min(v.Len(), 4))
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		return hex.EncodeToString(b)
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return v.String()
}

// quoted shows bytes as text if they are text.
func quoted(b []byte) string {
	text := string(b)
	if strings.IndexFunc(text, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) >= 0 {
		return hex.EncodeToString(b[:min(len(b), longest)])
	}
	if len(text) > 3*longest {
		text = text[:3*longest] + "..."
	}
	return strconv.Quote(text)
}

// When shows virtual time.
func When(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Millisecond).String()
	case d >= time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + "ms"
	}
	return d.String()
}

// did describes an operation and its result.
func (o *Op) did() string {
	text := o.Op.Kind.String()
	if o.Op.Kind.Changes() {
		text += " " + quoted(o.Op.Value)
	}
	switch {
	case o.To < 0:
		return text + " (pending)"
	case o.Op.Kind.Changes():
		return text
	case o.Result.Found:
		return text + " = " + quoted(o.Result.Value)
	}
	return text + " = nothing"
}

// Tells describes a step.
func (s *Story) Tells(x *Step) string {
	switch x.Kind {
	case sim.StepMessage, sim.StepDrop, sim.StepLost:
		return s.words(x.Message)
	case sim.StepInvoke:
		o := Op{Op: x.Op, To: x.At}
		if !x.Op.Kind.Changes() {
			return "begins to " + x.Op.Kind.String()
		}
		return "begins to " + o.did()
	case sim.StepReturn:
		return "ends: " + s.ending(x)
	case sim.StepNote:
		if what := entered(x); what != "" {
			return "enters " + what
		}
	case sim.StepTimer:
		return fmt.Sprintf("timer %d", x.Timer)
	case sim.StepLie:
		return "withheld: " + x.Lie
	case sim.StepBoot:
		return "starts"
	}
	return x.Text
}

func (s *Story) ending(x *Step) string {
	for i := range s.Ops {
		if o := &s.Ops[i]; o.Node == x.Node && o.Op.Seq == x.Result.Seq {
			return o.did()
		}
	}
	return ""
}

// objectOf returns the id in the field of a message that is called Object, short.
func objectOf(m protocol.Message) string {
	v := reflect.ValueOf(m)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	field, found := v.Type().FieldByName("Object")
	if !found || !field.IsExported() {
		return ""
	}
	f, err := v.FieldByIndexErr(field.Index)
	if err != nil {
		return ""
	}
	if id, ok := f.Interface().(protocol.ID); ok {
		return id.String()
	}
	return ""
}
