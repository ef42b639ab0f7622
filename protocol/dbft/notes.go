package dbft

// Situations that machines note, for checkers that ask whether a sweep has been there.
// The detail is an epoch unless it says otherwise.
const (
	// Ended: a replica executed the operation that ends its group's epoch.
	Ended = "dbft.ended"
	// HandedOver: a server began its replica of a group with the state of the one before.
	HandedOver = "dbft.handed-over"
	// Inherited: it was a member of that too, and took its own.
	Inherited = "dbft.inherited"
	// GroupReplaced: it began one of a group of which nobody was in the one before.
	GroupReplaced = "dbft.group-replaced"
	// SecondDonor: the state did not come from the first member that was asked for it.
	SecondDonor = "dbft.second-donor"
	// WrongState: a donor sent a state other than was vouched for.
	WrongState = "dbft.wrong-state"
	// DonorRefused: a member was asked for the state before it had left the epoch, or its group had ended.
	DonorRefused = "dbft.donor-refused"
	// CarriedBack: a state was handed over into an epoch that was already over.
	CarriedBack = "dbft.handed-over-late"
	// RequestWaited: a request waited at a server for the state, or for the epoch.
	RequestWaited = "dbft.request-waited"
	// EpochRefused: a server refused a request of a group that has ended.
	EpochRefused = "dbft.epoch-refused"
	// Straddled: an operation ended in another epoch than it began in; detail: how many epochs later.
	Straddled = "dbft.request-straddled"
	// AnsweredBefore: a request that was executed in an earlier epoch was answered by a replica that had executed nothing yet.
	AnsweredBefore = "dbft.answered-from-earlier-epoch"
	// LeaseRefused: a client did not send, or did not accept a reply, for want of a lease.
	LeaseRefused = "dbft.lease-refused"
	// Retransmission: a client asked again.
	Retransmission = "dbft.retransmission"
	// ViewChanged: a replica entered a view after the first; detail: the view.
	ViewChanged = "dbft.view-changed"
	// CaughtUp: a replica fetched a checkpoint of its own group; detail: the sequence number.
	CaughtUp = "dbft.caught-up"
	// Released: a server dropped its replica of an old group.
	Released = "dbft.released"
)

// Situations returns all of them.
func Situations() []string {
	return []string{Ended, HandedOver, Inherited, GroupReplaced, SecondDonor, WrongState, DonorRefused, CarriedBack, RequestWaited,
		EpochRefused, Straddled, AnsweredBefore, LeaseRefused, Retransmission, ViewChanged, CaughtUp, Released}
}
