package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"turncoat/checker"
	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/sim"
)

// Options says how to run a scenario.
type Options struct {
	Seed  uint64
	Suite auth.Suite
	Lift  []string // names of rules
	Sets  []string // "key=value", already applied to the scenario; for the command that reproduces

	Listed    bool           // follow Decisions in place of the seed
	Decisions []sim.Decision // what to follow
	Keep      bool           // keep the decisions that were made
	Calm      bool           // keep those too that were made calmly
	Tracer    sim.Tracer     // may be nil
	Observers []sim.Observer // that measure
	Heartbeat *atomic.Uint64 // may be nil
}

// Report is a finished run.
type Report struct {
	results.Run

	Outcome    checker.Verdict
	World      sim.Outcome // what happened
	Assumed    []Assumed   // the fault bounds, and how they were kept
	Findings   []checker.Finding
	Servers    int           // nodes from 0; those after are clients
	LastReturn time.Duration // virtual time at which the last operation returned
	History    *checker.History
	Decisions  []sim.Decision // with Keep, or when a list was followed
	Judge      sim.Observer   // the checker that watched the run, for who measures what it has counted
}

// Run runs a scenario once and judges it. The error says that nothing was run:
// the options or the scenario are at fault.
func Run(spec *Spec, o Options) (*Report, error) { return runWith(spec, o, o.decisions()) }

// decisions returns what decides the run.
func (o *Options) decisions() *sim.Decisions {
	d := sim.FromSeed(o.Seed, o.Keep)
	if o.Listed {
		d = sim.FromList(o.Seed, o.Decisions)
	}
	if o.Calm {
		d.KeepCalm()
	}
	return d
}

func runWith(spec *Spec, o Options, d *sim.Decisions) (*Report, error) {
	begun := now()
	r, err := build(spec, o, d)
	if err != nil {
		return nil, err
	}
	out := r.world.Run()
	if o.Heartbeat != nil {
		o.Heartbeat.Store(judging)
	}
	rep := &Report{World: out, Findings: r.watch.Findings(), Servers: r.servers, LastReturn: r.base.LastReturn(), History: &r.base.History, Decisions: d.Kept(), Judge: r.watch}
	rep.Run = results.Run{
		Scenario: spec.Name, Seed: o.Seed, VirtualNS: int64(out.Virtual), Events: out.Events, Messages: out.Counts.Messages,
		Operations: results.Operations{Invoked: out.Counts.Invoked, Returned: out.Counts.Returned, Pending: out.Counts.Invoked - out.Counts.Returned},
		Reach:      reachCounts(r.base.Reach), Faults: r.faultCounts(&out), Lies: r.lies,
		Reproduce: Reproduce(spec, o),
	}
	if v, ok := r.watch.(interface{ Views() uint64 }); ok {
		rep.Views = v.Views()
	}
	if v, ok := r.watch.(interface{ Epochs() uint64 }); ok {
		rep.Epochs = v.Epochs()
	}
	var windows []checker.Window
	if w, ok := r.watch.(interface {
		Windows(end time.Duration) []checker.Window
	}); ok {
		windows = w.Windows(out.Virtual)
	}
	rep.Assumed = r.assumed(windows, out.Faulty)
	out.Exceeded = append(out.Exceeded, exceeded(rep.Assumed[len(r.subject.bounds()):])...) // of the others the world has said so
	rep.World.Exceeded = out.Exceeded
	r.judge(rep, &out)
	rep.Verdict = rep.Outcome.String()
	rep.Digest = r.world.Seal(rep.Verdict + "\x00" + rep.Property).String()
	rep.WallNS = int64(now().Sub(begun))
	return rep, nil
}

