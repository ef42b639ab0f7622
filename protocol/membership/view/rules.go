package view

import (
	"fmt"
	"strings"
)

// Rule is a set of rules of the membership protocol, one bit each. Config.Lifted
// holds those that are left out, to show what they are for; the zero value
// enforces all.
type Rule uint32

// The rules. Each is enforced in one place. Some of those places are in package
// membership, on the service's side.
const (
	EvictionVotes Rule = 1 << iota
	SignedProbes
	EpochEndVotes
	CertificateCheck
	EpochInSignature
	DigestCoversStatus
	NonceBinding
	LeaseFromSend
	RecoverFirst
	EraseShares
	UnpredictableMove
)

// AllRules is the set of all of them.
const AllRules = UnpredictableMove<<1 - 1

// RuleInfo describes one rule.
type RuleInfo struct {
	Rule Rule
	Name string
	Doc  string // what the rule says, in a line
}

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = []RuleInfo{
	{EvictionVotes, "membership.eviction-votes", "a member's status changes on the signed statements of f+1 probers; lifted, one will do"},
	{SignedProbes, "membership.signed-probes", "every k-th ping must be answered under the member's signature"},
	{EpochEndVotes, "membership.epoch-end-votes", "an epoch ends on the signed statements of f+1 servers; lifted, one will do"},
	{CertificateCheck, "membership.certificate-check", "a node enters an epoch only under the service's threshold signature"},
	{EpochInSignature, "membership.epoch-in-signature", "a signed statement counts in the epoch that it was signed for, and in no other"},
	{DigestCoversStatus, "membership.digest-covers-status", "a configuration's digest covers who is active in it"},
	{NonceBinding, "membership.nonce-binding", "a freshness certificate counts for the nonce under its root, and for no other"},
	{LeaseFromSend, "membership.lease-from-send", "a lease counts from when its nonce was sent; lifted, from when the answer came"},
	{RecoverFirst, "membership.recover-first", "a member that was inactive proves that its epoch is current before it is taken back"},
	{EraseShares, "membership.erase-shares", "who leaves the service's group erases its share of the service's key"},
	{UnpredictableMove, "membership.unpredictable-move", "the service's next group is drawn by a signature that nobody has before the epoch ends; lifted, by the members alone"},
}

// String returns the names in the set, separated by spaces.
func (r Rule) String() string {
	var names []string
	for _, info := range Rules {
		if r&info.Rule != 0 {
			names = append(names, info.Name)
		}
	}
	return strings.Join(names, " ")
}

// ParseRule returns the rule of a name such as "membership.nonce-binding".
func ParseRule(name string) (Rule, error) {
	for _, info := range Rules {
		if info.Name == name {
			return info.Rule, nil
		}
	}
	return 0, fmt.Errorf("there is no rule %q", name)
}
