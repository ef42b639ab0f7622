package scenarios

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
	"go.yaml.in/yaml/v4"

	"turncoat/results"
)

// Record is the file in which a sweep writes each run that it has finished, a
// line of JSON each, so that it can be resumed, and so that shards that share a
// directory add up. Its first line says what was swept.
type Record struct {
	Known []results.Run // of all records in the directory, when resuming

	file *os.File
}

// recordHeader tells sweeps apart that must not be mixed.
type recordHeader struct {
	Code  string `json:"code"`
	Sweep string `json:"sweep"` // hash of scenarios, suite and lifted rules
}

// OpenRecord opens the record of a sweep in dir. With resume, what earlier sweeps
// of the same scenarios, options and code have finished there is known, every
// shard's; without, the record is begun anew.
func OpenRecord(dir string, specs []*Spec, o *SweepOptions, resume bool) (*Record, error) {
	header, err := headerOf(specs, o)
	if err != nil {
		return nil, err
	}
	r := &Record{}
	path := filepath.Join(dir, "runs.jsonl")
	if o.Of > 0 {
		path = filepath.Join(dir, fmt.Sprintf("runs-%d-of-%d.jsonl", o.Shard, o.Of))
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if resume {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
		if err := r.load(dir, path, header, o); err != nil {
			return nil, err
		}
	}
	fresh := true
	if info, err := os.Stat(path); err == nil && resume {
		fresh = info.Size() == 0
	}
	if r.file, err = os.OpenFile(path, flags, 0o644); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	if fresh {
		if err := json.NewEncoder(r.file).Encode(header); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
	}
	return r, nil
}

func headerOf(specs []*Spec, o *SweepOptions) (recordHeader, error) {
	h := xxh3.New()
	for _, s := range specs {
		b, err := yaml.Dump(s)
		if err != nil {
			return recordHeader{}, err
		}
		_, _ = h.Write(b)
	}
	rules := slices.Sorted(slices.Values(o.Lift))
	_, _ = h.WriteString(string(o.Suite) + " " + strings.Join(rules, " "))
	return recordHeader{Version(), fmt.Sprintf("%016x", h.Sum64())}, nil
}

// load reads every record of the directory. A last line that was cut short by a
// crash is cut off the file that is about to be continued.
func (r *Record) load(dir, own string, header recordHeader, o *SweepOptions) error {
	paths, err := filepath.Glob(filepath.Join(dir, "runs*.jsonl"))
	if err != nil {
		return err
	}
	seen := make(map[runKey]bool)
	for _, path := range paths {
		whole, err := r.read(path, header, o, seen)
		if err != nil {
			return err
		}
		if path == own {
			if err := os.Truncate(path, whole); err != nil {
				return fmt.Errorf("--resume: %w", err)
			}
		}
	}
	return nil
}

// read takes the runs of one file that lie in the sweep, and returns how many
// bytes of it are whole lines.
func (r *Record) read(path string, header recordHeader, o *SweepOptions, seen map[runKey]bool) (whole int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("--resume: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for line := 1; ; line++ {
		b, err := in.ReadBytes('\n')
		if err != nil {
			return whole, nil // at the end, or at a line cut short
		}
		if line == 1 {
			var found recordHeader
			if err := json.Unmarshal(b, &found); err != nil || found != header {
				return 0, fmt.Errorf("--resume: %s was written by another sweep or another version of the code; use another --out, or sweep anew without --resume", path)
			}
		} else {
			var run results.Run
			if err := json.Unmarshal(b, &run); err != nil {
				return 0, fmt.Errorf("--resume: %s:%d: not a run: %w", path, line, err)
			}
			key := runKey{run.Scenario, run.Seed}
			if run.Seed >= o.From && (run.Seed < o.To || o.To == 0) && !seen[key] {
				seen[key] = true
				r.Known = append(r.Known, run)
			}
		}
		whole += int64(len(b))
	}
}

// Add writes a run that was finished.
func (r *Record) Add(run *results.Run) error {
	b, err := json.Marshal(run)
	if err == nil {
		_, err = r.file.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("record of runs: %w", err)
	}
	return nil
}

// Close closes the file.
func (r *Record) Close() error { return r.file.Close() }
