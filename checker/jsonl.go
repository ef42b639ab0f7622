package checker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// JSON lines: one event on a line, blank lines apart, in the form that Jepsen
// and Elle use, keys in any order:
//
//	{"process":0,"type":"invoke","f":"write","key":"x","value":1}
//	{"process":0,"type":"ok","f":"write"}
//	{"process":1,"type":"invoke","f":"read","key":"x"}
//	{"process":1,"type":"ok","f":"read","value":1}
//	{"process":1,"type":"invoke","f":"cas","key":"x","value":[1,2]}
//
// process is an integer from 0 to 2147483647. key is a string or an integer and
// may be left out if there is one object. A value is a string, a number, true,
// false, or null for an object that was never written; a cas has [expected,new].
// Numbers are equal if they are written alike: 1 is not 1.0. index, time and
// error are accepted and not used; any other field is refused.

var jsonFields = []string{"process", "type", "f", "key", "value", "index", "time", "error"}

// jsonLine decodes one line.
func (l *eventLog) jsonLine(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	e := logEvent{process: -1}
	fields, err := e.jsonObject(line)
	if err != nil {
		return err
	}
	if e.process < 0 {
		return fmt.Errorf("field process: is missing; want an integer")
	}
	if err := e.checkNames(); err != nil {
		return err
	}
	if fields.value != nil && e.kind != "info" {
		if err := e.jsonValue(fields.value); err != nil {
			return err
		}
	}
	if e.kind == "invoke" && e.f != "read" && !e.hasValue {
		return fmt.Errorf("field value: is missing; want what the %s sets", e.f)
	}
	return l.add(&e)
}

// rawFields are those whose meaning depends on other fields.
type rawFields struct{ value json.RawMessage }

// jsonObject reads the fields of one object in the order they are written, so
// that the first fault is the one reported, and a field given twice is one.
func (e *logEvent) jsonObject(line []byte) (rawFields, error) {
	var fields rawFields
	dec := json.NewDecoder(bytes.NewReader(line))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return fields, fmt.Errorf("read %s; want one JSON object, as {\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}", excerpt(line))
	}
	seen := make([]bool, len(jsonFields))
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fields, malformed(err)
		}
		name := token.(string) // the decoder lets nothing else be a key
		which := -1
		for i, known := range jsonFields {
			if known == name {
				which = i
			}
		}
		if which < 0 {
			return fields, fmt.Errorf("field %s: is unknown; %s", strconv.Quote(name), suggest(name, jsonFields))
		}
		if seen[which] {
			return fields, fmt.Errorf("field %s: is given twice; want it once", name)
		}
		seen[which] = true
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fields, malformed(err)
		}
		if err := e.jsonField(name, raw, &fields); err != nil {
			return fields, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fields, malformed(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fields, fmt.Errorf("something follows the event; want one JSON object on a line")
	}
	return fields, nil
}

func malformed(err error) error {
	return fmt.Errorf("is not valid JSON (%w); want one object on a line", err)
}

func (e *logEvent) jsonField(name string, raw json.RawMessage, fields *rawFields) error {
	switch name {
	case "process":
		n, err := strconv.ParseInt(string(raw), 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("field process: read %s; want an integer from 0 to 2147483647", excerpt(raw))
		}
		e.process = int32(n)
	case "type", "f":
		into := &e.kind
		if name == "f" {
			into = &e.f
		}
		if err := json.Unmarshal(raw, into); err != nil || raw[0] != '"' {
			return fmt.Errorf("field %s: read %s; want a string", name, excerpt(raw))
		}
	case "key":
		if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil && raw[0] != '"' {
			return fmt.Errorf("field key: read %s; want a string or an integer", excerpt(raw))
		}
		e.key, e.hasKey = canonical(raw), true
	case "value":
		fields.value = raw
	}
	return nil
}

// jsonValue takes the value apart as the operation needs it.
func (e *logEvent) jsonValue(raw json.RawMessage) error {
	if e.f != "cas" {
		if raw[0] == '[' || raw[0] == '{' {
			return fmt.Errorf("field value: read %s; want a string, a number, true, false or null", excerpt(raw))
		}
		e.value, e.hasValue = canonical(raw), true
		return nil
	}
	var pair []json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 || isComposite(pair[0]) || isComposite(pair[1]) {
		if string(raw) == "null" && e.kind != "invoke" {
			return nil
		}
		return fmt.Errorf("field value: read %s; want [expected,new] for a cas", excerpt(raw))
	}
	e.expect, e.value, e.hasValue = canonical(pair[0]), canonical(pair[1]), true
	return nil
}

func isComposite(raw json.RawMessage) bool { return raw[0] == '[' || raw[0] == '{' }

// canonical returns a value's text such that equal values have equal text:
// strings may be escaped in several ways. Null is nil, which is Absent.
func canonical(raw json.RawMessage) []byte {
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] != '"':
		return raw
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err) // the decoder has read it as a string already
	}
	return []byte(quoteJSON(s))
}

// excerpt shows what was read, cut to what a sentence bears.
func excerpt(text []byte) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(string(text[:most]) + "...")
	}
	return strconv.Quote(string(text))
}
