package pbft

// The situations that replicas note (protocol.Env.Note), so that a sweep can tell
// whether its schedules reached them. The detail is a view where the situation
// is about views and a sequence number where it is about those; for replies it is
// the request's timestamp.
const (
	// A replica left a view with something prepared and not yet executed.
	NoteViewChangePrepared = "pbft.view-change-prepared"
	// A replica left a view with something committed above the stable checkpoint.
	// Whether it had committed at that replica alone, a checker can tell.
	NoteViewChangeCommitted = "pbft.view-change-committed"
	// A new view began with a null request in it.
	NoteNullRequest = "pbft.null-request"
	// A replica left a view in which nothing had executed: two in a row.
	NoteViewChangesInARow = "pbft.view-changes-in-a-row"
	// A replica joined a higher view because a weak quorum was there.
	NoteJoined = "pbft.joined-view"
	// A replica entered a view: its NEW-VIEW was sent, or accepted.
	NoteNewView = "pbft.new-view"
	// A backup refused a NEW-VIEW whose decision it could not repeat.
	NoteNewViewRefused = "pbft.new-view-refused"
	// A PRE-PREPARE was accepted while the replica's state was being fetched.
	NoteTransferWhileOrdering = "pbft.transfer-while-ordering"
	// A replica took a checkpoint, or one became stable, between two views.
	NoteCheckpointBetweenViews = "pbft.checkpoint-between-views"
	// A tentative execution was rolled back.
	NoteRollback = "pbft.rollback"
	// A retransmitted request was answered from the reply table.
	NoteReplyResent = "pbft.reply-resent"
	// A request was ordered a second time and not executed again.
	NoteDuplicateSkipped = "pbft.duplicate-skipped"
	// A replica that had fallen behind a checkpoint has caught up by state transfer.
	NoteCaughtUp = "pbft.caught-up"
	// A donor sent a part of the state that does not have its digest.
	NoteWrongPart = "pbft.wrong-part"
	// A request without a valid MAC of its client was believed on the word of a weak quorum.
	NoteVouchedRequest = "pbft.vouched-request"
	// A VIEW-CHANGE without a valid MAC was believed on the word of acknowledgements.
	NoteVouchedViewChange = "pbft.vouched-view-change"
)

// Situations returns all of them.
func Situations() []string {
	return []string{
		NoteViewChangePrepared, NoteViewChangeCommitted, NoteNullRequest, NoteViewChangesInARow, NoteJoined, NoteNewView,
		NoteNewViewRefused, NoteTransferWhileOrdering, NoteCheckpointBetweenViews, NoteRollback, NoteReplyResent,
		NoteDuplicateSkipped, NoteCaughtUp, NoteWrongPart, NoteVouchedRequest, NoteVouchedViewChange,
	}
}
