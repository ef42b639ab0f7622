package view

import "turncoat/protocol"

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
	EvolveKeys
)

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = protocol.RuleBook[Rule]{
	{Rule: EvictionVotes, Name: "membership.eviction-votes", Doc: "a member's status changes on the signed statements of f+1 probers; lifted, one will do"},
	{Rule: SignedProbes, Name: "membership.signed-probes", Doc: "every k-th ping must be answered under the member's signature"},
	{Rule: EpochEndVotes, Name: "membership.epoch-end-votes", Doc: "an epoch ends on the signed statements of f+1 servers; lifted, one will do"},
	{Rule: CertificateCheck, Name: "membership.certificate-check", Doc: "a node enters an epoch only under the service's threshold signature"},
	{Rule: EpochInSignature, Name: "membership.epoch-in-signature", Doc: "a signed statement counts in the epoch that it was signed for, and in no other"},
	{Rule: DigestCoversStatus, Name: "membership.digest-covers-status", Doc: "a configuration's digest covers who is active in it"},
	{Rule: NonceBinding, Name: "membership.nonce-binding", Doc: "a freshness certificate counts for the nonce under its root, and for no other"},
	{Rule: LeaseFromSend, Name: "membership.lease-from-send", Doc: "a lease counts from when its nonce was sent; lifted, from when the answer came"},
	{Rule: RecoverFirst, Name: "membership.recover-first", Doc: "a member that was inactive proves that its epoch is current before it is taken back"},
	{Rule: EraseShares, Name: "membership.erase-shares", Doc: "who leaves the service's group erases its share of the service's key"},
	{Rule: UnpredictableMove, Name: "membership.unpredictable-move", Doc: "the service's next group is drawn by a signature that nobody has before the epoch ends; lifted, by the members alone"},
	{Rule: EvolveKeys, Name: "membership.evolve-keys", Doc: "who enters an epoch erases its keys of the epochs before, and with them what was sealed to it then"},
}
