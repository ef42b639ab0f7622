// Package allow holds exemptions that hold, and exemptions that are offences.
package allow

import "time"

func exempted(m map[int]int) int {
	//turncoat:allow concurrency the driver's workers share nothing but the frontier
	go exempted(nil)
	began := time.Now() //turncoat:allow clock the budget of a search, outside any run
	_ = began
	sum := 0
	for _, x := range m { //turncoat:allow maprange addition of integers has no order
		sum += x
	}
	return sum
}

func withoutReason() {
	/* want `allow concurrency without a reason` */ //turncoat:allow concurrency
	go withoutReason()                              // want `go statement`
}

func ofUnknownKind(m map[int]int) {
	/* want `allow of unknown kind "maps"` */ //turncoat:allow maps their order is erased
	for range m {                             // want `range over a map`
	}
}

func exemptsNothing(m map[int]int) {
	/* want `this allow exempts nothing: there is no clock offence` */ //turncoat:allow clock stale since the timer went
	for range m {                                                      // want `range over a map`
	}
	x := 1        /* want `this allow exempts nothing: there is no maprange` */ //turncoat:allow maprange the line below is another line
	for range m { // want `range over a map`
		_ = x
	}
}

//turncoat:allowance is another word, and no exemption
