package machines

import "turncoat/protocol/pbft"

// How a directed search of PBFT begins, with two clients.

const (
	fromStart = iota
	fromRequests
	fromPrepared
	fromExecuted
	fromSplit
	fromLied
	prefixes
)

// prefix returns the steps with which every run begins. From requests on: c0's
// request has come to all but r1, and c1's to all but r0, so that the primaries of views 0
// and 1 will propose different ones. From prepared on: r0's proposal has prepared at r3.
// From executed on: it has prepared at r0, r2 and r3, r3 has executed it, and given up on the view. From
// split on: r0, a liar, has proposed the first request to r3 and the second
// to r1 and r2, of which r1 has executed it; and r3 has given up on the view. From lied on: r0 has
// said in its VIEW-CHANGE that the first request has prepared.
func (p PBFT) prefix() (cues []Cue) {
	switch p.From {
	case fromSplit:
		return p.split()
	case fromLied:
		const prepared = 4 // of the letters: the one with the first request in P and in Q
		return append(p.split(), tells(prepared, (*pbft.ViewChange)(nil).Kind())...)
	}
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
	if p.From >= fromPrepared {
		cues = append(cues, arrives(0, 2, prePrepare), arrives(0, 3, prePrepare), arrives(2, 3, prepare))
	}
	if p.From >= fromExecuted {
		cues = append(cues, arrives(2, 0, prepare), arrives(3, 0, prepare), arrives(3, 2, prepare),
			arrives(0, 3, commit), arrives(2, 3, commit), gives(3))
	}
	return cues
}

// split is the longest prefix: it takes three lies and an expiry, and is
// explored with one lie more.
func (PBFT) split() (cues []Cue) {
	request, prePrepare := (*pbft.Request)(nil).Kind(), (*pbft.PrePrepare)(nil).Kind()
	prepare, commit := (*pbft.Prepare)(nil).Kind(), (*pbft.Commit)(nil).Kind()
	for c := pbftReplicas; c < pbftReplicas+2; c++ {
		cues = append(cues, begins(c))
		for r := 1; r < pbftReplicas; r++ {
			cues = append(cues, arrives(c, r, request))
		}
	}
	cues = append(cues, tells(0, prePrepare, 3)...)
	cues = append(cues, tells(1, prePrepare, 1, 2)...)
	cues = append(cues, arrives(1, 2, prepare), arrives(2, 1, prepare))
	cues = append(cues, tells(1, commit, 1)...)
	return append(cues, arrives(2, 1, commit), gives(3))
}

// raised returns p with at least what its prefix needs.
func (p PBFT) raised() PBFT {
	if p.From > fromStart {
		p.Clients = 2
	}
	if p.From == fromExecuted {
		p.Timeouts = max(p.Timeouts, 1)
	}
	if p.From >= fromSplit {
		p.Liars, p.Lies, p.Timeouts = 1, max(p.Lies, 4), max(p.Timeouts, 1)
	}
	return p
}
