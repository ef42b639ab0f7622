package membership

import (
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// The situations that servers note (protocol.Env.Note), besides those of the view
// and of the replication protocol. The detail is the epoch of the server.
const (
	// A replica voted to end its epoch because of the changes that wait.
	NoteEarlyEnd = "membership.early-end"
	// A replica proposed an eviction on its own probes.
	NoteEvictionProposed = "membership.eviction-proposed"
	// A replica supported another's proposal of an eviction.
	NoteEvictionSupported = "membership.eviction-supported"
	// A replica refused to support a proposal that its own probes do not bear out.
	NoteEvictionRefused = "membership.eviction-refused"
	// An epoch began in which a member is inactive that was active before.
	NoteEvicted = "membership.evicted"
	// An epoch began in which a member is active again.
	NoteReactivated = "membership.reactivated"
	// A member of the service itself was evicted.
	NoteReplicaEvicted = "membership.replica-evicted"
	// A member joined, or left.
	NoteJoined = "membership.joined"
	NoteLeft   = "membership.left"
	// A replica entered a new view between its vote to end the epoch and the next.
	NoteViewChangeAtEnd = "membership.view-change-during-end"
	// An unsigned answer came from a member that does not answer signed pings.
	NoteSpoofed = "membership.unsigned-answers-only"
	// A certificate of freshness was made for more than one nonce.
	NoteFreshBatch = "membership.fresh-batch"
	// A member of a committee reported to the service what enough of them agree on.
	NoteCommitteeReport = "membership.committee-report"
	// A replica took over what the group before it had counted of a member.
	NoteCountInherited = "membership.count-inherited"
	// A relay handed down a certificate of freshness.
	NoteFreshRelayed = "membership.fresh-relayed"
	// A server's replica of an old group ended: the service has moved.
	NoteMoved = "membership.moved"
	// A dealing was shown to cheat a member of the next group.
	NoteDealingAccused = "membership.dealing-accused"
	// A handover was refused that the certificate does not name.
	NoteHandoverRefused = "membership.handover-refused"
	// A server joined the service's group and has no share of its key.
	NoteNoShare = "membership.no-share"
	// A server learned that it runs a replica when the group was at work already.
	NoteLateReplica = "membership.late-replica"
	// A replica learned from another how an epoch that it had not finished began.
	NoteOvertaken = "membership.replica-overtaken"
)

// Situations returns all situations that nodes of the service can note.
func Situations() []string {
	own := []string{
		NoteEarlyEnd, NoteEvictionProposed, NoteEvictionSupported, NoteEvictionRefused, NoteEvicted, NoteReactivated, NoteReplicaEvicted,
		NoteJoined, NoteLeft, NoteViewChangeAtEnd, NoteSpoofed, NoteFreshBatch, NoteOvertaken,
		NoteMoved, NoteDealingAccused, NoteHandoverRefused, NoteNoShare, NoteLateReplica, NoteCommitteeReport, NoteFreshRelayed, NoteCountInherited,
	}
	return append(append(own, view.Situations()...), pbft.Situations()...)
}
