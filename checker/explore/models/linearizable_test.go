package models

import "testing"

// historyOf rewrites packed clients as the oracle's history.
func historyOf(y system, c *clients) *oracleState {
	s := &oracleState{history: make([][]oracleOp, y.clients)}
	for k := range y.clients {
		mine := c.all[k]
		s.history[k] = append(s.history[k], oracleOp{isWrite: true, value: k, returned: mine.stage > writing})
		if mine.stage == writing {
			continue
		}
		read := oracleOp{value: int(mine.value) - 1, returned: mine.stage == done, before: map[int]int{}}
		for other := range y.clients {
			if other != k {
				read.before[other] = c.completedBy(k, other)
			}
		}
		s.history[k] = append(s.history[k], read)
	}
	return s
}

// Every history of copies that nothing keeps together, right and wrong ones,
// is judged as trying all permutations judges it.
func TestLinearizableAgreesWithAllPermutations(t *testing.T) {
	for _, size := range [][2]int{{1, 3}, {2, 2}, {2, 3}, {3, 3}} {
		m := newSingleCopy(size[0], size[1])
		seen, judged := map[string]bool{}, map[clients]bool{}
		stack := m.Initial()
		wrong := 0
		for len(stack) > 0 {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if key := string(m.AppendState(nil, &s)); !seen[key] {
				seen[key] = true
				for _, step := range m.Successors(&s, nil) {
					stack = append(stack, step.State)
				}
			}
			if judged[s.clients] {
				continue
			}
			judged[s.clients] = true
			want := historyOf(m.system, &s.clients).linearizable()
			if got := m.linearizable(&s.clients); got != want || got == s.clients.wrong {
				t.Fatalf("%d servers: %v (kept: wrong %v), by all permutations %v\n%s", size[0], got, s.clients.wrong, want, m.Explain(&s))
			}
			if !want {
				wrong++
			}
		}
		if (wrong == 0) != (size[0] == 1) {
			t.Errorf("%d servers: %d wrong of %d histories", size[0], wrong, len(judged))
		}
		t.Logf("%d servers, %d clients: %d histories, %d wrong", size[0], size[1], len(judged), wrong)
	}
}
