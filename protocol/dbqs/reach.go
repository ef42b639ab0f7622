package dbqs

// Situations that machines note, for checkers that ask whether a sweep has been there.
const (
	// WroteBack: a read found that fewer than a quorum held the highest record.
	WroteBack = "dbqs.wrote-back"
	// Retransmission: a client asked again.
	Retransmission = "dbqs.retransmission"
	// Superseded: a replica acknowledged a write that was older than what it held.
	Superseded = "dbqs.superseded"
	// Refused: a client or replica refused what the owner had not signed.
	Refused = "dbqs.refused"
	// Recovered: a replica started with objects on its disk.
	Recovered = "dbqs.recovered"
	// Absent: a get ended with a quorum of absences.
	Absent = "dbqs.absent"
)

// Situations of changing epochs. The detail is the epoch of the node, unless it says otherwise.
const (
	// PhaseRestarted: a client learned of an epoch in the middle of a phase.
	PhaseRestarted = "dbqs.phase-restarted"
	// WriteStraddled: a write ended in another epoch than it began in; detail: how many epochs later.
	WriteStraddled = "dbqs.write-straddled"
	// TwoStraddled: an operation ended two or more epochs after it began.
	TwoStraddled = "dbqs.two-epochs-straddled"
	// WriteBackStraddled: an epoch ended while a read wrote back.
	WriteBackStraddled = "dbqs.write-back-straddled"
	// LeaseRefused: a client did not send, or did not accept a reply, for want of a lease.
	LeaseRefused = "dbqs.lease-refused"
	// EpochRefused: a replica refused a request of an epoch that it has left.
	EpochRefused = "dbqs.epoch-refused"
	// RequestWaited: a request waited at a replica for its transfer of the object, or for the epoch.
	RequestWaited = "dbqs.request-waited"
	// Transferred: a server finished the transfer of a range that was not empty; detail: the epoch that it is into.
	Transferred = "dbqs.transferred"
	// TransferredBack: a transfer was finished out of an epoch two or more before the server's.
	TransferredBack = "dbqs.transferred-from-two-epochs-back"
	// DonorRefused: a donor was asked before it had left the epoch.
	DonorRefused = "dbqs.donor-refused"
	// DonorWaited: a donor was asked before it had finished its own transfer.
	DonorWaited = "dbqs.donor-waited"
	// GroupReplaced: a server gained objects of whose old group nobody is left.
	GroupReplaced = "dbqs.group-replaced"
	// Returned: a server went through several epochs at once, and had something to fetch.
	Returned = "dbqs.returned"
	// FetchedAnew: a server that was put right began to fetch what it is responsible for.
	FetchedAnew = "dbqs.fetched-anew"
	// Dropped: a server dropped objects that it had lost.
	Dropped = "dbqs.dropped"
	// DroppedLate: it did so two or more epochs after it had lost them.
	DroppedLate = "dbqs.dropped-late"
)

// EpochSituations returns those that occur only where epochs change.
func EpochSituations() []string {
	return []string{PhaseRestarted, WriteStraddled, TwoStraddled, WriteBackStraddled, LeaseRefused, EpochRefused, RequestWaited, Transferred,
		TransferredBack, DonorRefused, DonorWaited, GroupReplaced, Returned, FetchedAnew, Dropped, DroppedLate}
}

// Situations returns those that occur in a static system.
func Situations() []string {
	return []string{WroteBack, Retransmission, Superseded, Refused, Recovered, Absent}
}
