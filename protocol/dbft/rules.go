package dbft

import "turncoat/protocol"

// Rule is a set of rules of carrying a group over, one bit each. Config.Lifted holds
// those that are left out, to show what they are for; the zero value enforces all.
// Those of the replication itself are package pbft's.
type Rule uint32

// The rules, under the names that they have in dBQS where they say the same.
const (
	EpochCheck Rule = 1 << iota
	TransferGate
	TransferQuorum
	ServeWhenReady
	GarbageQuorum
	Freshness
	ReplyTable
)

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = protocol.RuleBook[Rule]{
	{Rule: EpochCheck, Name: "dbqs.epoch-check", Doc: "a group executes nothing after the operation that ends its epoch"},
	{Rule: TransferGate, Name: "dbqs.transfer-gate", Doc: "a member hands over the state only once its group has executed the operation that ends the epoch"},
	{Rule: TransferQuorum, Name: "dbqs.transfer-quorum", Doc: "a state is taken over if f+1 members of the old group vouch for it; lifted, one will do"},
	{Rule: ServeWhenReady, Name: "dbqs.serve-when-ready", Doc: "a member begins with the state that was handed over; lifted, with an empty one"},
	{Rule: GarbageQuorum, Name: "dbqs.garbage-quorum", Doc: "a member keeps the state of its old group until the new group has it"},
	{Rule: Freshness, Name: "dbqs.freshness", Doc: "a client sends and accepts only under a lease that says that its epoch is current"},
	{Rule: ReplyTable, Name: "pbft.reply-table-in-checkpoint", Doc: "the state that is handed over covers the last reply to each client"},
}
