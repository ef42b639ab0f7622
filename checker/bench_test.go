package checker

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// longHistory is atomic, of distinct values: clients that take their operation
// at its return, so that reads see concurrent writes.
func longHistory(operations, clients, objects int) *History {
	h := new(History)
	simulate(h, operations, clients, objects)
	return h
}

func simulate(h *History, operations, clients, objects int) {
	rng := rand.New(rand.NewPCG(1, 2))
	type state struct {
		id     OpID
		busy   bool
		object int
		write  Value
	}
	names := make([]Object, objects)
	held := make([]Value, objects)
	var text [32]byte
	for i := range names {
		binary.BigEndian.PutUint64(text[:], uint64(i))
		names[i] = h.Object(text[:])
	}
	doing := make([]state, clients)
	for at := int64(0); at < int64(2*operations); at++ {
		client := rng.IntN(clients)
		s := &doing[client]
		switch {
		case s.busy && s.write != Absent:
			held[s.object] = s.write
			h.End(s.id, Absent, at)
			s.busy = false
		case s.busy:
			h.End(s.id, held[s.object], at)
			s.busy = false
		case rng.IntN(2) == 0:
			binary.BigEndian.PutUint64(text[:], uint64(at))
			object := rng.IntN(objects)
			v := h.Value(text[:])
			*s = state{h.BeginWrite(int32(client), names[object], v, at), true, object, v}
		default:
			object := rng.IntN(objects)
			*s = state{h.BeginRead(int32(client), names[object], at), true, object, Absent}
		}
	}
}

const million = 1_000_000

// BenchmarkRegisterCheck judges a recorded history of a million operations.
func BenchmarkRegisterCheck(b *testing.B) {
	h := longHistory(million, 16, 1)
	var c Checker
	for b.Loop() {
		if r := c.Check(h, Options{}); r.Verdict != Pass || r.ByZones != 1 {
			b.Fatal(r)
		}
	}
	b.ReportMetric(float64(h.Len())*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkRegisterCheckObjects spreads a million operations over 1,000 objects.
func BenchmarkRegisterCheckObjects(b *testing.B) {
	h := longHistory(million, 64, 1000)
	var c Checker
	for b.Loop() {
		if r := c.Check(h, Options{}); r.Verdict != Pass || r.ByZones != 1000 {
			b.Fatal(r)
		}
	}
	b.ReportMetric(float64(h.Len())*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkRecord is what the history costs while a run goes on: interning a
// value, beginning and ending an operation.
func BenchmarkRecord(b *testing.B) {
	h := new(History)
	b.ReportAllocs()
	for b.Loop() {
		h.Reset()
		simulate(h, 100_000, 16, 4)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkCheckSchedule judges what one simulated schedule leaves: 60
// operations of 3 clients on 2 objects, by both judges.
func BenchmarkCheckSchedule(b *testing.B) {
	h := longHistory(60, 3, 2)
	var c Checker
	b.ReportAllocs()
	for b.Loop() {
		if r := c.Check(h, Options{}); r.Verdict != Pass || r.Confirmed != 2 {
			b.Fatal(r)
		}
	}
}

// BenchmarkPorcupine is Porcupine's part of the same, on one object.
func BenchmarkPorcupine(b *testing.B) {
	h := longHistory(60, 3, 1)
	b.ReportAllocs()
	for b.Loop() {
		if v, _ := decide(h.ops, limits{}); v != Pass {
			b.Fatal(v)
		}
	}
}

// BenchmarkZones is the zone check's part of the same.
func BenchmarkZones(b *testing.B) {
	h := longHistory(60, 3, 1)
	var z zoneJudge
	b.ReportAllocs()
	for b.Loop() {
		if fault, applies := z.check(h.ops, h.valueLimit()); fault.kind != noFault || !applies {
			b.Fatal(fault)
		}
	}
}
