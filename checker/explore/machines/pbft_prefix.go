package machines

import "turncoat/protocol/pbft"

// How a directed search of PBFT begins, with two clients.

const (
	fromStart = iota
	fromRequests
	fromExecuted
	prefixes
)

// prefix returns the steps with which every run begins. From requests on: c0's
// request has come to all but r1, and c1's to all but r0, so that the primaries of views 0
// and 1 will propose different ones. From executed on: r0's proposal has prepared at r0, r2 and r3,
// and r3 has executed it.
func (p PBFT) prefix() (cues []Cue) {
	request, prePrepare := (*pbft.Request)(nil).Kind(), (*pbft.PrePrepare)(nil).Kind()
	prepare, commit := (*pbft.Prepare)(nil).Kind(), (*pbft.Commit)(nil).Kind()
	if p.From >= fromRequests {
		c0, c1 := pbftReplicas, pbftReplicas+1
		cues = append(cues, begins(c0), begins(c1))
		for _, r := range []int{0, 2, 3} {
			cues = append(cues, arrives(c0, r, request))
		}
		for _, r := range []int{1, 2, 3} {
			cues = append(cues, arrives(c1, r, request))
		}
	}
	if p.From >= fromExecuted {
		cues = append(cues, arrives(0, 2, prePrepare), arrives(0, 3, prePrepare), arrives(2, 0, prepare), arrives(3, 0, prepare),
			arrives(2, 3, prepare), arrives(3, 2, prepare), arrives(0, 3, commit), arrives(2, 3, commit))
	}
	return cues
}
