// Command determinism runs the determinism analyzer under go vet:
//
//	go vet -vettool=bin/determinism ./...
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"turncoat/ci/determinism"
)

func main() {
	unitchecker.Main(determinism.Analyzer)
}
