package dbqs

// Situations that machines note, for checkers that ask whether a sweep has been there.
const (
	// WroteBack: a read found that fewer than a quorum held the highest record.
	WroteBack = "dbqs.wrote-back"
	// Retransmission: a client asked again.
	Retransmission = "dbqs.retransmission"
)
