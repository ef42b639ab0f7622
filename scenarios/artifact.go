package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"go.yaml.in/yaml/v4"

	"turncoat/protocol/auth"
	"turncoat/sim"
)

// ArtifactFormat is the version of the artifact's form.
const ArtifactFormat = 1

// Artifact is everything that repeats a run and says what it was: one YAML
// document, compressed by zstd when it is written by a machine. Uncompressed it
// can be read and edited, and is accepted just the same.
type Artifact struct {
	Format    uint64   `yaml:"turncoat"` // ArtifactFormat
	Code      string   `yaml:"code"`     // version of the program that made it
	Seed      uint64   `yaml:"seed"`     // of keys and nonces, and of all that is decided when nothing is listed
	Suite     string   `yaml:"suite"`
	Lift      []string `yaml:"lift"`
	Verdict   string   `yaml:"verdict"`
	Property  string   `yaml:"property"`
	Detail    string   `yaml:"detail"`
	Digest    string   `yaml:"digest"`
	Reproduce string   `yaml:"reproduce"`
	Scenario  Spec     `yaml:"scenario"`
	Decisions []Entry  `yaml:"decisions"` // what was not calm
	History   []string `yaml:"history"`   // for people
	Last      []string `yaml:"last"`      // the last events, for people
}

// Entry is a decision in words: "delay 0->3 op2 #1 = 1234567".
type Entry struct{ sim.Decision }

// MarshalText writes what UnmarshalText reads.
func (e Entry) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%v = %d", e.Key, e.Value), nil
}

// UnmarshalText reads "CHOICE ACTOR[->PEER] [LABEL] [opNUMBER] #INDEX = VALUE".
func (e *Entry) UnmarshalText(text []byte) error {
	wrong := fmt.Errorf("%q is not a decision such as \"delay 0->3 op2 #1 = 1234567\"", text)
	left, value, ok := strings.Cut(string(text), " = ")
	words := strings.Fields(left)
	if !ok || len(words) < 3 || len(words) > 5 || !strings.HasPrefix(words[len(words)-1], "#") {
		return wrong
	}
	var err error
	if e.Choice, err = sim.ParseChoice(words[0]); err != nil {
		return err
	}
	actor, peer, pair := strings.Cut(words[1], "->")
	middle := words[2 : len(words)-1]
	if n := len(middle); n > 0 {
		op, isOp := strings.CutPrefix(middle[n-1], "op")
		if number, err := strconv.ParseUint(op, 10, 31); isOp && err == nil {
			e.Op, middle = uint32(number)+1, middle[:n-1]
		}
	}
	if len(middle) > 1 {
		return wrong
	}
	if len(middle) == 1 {
		e.Label = middle[0]
	}
	if !pair {
		peer = "-1"
	}
	actorNumber, err1 := strconv.ParseInt(actor, 10, 32)
	peerNumber, err2 := strconv.ParseInt(peer, 10, 32)
	index, err3 := strconv.ParseUint(words[len(words)-1][1:], 10, 32)
	v, err4 := strconv.ParseInt(value, 10, 64)
	if errors.Join(err1, err2, err3, err4) != nil {
		return wrong
	}
	e.Actor, e.Peer, e.Index, e.Value = int32(actorNumber), int32(peerNumber), uint32(index), v
	return nil
}

// NewArtifact runs a scenario again with everything recorded. The digest must be
// that of rep: if it is not, the program itself is not deterministic, and the
// error says so. A run that never returned does not return again, and leaves what
// it had decided by then.
func NewArtifact(spec *Spec, o Options, rep *Report) (*Artifact, error) {
	last := newLastSteps(64)
	o.Keep, o.Tracer, o.Heartbeat = true, last, nil
	again, err := Guarded(spec, o, spec.Patience())
	if err != nil {
		return nil, err
	}
	if again.Digest != rep.Digest {
		return nil, &Divergence{Want: rep.Digest, Got: again.Digest}
	}
	a := &Artifact{
		Format: ArtifactFormat, Code: Version(), Seed: o.Seed, Suite: string(o.Suite), Lift: o.Lift,
		Verdict: again.Verdict, Property: again.Property, Detail: again.Detail, Digest: again.Digest, Reproduce: again.Reproduce,
		Scenario: *spec,
	}
	if again.Property != machineReturns { // else its goroutine may still write them
		a.History, a.Last = historyLines(again.History), last.lines()
	}
	for _, d := range again.Decisions {
		a.Decisions = append(a.Decisions, Entry{d})
	}
	return a, nil
}

