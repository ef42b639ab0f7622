package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"turncoat/checker"
)

// A corpus is a directory of artifacts that is kept over versions of the code.
// Replaying it says what became of each. An artifact is never passed over in
// silence: what cannot be read is said so, and a file that by its name is none is
// named.

// State is what became of an artifact.
type State string

// The states.
const (
	StillFails  State = "still fails"  // the same run, to the digest, and not a pass
	StillPasses State = "still passes" // the same run, to the digest, and a pass
	Fixed       State = "fixed"        // it failed, and the same decisions now pass
	HasDiverged State = "diverged"     // another run, which does not simply pass
	Unreadable  State = "unreadable"   // not an artifact of this program, or cut short
	NoArtifact  State = "no artifact"  // another kind of file, by its name
)

// Kept is one file of a corpus.
type Kept struct {
	Path     string `json:"path"`
	State    State  `json:"state"`
	Verdict  string `json:"verdict"`  // now
	Property string `json:"property"` // now
	Detail   string `json:"detail"`

	Outcome checker.Verdict `json:"-"` // what it counts for: a pass when it is fixed
}

// ReplayAll replays every artifact below a directory, in the order of their names,
// and returns the gravest of what they count for. each is told of every file.
func ReplayAll(dir string, each func(*Kept)) (checker.Verdict, error) {
	worst, seen := checker.Pass, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		k := replayKept(path)
		if k.State != NoArtifact {
			seen++
			worst = checker.Worst(worst, k.Outcome)
		}
		each(k)
		return nil
	})
	if err == nil && seen == 0 {
		worst = checker.Vacuous
	}
	return worst, err
}

func replayKept(path string) *Kept {
	k := &Kept{Path: path}
	if ext := filepath.Ext(path); ext != ".turncoat" && ext != ".yaml" {
		k.State, k.Detail = NoArtifact, "its name ends neither in .turncoat nor in .yaml"
		return k
	}
	a, err := ReadArtifact(path)
	var rep *Report
	if err == nil {
		rep, err = a.Replay(nil)
	}
	var diverged *Divergence
	switch {
	case errors.As(err, &diverged):
		k.Verdict, k.Property = rep.Verdict, rep.Property
		k.diverged(a, rep)
	case err != nil:
		k.State, k.Outcome = Unreadable, checker.Invalid
		k.Detail = strings.ReplaceAll(err.Error(), "\n", "; ")
	default:
		k.State, k.Outcome = StillFails, rep.Outcome
		if rep.Outcome == checker.Pass {
			k.State = StillPasses
		}
		k.Verdict, k.Property, k.Detail = rep.Verdict, rep.Property, rep.Detail
	}
	return k
}

// diverged says how a run differs from its recording.
func (k *Kept) diverged(a *Artifact, rep *Report) {
	at := len(a.Decisions)
	for i, e := range a.Decisions {
		if i >= len(rep.Decisions) || rep.Decisions[i] != e.Decision {
			at = i
			break
		}
	}
	k.Detail = fmt.Sprintf("all %d decisions are followed, and the run differs", at)
	if at < len(a.Decisions) {
		text, _ := a.Decisions[at].MarshalText() // never fails
		k.Detail = fmt.Sprintf("at decision %d of %d: %s is not asked for next", at+1, len(a.Decisions), text)
	}
	k.State, k.Outcome = HasDiverged, checker.Diverged
	if rep.Outcome == checker.Pass && a.Verdict != checker.Pass.String() {
		k.State, k.Outcome = Fixed, checker.Pass
	}
}
