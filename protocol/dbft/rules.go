package dbft

// Rule is a set of rules of carrying a group over, one bit each. Config.Lifted holds
// those that are left out, to show what they are for; the zero value enforces all.
// Those of the replication itself are package pbft's.
type Rule uint8

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

// RuleInfo describes one rule.
type RuleInfo struct {
	Rule Rule
	Name string
	Doc  string // what the rule says, in a line
}

// Rules lists every rule that can be lifted, in order of their bits.
var Rules = []RuleInfo{
	{EpochCheck, "dbqs.epoch-check", "a group executes nothing after the operation that ends its epoch"},
	{TransferGate, "dbqs.transfer-gate", "a member hands over the state only once its group has executed the operation that ends the epoch"},
	{TransferQuorum, "dbqs.transfer-quorum", "a state is taken over if f+1 members of the old group vouch for it; lifted, one will do"},
	{ServeWhenReady, "dbqs.serve-when-ready", "a member begins with the state that was handed over; lifted, with an empty one"},
	{GarbageQuorum, "dbqs.garbage-quorum", "a member keeps the state of its old group until the new group has it"},
	{Freshness, "dbqs.freshness", "a client sends and accepts only under a lease that says that its epoch is current"},
	{ReplyTable, "pbft.reply-table-in-checkpoint", "the state that is handed over covers the last reply to each client"},
}
