package experiment

import (
	_ "embed"
	"fmt"
	"time"

	"turncoat/scenarios"
)

// Costs are what a computer takes for pieces of work, in nanoseconds, as they were
// measured on one machine by Calibrate. A figure whose experiment says "costs: true"
// gives them to every computer of its runs; what the machines do is counted, and
// charged at these prices, one piece after another on one core. Left out: caches, other
// cores, batch verification, memory and the operating system's own ways.
type Costs struct {
	CPU     string `yaml:"cpu" json:"cpu"`         // model of the processor
	Go      string `yaml:"go" json:"go"`           // version of the compiler
	Sign    uint64 `yaml:"sign" json:"sign"`       // an Ed25519 signature of 64 bytes
	Verify  uint64 `yaml:"verify" json:"verify"`   // its verification
	MAC     uint64 `yaml:"mac" json:"mac"`         // HMAC-SHA-256 of 64 bytes
	Digest  uint64 `yaml:"digest" json:"digest"`   // SHA-256 of 64 bytes
	Share   uint64 `yaml:"share" json:"share"`     // mean of making and of verifying a BLS threshold share
	KB      uint64 `yaml:"kb" json:"kb"`           // hashing 1,024 bytes more
	Send    uint64 `yaml:"send" json:"send"`       // encoding a message and giving it to the kernel, by UDP
	Receive uint64 `yaml:"receive" json:"receive"` // taking one from the kernel and decoding it
}

//go:embed costs.yaml
var costsFile []byte

// Calibrated returns the costs that ship with the program.
func Calibrated() *Costs {
	c := new(Costs)
	if err := scenarios.DecodeStrict("costs.yaml", costsFile, c); err != nil {
		panic(err) // the file is part of the program
	}
	return c
}

// Sets returns the costs as values of a scenario.
func (c *Costs) Sets() []string {
	var out []string
	for _, price := range []struct {
		key string
		ns  uint64
	}{
		{"input", c.Receive}, {"send", c.Send}, {"sign", c.Sign}, {"verify", c.Verify}, {"mac", c.MAC}, {"digest", c.Digest}, {"share", c.Share}, {"kb", c.KB},
	} {
		out = append(out, fmt.Sprintf("hosts.cpu.%s=%v", price.key, time.Duration(price.ns)))
	}
	return out
}
