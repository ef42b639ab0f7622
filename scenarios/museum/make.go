package museum

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"turncoat/scenarios"
)

// Make finds an exhibit anew, by its label, and writes its artifact and its story
// below dir. Of the first findings of several searches the smallest is shown.
func (e *Exhibit) Make(dir string, searches, jobs int) error {
	spec, err := scenarios.Lookup(e.Scenario)
	if err != nil {
		return err
	}
	var best *scenarios.Artifact
	for i := range uint64(searches) {
		seed, tried, err := e.find(spec, i*Most, Most, jobs)
		if err != nil {
			return err
		}
		if tried > Most {
			continue
		}
		small, err := e.small(spec, seed, jobs)
		if err != nil {
			return err
		}
		if best == nil || len(small.Artifact.Decisions) < len(best.Decisions) {
			best = small.Artifact
		}
	}
	if best == nil {
		return fmt.Errorf("exhibit %s: %d searches of %s find no %s", e.Name, searches, e.Scenario, what(e.Verdict, e.Property))
	}
	best.Code, best.Reproduce = "", "turncoat museum "+e.Name
	story, err := tell(best)
	if err != nil {
		return err
	}
	return errors.Join(best.Write(filepath.Join(dir, e.Name, "small.yaml")),
		scenarios.WriteFile(filepath.Join(dir, e.Name, "story.txt"), []byte(story)))
}

// together does n runs at a time and returns their reports in order.
func together(n uint64, run func(i uint64) (*scenarios.Report, error)) ([]*scenarios.Report, error) {
	reports, errs := make([]*scenarios.Report, n), make([]error, n)
	var jobs sync.WaitGroup
	for i := range n {
		jobs.Go(func() { reports[i], errs[i] = run(i) })
	}
	jobs.Wait()
	return reports, errors.Join(errs...)
}