// judge gives the verdict: the gravest of what the run itself, the invariants,
// the history and the clock have to say.
func (r *run) judge(rep *Report, out *sim.Outcome) {
	rep.Outcome = checker.Pass
	say := func(v checker.Verdict, property, detail string) {
		if rep.Outcome == checker.Pass || checker.Worst(v, rep.Outcome) != rep.Outcome {
			rep.Outcome, rep.Property, rep.Detail = v, property, detail
		}
	}
	switch out.Stop {
	case sim.TimeStands:
		say(checker.Invalid, "time-advances", out.Detail)
		return
	case sim.Panicked:
		say(checker.Violation, "assertion", out.Detail)
	case sim.Exhausted:
		say(checker.Undecided, "event-budget", fmt.Sprintf("%d events did not suffice", out.Events))
	}
	for _, f := range r.watch.Findings() {
		say(checker.Violation, f.Property, f.Detail)
	}
	r.base.Join()
	history := checker.Check(rep.History, checker.Options{})
	if history.Verdict != checker.Pass && history.Verdict != checker.Vacuous {
		say(history.Verdict, r.system.atomicity, history.Detail)
	}
	if v, detail := r.watch.Liveness(int64(out.Virtual), out.Stop == sim.Quiescent); v != checker.Pass && out.Stop != sim.Panicked {
		say(v, "liveness", detail)
	}
	if rep.Outcome == checker.Pass && rep.Operations.Returned == 0 {
		say(checker.Vacuous, "", "no operation returned, so nothing was checked")
	}
	r.assumptions(rep, out)
}

// assumptions turns what broke after a fault bound was exceeded into a finding
// about the assumption. The bounds are computed from what happened.
func (r *run) assumptions(rep *Report, out *sim.Outcome) {
	if rep.Outcome != checker.Violation && rep.Outcome != checker.Stuck {
		return
	}
	if s, timed := r.subject.(interface{ drift() int64 }); timed && r.drift > s.drift() {
		rep.Outcome = checker.Assumption
		rep.Detail += fmt.Sprintf("; the bound on clocks was exceeded: one drifts by %d ppm where at most %d are assumed", r.drift, s.drift())
		return
	}
	if len(out.Exceeded) == 0 {
		return
	}
	rep.Outcome = checker.Assumption
	rep.Detail += "; the fault bound was exceeded: " + out.Exceeded[0].String()
	if !r.spec.Adversary.BeyondBound {
		rep.Detail += ", which the scenario did not declare (adversary.beyond-bound)"
	}
}

func (r *run) faultCounts(out *sim.Outcome) map[string]uint64 {
	counts := make(map[string]uint64)
	add := func(name string, n uint64) {
		if n > 0 {
			counts[name] = n
		}
	}
	add("loss", out.Counts.Lost)
	add("duplicate", out.Counts.Duplicated)
	add("corrupt", out.Counts.Corrupted)
	add("liar", uint64(len(r.liars)-len(r.bad)))
	add("bad-client", uint64(len(r.bad)))
	add("taken-over", r.base.Reach.Count(noteSeized))
	for act, n := range out.Struck {
		add(act.String(), n)
	}
	return counts
}

func reachCounts(r *checker.Reach) map[string]uint64 {
	counts := make(map[string]uint64)
	for _, name := range r.Names() {
		counts[name] = r.Count(name)
	}
	return counts
}

// Reproduce returns the command that repeats a run.
func Reproduce(spec *Spec, o Options) string {
	words := []string{"turncoat", "run", quote(spec.ref()), "--seed", fmt.Sprint(o.Seed)}
	for _, s := range o.Sets {
		words = append(words, "--set", quote(s))
	}
	for _, rule := range slices.Sorted(slices.Values(o.Lift)) {
		words = append(words, "--lift", rule)
	}
	if o.Suite != auth.Ideal {
		words = append(words, "--suite", string(o.Suite))
	}
	return strings.Join(words, " ")
}

// quote protects a word from the shell.
func quote(s string) string {
	if strings.ContainsAny(s, " ()*?$&;|<>'\"\\") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// now reads the clock for the figures of a run that are not part of its digest.
func now() time.Time { return time.Now() }
