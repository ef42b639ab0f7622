// Package rand holds what nobody seeded, and the near misses.
package rand

import (
	"crypto/ed25519"
	crand "crypto/rand" // want `crypto/rand draws from the machine`
	"fmt"
	"hash/maphash" // want `hash/maphash is seeded anew in each process`
	old "math/rand"
	"math/rand/v2"
	"unsafe"
)

func offenders(p *int) {
	_ = rand.IntN(6)                            // want `math/rand/v2.IntN draws from the global generator`
	pick := rand.Shuffle                        // want `math/rand/v2.Shuffle draws from the global generator`
	_ = rand.N(6)                               // want `math/rand/v2.N draws from the global generator`
	old.Seed(1)                                 // want `math/rand.Seed draws from the global generator`
	_ = old.Float64()                           // want `math/rand.Float64 draws from the global generator`
	_, _, _ = ed25519.GenerateKey(crand.Reader) // want `crypto/ed25519.GenerateKey draws from the machine`
	_ = maphash.MakeSeed()
	_ = fmt.Sprintf("at %p", p)      // want `%p prints an address`
	_ = fmt.Sprintf("at %-#12p.", p) // want `%p prints an address`
	_ = uintptr(unsafe.Pointer(p))   // want `pointer made a number`
	_ = pick
}

func nearMisses(seed []byte) {
	draw := rand.New(rand.NewPCG(1, 2))
	_ = draw.IntN(6)
	_ = old.New(old.NewSource(1)).Intn(6)
	_ = ed25519.NewKeyFromSeed(seed)
	_ = fmt.Sprintf("%d%%p %x", 1, seed)
	_ = uintptr(6)
	_ = unsafe.Sizeof(seed)
}
