package view

// The situations that nodes note (protocol.Env.Note), so that a sweep can tell
// whether its schedules reached them. The detail is the epoch of the node.
const (
	// A node entered an epoch.
	NoteEpoch = "membership.epoch"
	// A node entered an epoch that was at least the third that it lacked when it first heard so.
	NoteThreeBehind = "membership.three-epochs-behind"
	// A step was refused: its certificate or its delta is not what the service signed.
	NoteStepRefused = "membership.step-refused"
	// A step came before the one that leads to it, and waited.
	NoteStepEarly = "membership.step-early"
	// A lease began that was the node's first in this incarnation.
	NoteLease = "membership.lease"
	// A lease began after an earlier one had run out.
	NoteLeaseRenewed = "membership.lease-expired-and-renewed"
	// A freshness certificate came before the step into its epoch, and waits.
	NoteFreshnessEarly = "membership.freshness-early"
	// A freshness certificate was refused.
	NoteFreshnessRefused = "membership.freshness-refused"
)

// Situations returns all of them.
func Situations() []string {
	return []string{NoteEpoch, NoteThreeBehind, NoteStepRefused, NoteStepEarly, NoteLease, NoteLeaseRenewed, NoteFreshnessEarly, NoteFreshnessRefused}
}
