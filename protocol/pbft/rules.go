package pbft

import (
	"fmt"
	"strings"
)

// Rule is a set of rules of the protocol, one bit each. Config.Lifted holds those
// that are left out, to show what they are for; the zero value enforces all.
type Rule uint32

// The rules. Each is enforced in one place, which asks Config.enforced.
const (
	CommitPhase Rule = 1 << iota
	PreparedCertificates
	HighestView
	A2
	RecomputeNewView
	DigestCheck
	DistinctSenders
	Watermarks
	ReplyTableInCheckpoint
	StableCheckpointQuorum
	WeakCertificateTransfer
	ReadOnlyWriteQuorum
	TentativeQuorum
	ResendViewChange
	JoinSmallestView
	TimerFIFO
)

// RuleInfo describes one rule.
type RuleInfo struct {
	Rule Rule
	Name string
	Doc  string // what the rule says, in a line
}

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = []RuleInfo{
	{CommitPhase, "pbft.commit-phase", "a request executes once it is committed, not when it is prepared"},
	{PreparedCertificates, "pbft.prepared-certificates", "a VIEW-CHANGE carries what prepared at its sender (P)"},
	{HighestView, "pbft.highest-view", "A1: a new view keeps the request that prepared in the latest view"},
	{A2, "pbft.a2", "A2: a weak quorum pre-prepared what a P entry claims, or it is not chosen"},
	{RecomputeNewView, "pbft.recompute-new-view", "backups decide on the new view's requests again and refuse a NEW-VIEW that differs"},
	{DigestCheck, "pbft.digest-check", "votes are counted for one digest, not for a sequence number alone"},
	{DistinctSenders, "pbft.distinct-senders", "a sender counts once"},
	{Watermarks, "pbft.watermarks", "sequence numbers outside (h, h+L] are refused"},
	{ReplyTableInCheckpoint, "pbft.reply-table-in-checkpoint", "checkpoints cover the last reply to each client"},
	{StableCheckpointQuorum, "pbft.stable-checkpoint-quorum", "the log is discarded only below a checkpoint that a quorum has taken"},
	{WeakCertificateTransfer, "pbft.weak-certificate-transfer", "state is fetched only for a checkpoint that a weak quorum vouches for"},
	{ReadOnlyWriteQuorum, "pbft.read-only-write-quorum", "with read-only requests, writes also wait for a quorum of replies"},
	{TentativeQuorum, "pbft.tentative-quorum", "a tentative result needs a quorum of matching replies from one view"},
	{ResendViewChange, "pbft.resend-view-change", "VIEW-CHANGE and NEW-VIEW messages are retransmitted"},
	{JoinSmallestView, "pbft.join-smallest-view", "a weak quorum in higher views draws a replica into the smallest of them"},
	{TimerFIFO, "pbft.timer-fifo", "the request timer stops only when the first request of the queue executes"},
}

// ParseRule returns the rule of a name such as "pbft.a2".
func ParseRule(name string) (Rule, error) {
	for _, r := range Rules {
		if r.Name == name {
			return r.Rule, nil
		}
	}
	return 0, fmt.Errorf("pbft: no rule is called %q; the rules are %s", name, AllRules)
}

// AllRules is the set of all of them.
const AllRules = TimerFIFO<<1 - 1

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
