package bftbc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// Stories: scripts in testdata/stories, each readable by who knows the paper. The
// servers are 0..3, clients c0.. follow, then the admission authority. The commands:
//
//	cluster variant=base clients=2 suite=real lift=bftbc.prepare
//	write c=0 x=v, read c=0 x                correct clients invoke operations
//	run|deliver|drop|dup from=() to=() kind=()   messages in flight: until there are none, one wave, ...
//	prepare c=1 x=v counter=1 to=() max=0.1.u previous=1.1.v complete=...   a faulty client asks, with the certificates that it could assemble
//	hint c=1 x=v seq=1 to=() previous=...    the same, of the merged phase
//	hand c=1 x=v counter=1 to=() as=w fast   anyone sends a WRITE with the certificate that could be assembled
//	remove c=1                               the authority begins to remove a client
//	timer c=0, restart s=1, wipe s=1         wipe leaves a replica that forgot what it signed: a faulty one
//	state x, results, notes                  what there is to see
//
// A stamp such as 1.2.v is client, counter and value; forged in front of it gives a
// certificate without votes.
func TestStories(t *testing.T) {
	storytest.Walk(t, "testdata/stories", func(t *testing.T) func(*datadriven.TestData) string { return (&story{t: t}).command })
}

type story struct {
	*network
	t     *testing.T
	shown map[string]int // notes already shown
}

func (s *story) command(d *datadriven.TestData) string {
	switch d.Cmd {
	case "cluster":
		return s.cluster(d)
	case "write", "read":
		return s.operate(d)
	case "run":
		return storytest.Summary(s.network.run(s.filter(d)))
	case "deliver":
		list := s.Take(s.filter(d))
		for _, e := range list {
			s.network.deliver(e)
		}
		return storytest.Summary(list)
	case "drop":
		return storytest.Summary(s.Take(s.filter(d)))
	case "dup":
		return storytest.Summary(s.Again(s.filter(d)))
	case "prepare", "hint", "hand":
		return s.faulty(d)
	case "remove":
		s.expire(len(s.keys)-1, protocol.TimerID(storytest.Number(d, "c", 0)))
		return ""
	case "timer":
		s.expire(len(s.replicas)+storytest.Number(d, "c", 0), retryTimer)
		return ""
	case "restart":
		s.restart(storytest.Number(d, "s", 0))
		return ""
	case "wipe":
		i := storytest.Number(d, "s", 0)
		s.disks[i] = nil
		s.restart(i)
		return ""
	case "state":
		return s.state(d.CmdArgs[0].Key)
	case "results":
		out := strings.Join(s.results, " ")
		s.results = nil
		return out
	case "notes":
		return s.noted()
	}
	d.Fatalf(s.t, "there is no command %q", d.Cmd)
	return ""
}

func (s *story) cluster(d *datadriven.TestData) string {
	cfg, suite := Config{F: 1}, auth.Ideal
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "variant":
			cfg.Variant = Variant(slices.Index(Variants(), a.Vals[0]))
		case "suite":
			suite = auth.Suite(a.Vals[0])
		case "lift":
			for _, r := range Rules {
				if r.Name == a.Vals[0] {
					cfg.Lifted |= r.Rule
				}
			}
		}
	}
	s.network, s.shown = newNetwork(cfg, suite, storytest.Number(d, "clients", 2)), map[string]int{}
	return ""
}

func (s *story) operate(d *datadriven.TestData) string {
	object, value := s.target(d)
	kind := protocol.Write
	if d.Cmd == "read" {
		kind = protocol.Read
	}
	s.invoke(storytest.Number(d, "c", 0), kind, object, value)
	return ""
}

// target returns the one argument that names an object, and its value.
func (s *story) target(d *datadriven.TestData) (object, value string) {
	for _, a := range d.CmdArgs {
		if len(a.Key) == 1 && a.Key != "c" && a.Key != "s" {
			if len(a.Vals) > 0 {
				value = a.Vals[0]
			}
			return a.Key, value
		}
	}
	d.Fatalf(s.t, "which object?")
	return "", ""
}

