package sim

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed regions.csv
var regionsCSV string

// Regions is a table of measured round trips between the regions of a public
// cloud; regions.csv names source and date.
type Regions struct {
	Names []string
	RTT   [][]time.Duration // [from][to]; within a region, see LocalRTT
}

// LocalRTT is the round trip within one region, which the table does not give [O].
const LocalRTT = time.Millisecond

// LoadRegions returns the table that ships with the program.
func LoadRegions() *Regions {
	r, err := parseRegions(regionsCSV)
	if err != nil {
		panic(err) // the table is part of the program
	}
	return r
}

func parseRegions(text string) (*Regions, error) {
	read := csv.NewReader(strings.NewReader(text))
	read.Comment = '#'
	read.FieldsPerRecord = 3
	rows, err := read.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	if len(rows) < 2 {
		return nil, errors.New("regions: a heading and no measurement")
	}
	r := &Regions{}
	for _, row := range rows[1:] {
		for _, name := range row[:2] {
			if !slices.Contains(r.Names, name) {
				r.Names = append(r.Names, name)
			}
		}
	}
	for range r.Names {
		r.RTT = append(r.RTT, make([]time.Duration, len(r.Names)))
	}
	for _, row := range rows[1:] {
		us, err := strconv.ParseUint(row[2], 10, 32)
		if err != nil || us == 0 {
			return nil, fmt.Errorf("regions: %q to %q: %q is not a number of microseconds", row[0], row[1], row[2])
		}
		rtt := &r.RTT[slices.Index(r.Names, row[0])][slices.Index(r.Names, row[1])]
		if *rtt != 0 {
			return nil, fmt.Errorf("regions: %q to %q is there twice", row[0], row[1])
		}
		*rtt = time.Duration(us) * time.Microsecond
	}
	return r, r.complete()
}

// complete fills in the diagonal and reports a pair that is missing.
func (r *Regions) complete() error {
	for i := range r.RTT {
		r.RTT[i][i] = LocalRTT
		for j, rtt := range r.RTT[i] {
			if rtt == 0 {
				return fmt.Errorf("regions: nothing from %q to %q", r.Names[i], r.Names[j])
			}
		}
	}
	return nil
}
