package bftbc

// Rule is a set of rules of the protocol, one bit each. Config.Lifted holds those
// that are left out, to show what they are for; the zero value enforces all.
type Rule uint32

// The rules, each enforced in one place.
const (
	PrepareCertificate Rule = 1 << iota
	Successor
	PreviousCertificate
	OnePerClient
	DigestMatch
)

// RuleInfo describes one rule.
type RuleInfo struct {
	Rule Rule
	Name string
	Doc  string // what the rule says, in a line
}

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = []RuleInfo{
	{PrepareCertificate, "bftbc.prepare", "only what a quorum has prepared is stored, read or built upon"},
	{Successor, "bftbc.successor", "a prepared timestamp is the successor of one that a prepare certificate proves"},
	{PreviousCertificate, "bftbc.previous-certificate", "a client's entry leaves the prepare list only by a valid write certificate"},
	{OnePerClient, "bftbc.one-per-client", "a replica holds at most one prepared and incomplete write of a client in each list"},
	{DigestMatch, "bftbc.digest-match", "a value is stored and read only if it has the digest that was prepared"},
}