// faulty sends what no correct client would.
func (s *story) faulty(d *datadriven.TestData) string {
	object, value := s.target(d)
	c, counter := storytest.Number(d, "c", 0), storytest.Number(d, "counter", 1)
	stamp := s.network.stamp(c, counter, value)
	h := Header{s.object(object), 0}
	var m protocol.Message
	switch d.Cmd {
	case "prepare":
		m = &Prepare{
			Header: h, Client: stamp.TS.Client, TS: stamp.TS, Digest: stamp.Digest,
			Max: s.cert(d, "max", Prepared), Previous: s.cert(d, "previous", Written), Completed: s.cert(d, "complete", Written),
		}
	case "hint":
		m = &ReadTSPrep{
			Header: h, Client: stamp.TS.Client, Seq: uint64(storytest.Number(d, "seq", 1)), Digest: stamp.Digest,
			Previous: s.cert(d, "previous", Written),
		}
	case "hand":
		claim := Prepared
		if d.HasArg("fast") {
			claim = PreparedFast
		}
		r := &Record{Value: []byte(value), Cert: s.certificate(claim, stamp)}
		if d.HasArg("as") {
			r.Value = []byte(word(d, "as"))
		}
		if r.Cert == nil && !d.HasArg("forged") {
			return "no certificate"
		}
		if r.Cert == nil {
			r.Cert = &Certificate{Claim: claim, Stamp: stamp}
		}
		m = &Write{h, r}
	}
	Sign(s.keys[len(s.replicas)+c], s.cfg.Epoch, m)
	for _, to := range s.nodes(d, "to", len(s.replicas)) {
		s.Put(stamp.TS.Client, to, m)
	}
	return ""
}

// cert reads "0.1.v" as the certificate of what client 0 wrote at counter 1.
func (s *story) cert(d *datadriven.TestData, key string, claim Claim) *Certificate {
	if !d.HasArg(key) {
		return nil
	}
	text, forged := strings.CutPrefix(word(d, key), "forged-")
	parts := strings.SplitN(text, ".", 3)
	var client, counter int
	fmt.Sscan(parts[0], &client)
	fmt.Sscan(parts[1], &counter)
	stamp := s.network.stamp(client, counter, parts[2])
	if forged {
		return &Certificate{Claim: claim, Stamp: stamp}
	}
	for _, c := range []Claim{claim, PreparedFast} {
		if cert := s.certificate(c, stamp); cert != nil && (c == claim || claim == Prepared) {
			return cert
		}
	}
	d.Fatalf(s.t, "nobody can assemble %s=%s", key, text)
	return nil
}

// filter returns what matches from=, to= and kind=, each a list.
func (s *story) filter(d *datadriven.TestData) func(envelope) bool {
	from, to, kinds := s.nodes(d, "from", len(s.keys)), s.nodes(d, "to", len(s.keys)), storytest.Values(d, "kind")
	return func(e envelope) bool {
		return slices.Contains(from, e.From) && slices.Contains(to, e.To) && (kinds == nil || slices.Contains(kinds, e.Kind()))
	}
}

// nodes reads a list such as (0,1,c0); all of the first n when it is absent.
func (s *story) nodes(d *datadriven.TestData, key string, n int) (out []protocol.NodeID) {
	if !d.HasArg(key) {
		for i := range n {
			out = append(out, protocol.NodeID(i))
		}
		return out
	}
	for _, word := range storytest.Values(d, key) {
		text, client := strings.CutPrefix(word, "c")
		var i int
		fmt.Sscan(text, &i)
		if client {
			i += len(s.replicas)
		}
		out = append(out, protocol.NodeID(i))
	}
	return out
}

// state shows what each replica holds of an object.
func (s *story) state(object string) string {
	var out []string
	for i, r := range s.replicas {
		o := r.object(s.object(object))
		line := fmt.Sprintf("%d: %s", i, s.show(o.record.stamp()))
		if o.record != nil {
			line += fmt.Sprintf(" %q", o.record.Value)
		}
		for _, e := range o.plist {
			line += " prepared " + s.show(e.Stamp)
		}
		for _, e := range o.fast {
			if e.Stamp.Compare(o.written) > 0 {
				line += " predicted " + s.show(e.Stamp)
			}
		}
		out = append(out, line+" complete "+s.show(o.written))
	}
	return strings.Join(out, "\n")
}

// show names a stamp by client and counter; the digest tells values apart.
func (s *story) show(x Stamp) string {
	if x == (Stamp{}) {
		return "-"
	}
	return fmt.Sprintf("c%d.%d", int(x.TS.Client)-len(s.replicas), x.TS.Counter)
}

// noted lists the situations since it was last asked.
func (s *story) noted() string {
	return strings.Join(storytest.News(s.notes, s.shown, "%s %d"), ", ")
}

func word(d *datadriven.TestData, key string) string { return storytest.Values(d, key)[0] }
