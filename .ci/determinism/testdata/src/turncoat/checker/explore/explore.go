// Package explore holds each way for two goroutines to meet, and the near misses.
package explore

import (
	"runtime"
	"sync"
)

var scratch sync.Pool // want `sync.Pool is not a function of the seed`

type box struct {
	full chan int // want `channel type`
}

func offenders(b box) {
	go nearMisses(nil)    // want `go statement`
	b.full <- 1           // want `channel send`
	_ = <-b.full          // want `channel receive`
	_ = make(chan int, 1) // want `channel type`
	for range b.full {    // want `range over a channel`
	}
	select { // want `select: the choice between ready cases is random`
	default:
	}
	var wg sync.WaitGroup
	wg.Go(func() {})                        // want `sync.WaitGroup.Go is not`
	runtime.SetFinalizer(&wg, func(any) {}) // want `runtime.SetFinalizer is not`
}

// Pool is ours, and a slice.
type Pool []int

func (p Pool) Go(f func()) { f() }

func nearMisses(p Pool) {
	defer func() {}()
	p.Go(func() {})
	switch x := -1; {
	case x < -1:
	}
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
}
