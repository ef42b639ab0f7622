package results

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
)

// The subset of JUnit's XML that CI systems read: a suite, a case for each
// finding, and one case for all that passed.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    uint64      `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit returns the report of a sweep as JUnit XML.
func JUnit(s *Sweep) ([]byte, error) {
	suite := junitSuite{Name: "turncoat sweep", Tests: s.Runs, Time: fmt.Sprintf("%.3f", float64(s.WallNS)/1e9)}
	for _, f := range s.Findings {
		suite.Cases = append(suite.Cases, junitCase{
			Class: f.Scenario, Name: fmt.Sprintf("seed %d", f.Seed),
			Failure: &junitFailure{Message: f.Detail, Type: f.Verdict + " " + f.Property, Text: "again: " + f.Reproduce + "\nartifact: " + f.Artifact},
		})
	}
	for _, name := range s.NeverReached {
		suite.Cases = append(suite.Cases, junitCase{Class: "reach", Name: name, Failure: &junitFailure{Message: "never reached", Type: "vacuous"}})
	}
	suite.Failures = len(suite.Cases)
	suite.Tests += uint64(len(s.NeverReached))
	var summary bytes.Buffer
	for _, v := range slices.Sorted(maps.Keys(s.Verdicts)) {
		fmt.Fprintf(&summary, "%s %d\n", v, s.Verdicts[v])
	}
	suite.Cases = append(suite.Cases, junitCase{Class: "sweep", Name: fmt.Sprintf("%d runs", s.Runs), Out: summary.String() + "digest " + s.Digest})
	b, err := xml.MarshalIndent(suite, "", "  ")
	return append([]byte(xml.Header), append(b, '\n')...), err
}
