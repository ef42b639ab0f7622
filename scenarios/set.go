package scenarios

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
)

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
		return fmt.Errorf("--set %s: the scenario has no such field%s", key, DidYouMean(key, names))
	case 1:
	default:
		var paths []string
		for _, l := range found {
			paths = append(paths, l.path)
		}
		return fmt.Errorf("--set %s: could be %s", key, strings.Join(paths, " or "))
	}
	s.source.sets[found[0].path] = true
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
			switch tag {
			case "": // not part of the document
			case ",inline":
				collect(v.Field(i), path, out)
			default:
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
