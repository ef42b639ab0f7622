package bftbc

import "turncoat/protocol"

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

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = protocol.RuleBook[Rule]{
	{Rule: PrepareCertificate, Name: "bftbc.prepare", Doc: "only what a quorum has prepared is stored, read or built upon"},
	{Rule: Successor, Name: "bftbc.successor", Doc: "a prepared timestamp is the successor of one that a prepare certificate proves"},
	{Rule: PreviousCertificate, Name: "bftbc.previous-certificate", Doc: "a client's entry leaves the prepare list only by a valid write certificate"},
	{Rule: OnePerClient, Name: "bftbc.one-per-client", Doc: "a replica holds at most one prepared and incomplete write of a client in each list"},
	{Rule: DigestMatch, Name: "bftbc.digest-match", Doc: "a value is stored and read only if it has the digest that was prepared"},
}
