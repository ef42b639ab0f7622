package explore

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"unsafe"
)

// The frontier: states found and not yet explored. One structure serves both
// orders of search, because they differ in little:
//
//	       a worker takes from         a worker adds to     when the pool is empty and all wait
//	bfs    a chunk of this level       its chunks of the    those become the pool:
//	                                   next level           the next level begins
//	dfs    the top of its own stack    the same stack       the search is over
//
// Workers touch only chunks of their own, without a lock, and trade whole
// chunks through a pool under a lock. In depth-first order a worker that sees
// another one wait gives away the bottom of its stack.

const (
	chunkBytes = 16 << 10 // encoded states in one chunk
	chunkItems = 128      // states held by value in one chunk
	maxFree    = 8        // empty chunks that one worker keeps
	trailer    = 8        // after each encoded state: its length and its depth
)

// item is a state of the frontier: either encoded, or a value.
type item[S any] struct {
	encoded []byte
	state   S
	depth   int
}

// chunk is a stack of items. Exactly one of buf and items is in use.
type chunk[S any] struct {
	buf   []byte
	items []item[S]
	n     int
}

func (c *chunk[S]) hasRoom(encoded []byte, byValue bool) bool {
	if byValue {
		return len(c.items) < chunkItems
	}
	return len(c.buf)+len(encoded)+trailer <= cap(c.buf) || c.n == 0
}

func (c *chunk[S]) push(encoded []byte, s *S, depth int, byValue bool) {
	c.n++
	if byValue {
		c.items = append(c.items, item[S]{state: *s, depth: depth})
		return
	}
	c.buf = append(c.buf, encoded...)
	c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(len(encoded)))
	c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(depth))
}

// pop moves the last item to it. Its bytes are valid until the next push.
func (c *chunk[S]) pop(it *item[S], byValue bool) {
	c.n--
	if byValue {
		last := len(c.items) - 1
		*it = c.items[last]
		c.items[last] = item[S]{}
		c.items = c.items[:last]
		return
	}
	end := len(c.buf) - trailer
	start := end - int(binary.LittleEndian.Uint32(c.buf[end:]))
	it.encoded, it.depth = c.buf[start:end], int(binary.LittleEndian.Uint32(c.buf[end+4:]))
	c.buf = c.buf[:start]
}

// local is what one worker holds. In breadth-first order in is a chunk of this
// level and out the next level; in depth-first order out is the stack.
type local[S any] struct {
	in   *chunk[S]
	out  []*chunk[S]
	free []*chunk[S]
	_    [64]byte
}

type frontier[S any] struct {
	byValue   bool // the model cannot decode
	levels    bool // breadth first
	chunkSize int64
	workers   int
	local     []local[S]
	bytes     atomic.Int64
	waiting   atomic.Int32 // workers that have nothing to pop
	offered   atomic.Int32 // chunks in the pool

	mu     sync.Mutex
	wake   *sync.Cond
	pool   []*chunk[S]
	spare  []*chunk[S] // empty ones that a worker had too many of
	closed bool
}

func newFrontier[S any](m Model[S], o Options) *frontier[S] {
	_, decodes := m.(Decoder[S])
	f := &frontier[S]{byValue: !decodes, levels: o.Strategy == BFS, workers: o.Workers, chunkSize: chunkBytes}
	f.local = make([]local[S], o.Workers)
	f.wake = sync.NewCond(&f.mu)
	if f.byValue {
		size := int64(unsafe.Sizeof(item[S]{}))
		if z, ok := m.(Sizer); ok {
			size += int64(z.StateBytes())
		}
		f.chunkSize = chunkItems * size
	}
	return f
}

// push adds a state found by worker w.
func (f *frontier[S]) push(w int, encoded []byte, s *S, depth int) {
	l := &f.local[w]
	if n := len(l.out); n > 0 && l.out[n-1].hasRoom(encoded, f.byValue) {
		l.out[n-1].push(encoded, s, depth, f.byValue)
		return
	}
	c := f.chunk(l)
	before := cap(c.buf)
	c.push(encoded, s, depth, f.byValue)
	f.bytes.Add(int64(cap(c.buf) - before)) // a state too long for a common chunk
	l.out = append(l.out, c)
}

