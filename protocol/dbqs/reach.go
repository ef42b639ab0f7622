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

// Situations returns all of them.
func Situations() []string {
	return []string{WroteBack, Retransmission, Superseded, Refused, Recovered, Absent}
}
