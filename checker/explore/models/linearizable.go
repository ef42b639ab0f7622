package models

// Linearizability of the history so far (Herlihy and Wing 1990): some order of
// the operations, one of a single register, in which each follows those that had
// returned when it was invoked. A pending operation may have taken effect
// or not; a pending read constrains nothing.
//
// Histories have at most eight operations, and change only when a client
// receives something: the verdict is computed then and kept in the state.

// linearizable searches for such an order by appending one operation at a time.
func (y system) linearizable(c *clients) bool {
	var taken [maxClients]int
	return y.order(c, &taken, 0)
}

// order reports whether the operations not yet taken can follow, in a register
// that now holds value. taken[k] counts the operations of client k in the order so far.
func (y system) order(c *clients, taken *[maxClients]int, value uint8) bool {
	complete := true
	for k := range y.clients {
		if taken[k] >= int(c.all[k].stage) {
			continue // what has returned is taken
		}
		complete = false
		if y.takeRead(c, taken, k, value) {
			return true
		}
	}
	if complete {
		return true
	}
	for k := range y.clients {
		if taken[k] == 0 { // a write, perhaps a pending one
			taken[k] = 1
			ok := y.order(c, taken, uint8(k+1))
			taken[k] = 0
			if ok {
				return true
			}
		}
	}
	return false
}

// takeRead tries the completed read of client k next.
func (y system) takeRead(c *clients, taken *[maxClients]int, k int, value uint8) bool {
	mine := c.all[k]
	if taken[k] != 1 || mine.stage != done || mine.value != value {
		return false
	}
	for other := range y.clients {
		if taken[other] < c.completedBy(k, other) {
			return false
		}
	}
	taken[k] = 2
	ok := y.order(c, taken, value)
	taken[k] = 1
	return ok
}