// chunk returns an empty chunk, a used one if there is one.
func (f *frontier[S]) chunk(l *local[S]) *chunk[S] {
	if len(l.free) == 0 {
		f.mu.Lock()
		n := max(0, len(f.spare)-maxFree/2)
		l.free = append(l.free, f.spare[n:]...)
		f.spare = f.spare[:n]
		f.mu.Unlock()
	}
	if n := len(l.free); n > 0 {
		c := l.free[n-1]
		l.free = l.free[:n-1]
		return c
	}
	f.bytes.Add(f.chunkSize)
	if f.byValue {
		return &chunk[S]{items: make([]item[S], 0, chunkItems)}
	}
	return &chunk[S]{buf: make([]byte, 0, chunkBytes)}
}

// recycle keeps an empty chunk for later use. Chunks wander from those who give
// to those who take, so a worker that has many leaves some to the others.
func (f *frontier[S]) recycle(l *local[S], c *chunk[S]) {
	l.free = append(l.free, c)
	if len(l.free) > maxFree {
		f.mu.Lock()
		f.spare = append(f.spare, l.free[maxFree/2:]...)
		f.mu.Unlock()
		l.free = l.free[:maxFree/2]
	}
}

// pop takes a state from what worker w holds, and reports whether there was one.
func (f *frontier[S]) pop(w int, it *item[S]) bool {
	l := &f.local[w]
	if f.levels {
		if l.in == nil {
			return false
		}
		l.in.pop(it, f.byValue)
		if l.in.n == 0 {
			f.recycle(l, l.in)
			l.in = nil
		}
		return true
	}
	n := len(l.out)
	if n == 0 {
		return false
	}
	l.out[n-1].pop(it, f.byValue)
	if l.out[n-1].n == 0 {
		f.recycle(l, l.out[n-1])
		l.out = l.out[:n-1]
	}
	return true
}

// wait returns when worker w has something to pop, or false when the search is
// over. A worker never waits while others need it to stand still.
func (f *frontier[S]) wait(w int) bool {
	l := &f.local[w]
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && (l.in != nil || !f.levels && len(l.out) > 0) {
		return true
	}
	f.waiting.Add(1)
	for !f.closed {
		if n := len(f.pool); n > 0 {
			if f.levels {
				l.in = f.pool[n-1]
			} else {
				l.out = append(l.out, f.pool[n-1])
			}
			f.pool = f.pool[:n-1]
			f.offered.Add(-1)
			f.waiting.Add(-1)
			return true
		}
		if int(f.waiting.Load()) == f.workers && !f.advance() {
			f.closed = true
			f.wake.Broadcast()
		} else if len(f.pool) == 0 {
			f.wake.Wait()
		}
	}
	return false
}

// advance begins the next level; it reports whether there is one. All workers wait.
func (f *frontier[S]) advance() bool {
	for w := range f.local {
		l := &f.local[w]
		f.pool = append(f.pool, l.out...)
		f.offered.Add(int32(len(l.out)))
		l.out = l.out[:0]
	}
	f.wake.Broadcast()
	return len(f.pool) > 0
}

// share gives the bottom of a depth-first stack to a worker that waits.
func (f *frontier[S]) share(w int) {
	l := &f.local[w]
	if f.levels || f.waiting.Load() <= f.offered.Load() || len(l.out) == 0 {
		return
	}
	var gift *chunk[S]
	if len(l.out) > 1 {
		gift = l.out[0]
		l.out = append(l.out[:0], l.out[1:]...)
	} else if gift = f.split(l); gift == nil {
		return
	}
	f.mu.Lock()
	f.pool = append(f.pool, gift)
	f.offered.Add(1)
	f.wake.Signal()
	f.mu.Unlock()
}

// split takes half of the only chunk of a stack; nil if it holds a single state.
func (f *frontier[S]) split(l *local[S]) *chunk[S] {
	c := l.out[0]
	if c.n < 2 {
		return nil
	}
	gift := f.chunk(l)
	var it item[S]
	for range c.n / 2 {
		c.pop(&it, f.byValue)
		gift.push(it.encoded, &it.state, it.depth, f.byValue)
	}
	return gift
}

// close ends the search: no worker is given anything more.
func (f *frontier[S]) close() {
	f.mu.Lock()
	f.closed = true
	f.wake.Broadcast()
	f.mu.Unlock()
}
