package bftbc

// Situations that machines note, for checkers that ask whether a sweep has been
// there. The detail is a timestamp's counter, or the client where the situation is
// about one.
const (
	// Lurking: a replica that knew a client to be removed stored a write of it.
	Lurking = "bftbc.lurking-write"
	// Masked: a write of a client known to be removed came too late to matter.
	Masked = "bftbc.lurking-masked"
	// Blocked: a prepare was refused because the client had left another unfinished.
	Blocked = "bftbc.prepare-blocked"
	// Purged: a write certificate emptied entries of a prepare list.
	Purged = "bftbc.prepare-purged"
	// Barred: a request of a removed client was refused.
	Barred = "bftbc.barred"
	// Revoked: a replica learnt that a client is removed.
	Revoked = "bftbc.revoked"
	// Removed: every server has acknowledged the removal of a client.
	Removed = "bftbc.removed"
	// WroteBack: a read found that fewer than a quorum held the newest record.
	WroteBack = "bftbc.wrote-back"
	// FastPath: an optimised write was prepared in its first phase.
	FastPath = "bftbc.fast-path"
	// SlowPath: an optimised write had to be prepared in a phase of its own.
	SlowPath = "bftbc.slow-path"
	// CompletedFirst: a strong write had to complete another's write before its own.
	CompletedFirst = "bftbc.completed-first"
	// Refused: a client or replica refused what a certificate or signature did not prove.
	Refused = "bftbc.refused"
	// Superseded: a replica acknowledged a write that was older than what it held.
	Superseded = "bftbc.superseded"
	// Retransmission: a client asked again.
	Retransmission = "bftbc.retransmission"
	// Recovered: a replica started with a disk that was not empty.
	Recovered = "bftbc.recovered"
)

// Situations returns all of them.
func Situations() []string {
	return []string{
		Lurking, Masked, Blocked, Purged, Barred, Revoked, Removed, WroteBack, FastPath, SlowPath,
		CompletedFirst, Refused, Superseded, Retransmission, Recovered,
	}
}
