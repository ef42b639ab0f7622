package pbft

import "turncoat/protocol"

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

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = protocol.RuleBook[Rule]{
	{Rule: CommitPhase, Name: "pbft.commit-phase", Doc: "a request executes once it is committed, not when it is prepared"},
	{Rule: PreparedCertificates, Name: "pbft.prepared-certificates", Doc: "a VIEW-CHANGE carries what prepared at its sender (P)"},
	{Rule: HighestView, Name: "pbft.highest-view", Doc: "A1: a new view keeps the request that prepared in the latest view"},
	{Rule: A2, Name: "pbft.a2", Doc: "A2: a weak quorum pre-prepared what a P entry claims, or it is not chosen"},
	{Rule: RecomputeNewView, Name: "pbft.recompute-new-view", Doc: "backups decide on the new view's requests again and refuse a NEW-VIEW that differs"},
	{Rule: DigestCheck, Name: "pbft.digest-check", Doc: "votes are counted for one digest, not for a sequence number alone"},
	{Rule: DistinctSenders, Name: "pbft.distinct-senders", Doc: "a sender counts once"},
	{Rule: Watermarks, Name: "pbft.watermarks", Doc: "sequence numbers outside (h, h+L] are refused"},
	{Rule: ReplyTableInCheckpoint, Name: "pbft.reply-table-in-checkpoint", Doc: "checkpoints cover the last reply to each client"},
	{Rule: StableCheckpointQuorum, Name: "pbft.stable-checkpoint-quorum", Doc: "the log is discarded only below a checkpoint that a quorum has taken"},
	{Rule: WeakCertificateTransfer, Name: "pbft.weak-certificate-transfer", Doc: "state is fetched only for a checkpoint that a weak quorum vouches for"},
	{Rule: ReadOnlyWriteQuorum, Name: "pbft.read-only-write-quorum", Doc: "with read-only requests, writes also wait for a quorum of replies"},
	{Rule: TentativeQuorum, Name: "pbft.tentative-quorum", Doc: "a tentative result needs a quorum of matching replies from one view"},
	{Rule: ResendViewChange, Name: "pbft.resend-view-change", Doc: "VIEW-CHANGE and NEW-VIEW messages are retransmitted"},
	{Rule: JoinSmallestView, Name: "pbft.join-smallest-view", Doc: "a weak quorum in higher views draws a replica into the smallest of them"},
	{Rule: TimerFIFO, Name: "pbft.timer-fifo", Doc: "the request timer stops only when the first request of the queue executes"},
}
