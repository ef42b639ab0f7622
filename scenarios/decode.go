package scenarios

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Decode reads a scenario. Its error lists every mistake, a sentence each, with
// file, line and field; unknown fields are mistakes.
func Decode(file string, text []byte) (*Spec, error) {
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: not YAML: %w", file, err)
	}
	s := defaults()
	d := decoder{file: file}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s: empty: a scenario begins with a name", file)
	}
	d.value(doc.Content[0], reflect.ValueOf(&s).Elem(), "")
	if len(d.errs) > 0 {
		return nil, errors.Join(d.errs...)
	}
	return &s, nil
}

// decoder gathers what is wrong with a document.
type decoder struct {
	file string
	errs []error
}

func (d *decoder) fail(n *yaml.Node, path, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", d.file, n.Line)
	if path != "" {
		where += path + ": "
	}
	d.errs = append(d.errs, errors.New(where+fmt.Sprintf(format, args...)))
}

// value sets v to what n says.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	_, scalar := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case !scalar && v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	case !scalar && v.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fail(n, path, "a list is wanted here, as in [a, b]")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			d.value(item, v.Index(i), fmt.Sprintf("%s.%d", path, i))
		}
	case n.Kind != yaml.ScalarNode:
		d.fail(n, path, "a single value is wanted here")
	default:
		if err := setScalar(v, n.Value); err != nil {
			d.fail(n, path, "%v", err)
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "fields are wanted here: %s", strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		field, ok := fieldByName(v, key)
		switch {
		case !ok:
			d.fail(n.Content[i], path, "there is no field %q%s", key, didYouMean(key, fieldNames(v.Type())))
		case seen[key]:
			d.fail(n.Content[i], path, "field %q is given twice", key)
		default:
			d.value(n.Content[i+1], field, join(path, key))
		}
		seen[key] = true
	}
}

// setScalar sets v to what text says.
func setScalar(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(b)
	default:
		return fmt.Errorf("a single value cannot be set here")
	}
	return nil
}

// fieldByName returns the field of a struct with a yaml name, inlined ones included.
func fieldByName(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == ",inline" {
			if f, ok := fieldByName(v.Field(i), name); ok {
				return f, true
			}
		} else if tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if tag := f.Tag.Get("yaml"); tag == ",inline" {
			names = append(names, fieldNames(f.Type)...)
		} else {
			names = append(names, tag)
		}
	}
	return names
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Set changes one value of a scenario. key is the path of a field
// ("adversary.liars", "faults.0.at") or an unambiguous end of one ("liars"). A
// list of words is set whole, separated by commas.
func (s *Spec) Set(key, value string) error {
	var leaves []leaf
	collect(reflect.ValueOf(s).Elem(), "", &leaves)
	var found []leaf
	names := make([]string, 0, len(leaves))
	for _, l := range leaves {
		names = append(names, l.path)
		if l.path == key {
			found = []leaf{l}
			break
		}
		if strings.HasSuffix(l.path, "."+key) {
			found = append(found, l)
		}
	}
	switch len(found) {
	case 0:
		return fmt.Errorf("--set %s: the scenario has no such field%s", key, didYouMean(key, names))
	case 1:
	default:
		var paths []string
		for _, l := range found {
			paths = append(paths, l.path)
		}
		return fmt.Errorf("--set %s: could be %s", key, strings.Join(paths, " or "))
	}
	v := found[0].value
	if v.Kind() == reflect.Slice {
		v.Set(reflect.ValueOf(splitList(value)))
		return nil
	}
	if err := setScalar(v, value); err != nil {
		return fmt.Errorf("--set %s: %w", key, err)
	}
	return nil
}

// splitList splits at commas outside parentheses.
func splitList(text string) []string {
	depth := 0
	words := strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ',' && depth == 0
	})
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words
}

// leaf is a value that Set can change.
type leaf struct {
	path  string
	value reflect.Value
}

func collect(v reflect.Value, path string, out *[]leaf) {
	_, scalar := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case scalar || v.Kind() == reflect.String || v.Kind() == reflect.Bool:
		*out = append(*out, leaf{path, v})
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("yaml")
			if tag == ",inline" {
				collect(v.Field(i), path, out)
			} else {
				collect(v.Field(i), join(path, tag), out)
			}
		}
	case v.Type().Elem().Kind() == reflect.String:
		*out = append(*out, leaf{path, v})
	default:
		for i := range v.Len() {
			collect(v.Index(i), fmt.Sprintf("%s.%d", path, i), out)
		}
	}
}

// didYouMean returns ": did you mean X?" when a word is near, else the choice.
func didYouMean(word string, words []string) string {
	if near := Nearest(word, words); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	sorted := slices.Sorted(slices.Values(words))
	if len(sorted) > 30 {
		return ""
	}
	return fmt.Sprintf(" (there are %s)", strings.Join(sorted, ", "))
}

// Nearest returns the word with the least edit distance (Levenshtein) to the one
// given, "" when none is within a third of its length. Ends of dotted names count
// as the name.
func Nearest(word string, words []string) string {
	best, distance := "", max(len(word)/3, 1)+1
	for _, w := range words {
		for end := w; ; {
			if d := levenshtein(word, end); d < distance {
				best, distance = w, d
			}
			_, rest, more := strings.Cut(end, ".")
			if !more {
				break
			}
			end = rest
		}
	}
	return best
}

func levenshtein(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
