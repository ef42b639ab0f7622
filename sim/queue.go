package sim

import "container/heap"

type event struct {
	at   int64
	seq  uint64
	node int32
	aux  uint32
	kind uint8
}
type eventHeap []event

func (q eventHeap) Len() int { return len(q) }
func (q eventHeap) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q eventHeap) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventHeap) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventHeap) Pop() any     { o := *q; e := o[len(o)-1]; *q = o[:len(o)-1]; return e }

type queue struct{ h eventHeap }

func (q *queue) push(e event) { heap.Push(&q.h, e) }
func (q *queue) pop() (event, bool) {
	if len(q.h) == 0 {
		return event{}, false
	}
	return heap.Pop(&q.h).(event), true
}