// Divergence says that a run did not repeat.
type Divergence struct{ Want, Got string }

func (d *Divergence) Error() string {
	return fmt.Sprintf("the run did not repeat: digest %s where %s was recorded", d.Got, d.Want)
}

// Options returns the options that follow the artifact's decisions.
func (a *Artifact) Options() Options {
	o := Options{Seed: a.Seed, Suite: auth.Suite(a.Suite), Lift: a.Lift, Listed: true}
	for _, e := range a.Decisions {
		o.Decisions = append(o.Decisions, e.Decision)
	}
	return o
}

// Write puts the artifact into a file, compressed, or as text if the name ends in
// .yaml. The file is whole or not there.
func (a *Artifact) Write(path string) error {
	text, err := yaml.Dump(a)
	if err != nil {
		return fmt.Errorf("artifact %s: %w", path, err)
	}
	if !strings.HasSuffix(path, ".yaml") {
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("artifact %s: %w", path, err)
		}
		text = enc.EncodeAll(text, nil)
	}
	return WriteFile(path, text)
}

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// maxArtifact bounds what a compressed artifact may expand to.
const maxArtifact = 1 << 30

// ReadArtifact reads an artifact from a file.
func ReadArtifact(path string) (*Artifact, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return DecodeArtifact(path, b)
}

// DecodeArtifact reads an artifact. Errors name the file, and the line and field
// where there is one.
func DecodeArtifact(name string, b []byte) (*Artifact, error) {
	if bytes.HasPrefix(b, zstdMagic) {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxArtifact))
		if err != nil {
			return nil, err
		}
		defer dec.Close()
		if b, err = dec.DecodeAll(b, nil); err != nil {
			return nil, fmt.Errorf("%s: the artifact is damaged or cut short: %w", name, err)
		}
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%s: not an artifact: it is neither compressed by zstd nor text", name)
	}
	a := &Artifact{Scenario: defaults()}
	a.Scenario.source = newSource(name)
	if err := a.Scenario.source.decode(b, a, "an artifact is wanted"); err != nil {
		return nil, err
	}
	if err := a.validate(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Artifact) validate() error {
	from := &a.Scenario.source
	if a.Format != ArtifactFormat {
		return fmt.Errorf("%s: form %d of artifacts is not known here (this program writes %d)", from.at("turncoat"), a.Format, ArtifactFormat)
	}
	if _, err := sim.ParseDigest(a.Digest); err != nil {
		return fmt.Errorf("%s: %w", from.at("digest"), err)
	}
	if a.Suite != string(auth.Ideal) && a.Suite != string(auth.Real) {
		return fmt.Errorf("%s: %q is neither %q nor %q", from.at("suite"), a.Suite, auth.Ideal, auth.Real)
	}
	if err := CheckRules(a.Lift); err != nil {
		return fmt.Errorf("%s: %w", from.at("lift"), err)
	}
	from.under = "scenario"
	a.Scenario.source.sets["adversary.liars"] = true // whether it was meant was settled when it was made
	return a.Scenario.validate()
}

// Replay repeats the run of an artifact, under the watchdog. A *Divergence, which
// comes with the report, says that it is no longer the same.
func (a *Artifact) Replay(t sim.Tracer) (*Report, error) {
	o := a.Options()
	o.Tracer = t
	rep, err := Guarded(&a.Scenario, o, a.Scenario.Patience())
	if err != nil {
		return nil, err
	}
	rep.Reproduce = a.Reproduce
	if rep.Digest != a.Digest {
		return rep, &Divergence{Want: a.Digest, Got: rep.Digest}
	}
	return rep, nil
}
