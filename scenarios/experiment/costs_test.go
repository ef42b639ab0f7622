package experiment

import (
	"slices"
	"testing"

	"turncoat/scenarios"
)

// The prices that ship are complete, name their machine, and reach the computers of a run.
func TestCostsThatShip(t *testing.T) {
	c := Calibrated()
	if c.CPU == "" || c.Go == "" {
		t.Errorf("the prices do not name their machine: %+v", c)
	}
	spec, err := scenarios.Lookup("static-calm")
	if err != nil {
		t.Fatal(err)
	}
	if err := scenarios.Apply(spec, c.Sets()); err != nil {
		t.Fatal(err)
	}
	cpu := spec.Hosts.CPU
	all := []scenarios.Span{cpu.Input, cpu.Send, cpu.Sign, cpu.Verify, cpu.MAC, cpu.Digest, cpu.Share, cpu.KB}
	if slices.ContainsFunc(all, func(s scenarios.Span) bool { return s.Lo == 0 || s.Lo != s.Hi }) {
		t.Errorf("a piece of work is free, or its price is none: %+v", cpu)
	}
}

// Calibration measures every price, on whatever machine this is.
func TestCalibrate(t *testing.T) {
	c, err := Calibrate()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains([]uint64{c.Sign, c.Verify, c.MAC, c.Digest, c.Share, c.KB, c.Send, c.Receive}, 0) {
		t.Errorf("something costs nothing: %+v", c)
	}
	if len(c.Sets()) != 8 || c.CPU == "" || c.Go == "" {
		t.Errorf("%+v", c)
	}
}
