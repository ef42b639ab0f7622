// Package maps holds each way to walk a map, and the near misses.
package maps

import (
	"maps"
	"reflect"
	"slices"
	"sync"
)

type votes map[int]string

func offenders(m map[int]string, v votes, s *sync.Map) {
	for range m { // want `range over a map`
	}
	for k := range v { // want `range over a map`
		_ = k
	}
	for k := range maps.Keys(m) { // want `maps.Keys: its order is random`
		_ = k
	}
	for _, x := range m { // want `range over a map`
		_ = x
	}
	_ = slices.Collect(maps.Values(m))                          // want `maps.Values: its order is random`
	next := maps.All(m)                                         // want `maps.All: its order is random`
	maps.DeleteFunc(m, func(int, string) bool { return 1 > 2 }) // want `maps.DeleteFunc is not a function of the seed`
	s.Range(func(any, any) bool { return true })                // want `sync.Map.Range is not a function of the seed`
	_ = reflect.ValueOf(m).MapKeys()                            // want `reflect.Value.MapKeys is not a function of the seed`
	_ = next
}

func generic[M ~map[K]V, K comparable, V any](m M) {
	for range m { // want `range over a map`
	}
}

func nearMisses(m map[int]string, s []string) int {
	for i := range s {
		_ = m[i]
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		_ = m[k]
	}
	other := maps.Clone(m)
	clear(other)
	delete(m, 1)
	return len(m)
}

func nearMiss[S ~[]E, E any](s S) {
	for range s {
	}
}
