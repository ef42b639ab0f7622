package scenarios

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Decode reads a scenario. Its error lists every mistake, a sentence each, with
// file, line and field; unknown fields are mistakes.
func Decode(file string, text []byte) (*Spec, error) {
	s := defaults()
	s.source = newSource(file)
	if err := s.source.decode(text, &s, "a scenario begins with a name"); err != nil {
		return nil, err
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return &s, nil
}

// DecodeStrict reads YAML into a struct whose fields have yaml tags. Its error
// lists every mistake, a sentence each, with file, line and field.
func DecodeStrict(file string, text []byte, into any) error {
	src := newSource(file)
	return src.decode(text, into, "fields are wanted")
}

// source remembers where the values of a scenario come from.
type source struct {
	file    string
	under   string          // the path of the scenario in a larger document
	library bool            // a scenario that ships with the program
	lines   map[string]int  // by path of field
	sets    map[string]bool // paths that were given on the command line
}

func newSource(file string) source {
	return source{file: file, lines: make(map[string]int), sets: make(map[string]bool)}
}

// decode reads a document into a struct. want says what an empty one lacks.
func (s *source) decode(text []byte, into any, want string) error {
	root, err := loadYAML(s.file, text)
	if err != nil {
		return err
	}
	if root == nil {
		return fmt.Errorf("%s: empty: %s", s.file, want)
	}
	d := decoder{source: s}
	d.value(root, reflect.ValueOf(into).Elem(), "")
	return errors.Join(d.errs...)
}

// loadYAML returns the root of a document, nil when there is none.
func loadYAML(file string, text []byte) (*yaml.Node, error) {
	var doc yaml.Node
	err := yaml.Load(text, &doc)
	var first *yaml.LoadError
	switch {
	case err == nil && len(doc.Content) == 1:
		return doc.Content[0], nil
	case err == nil || strings.Contains(err.Error(), "no documents in stream"):
		return nil, nil
	case errors.As(err, &first) && first.Mark.Line > 0:
		return nil, fmt.Errorf("%s:%d: not YAML: %s", file, first.Mark.Line, first.Message)
	}
	return nil, fmt.Errorf("%s: not YAML: %w", file, err)
}

// at returns the place of a field, for messages.
func (s *source) at(path string) string {
	for p := path; ; {
		if s.sets[p] {
			return "--set " + path
		}
		if line, ok := s.lines[join(s.under, p)]; ok {
			return fmt.Sprintf("%s:%d: %s", s.file, line, join(s.under, path))
		}
		i := strings.LastIndexByte(p, '.')
		if i < 0 {
			return fmt.Sprintf("%s: %s", s.file, join(s.under, path))
		}
		p = p[:i]
	}
}

// decoder gathers what is wrong with a document.
type decoder struct {
	*source
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
	d.lines[path] = n.Line
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
			d.fail(n.Content[i], path, "there is no field %q%s", key, DidYouMean(key, fieldNames(v.Type())))
		case seen[key]:
			d.fail(n.Content[i], path, "field %q is given twice", key)
		default:
			d.value(n.Content[i+1], field, join(path, key))
			d.lines[join(path, key)] = n.Content[i].Line // where the field is named, not where its value begins
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
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number from 0", text)
		}
		v.SetUint(n)
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
		switch tag := v.Type().Field(i).Tag.Get("yaml"); {
		case tag == "": // not part of the document
		case tag == ",inline":
			if f, ok := fieldByName(v.Field(i), name); ok {
				return f, true
			}
		case tag == name:
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		switch tag := f.Tag.Get("yaml"); tag {
		case "": // not part of the document
		case ",inline":
			names = append(names, fieldNames(f.Type)...)
		default:
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
