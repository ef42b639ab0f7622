package auth

import (
	"crypto/sha512"
	"math/big"

	curve "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Shamir's secret sharing (CACM 1979) over the scalars of BLS12-381, with Feldman's
// commitments (FOCS 1987) in G2. The member at position i of a group holds the
// polynomial's value at i+1; the secret is the value at 0.

// scalarOf maps bytes to a scalar that is uniform but for 2^-256.
func scalarOf(purpose string, parts ...[]byte) (z fr.Element) {
	h := sha512.New()
	h.Write([]byte("turncoat scalar " + purpose + " "))
	for _, p := range parts {
		h.Write(p)
	}
	z.SetBytes(h.Sum(nil))
	return z
}

// bigOf returns z as the library's multiplications want it.
func bigOf(z *fr.Element) *big.Int { return z.BigInt(new(big.Int)) }

// abscissa returns where the member at a position holds its value.
func abscissa(position int) (x fr.Element) {
	x.SetUint64(uint64(position) + 1)
	return x
}

// evaluate returns the polynomial's value for the member at a position.
func evaluate(coefficients []fr.Element, position int) (y fr.Element) {
	x := abscissa(position)
	for i := len(coefficients) - 1; i >= 0; i-- {
		y.Mul(&y, &x).Add(&y, &coefficients[i])
	}
	return y
}

// evaluateCommitted returns the commitment to what evaluate returns, from the
// commitments to the coefficients.
func evaluateCommitted(commitments []curve.G2Affine, position int) (y curve.G2Affine) {
	x := big.NewInt(int64(position) + 1)
	for i := len(commitments) - 1; i >= 0; i-- {
		y.ScalarMultiplication(&y, x)
		y.Add(&y, &commitments[i])
	}
	return y
}

// lagrange returns the weights that take the values of members at these distinct
// positions to the value at 0.
func lagrange(positions []int) []fr.Element {
	weights := make([]fr.Element, len(positions))
	for i, p := range positions {
		numerator, denominator := fr.One(), fr.One()
		xi := abscissa(p)
		for j, q := range positions {
			if i == j {
				continue
			}
			xj := abscissa(q)
			numerator.Mul(&numerator, &xj)
			var difference fr.Element
			difference.Sub(&xj, &xi)
			denominator.Mul(&denominator, &difference)
		}
		weights[i].Div(&numerator, &denominator)
	}
	return weights
}

// commit returns the commitment to a scalar: its multiple of G2's generator.
func commit(z *fr.Element) (c SharePublic) {
	var p curve.G2Affine
	p.ScalarMultiplicationBase(bigOf(z))
	return p.Bytes()
}

// pointG2 decodes a commitment. It refuses what is not in the subgroup, and
// infinity, which commits to nothing secret.
func pointG2(b *[96]byte) (p curve.G2Affine, ok bool) {
	n, err := p.SetBytes(b[:])
	return p, err == nil && n == len(b) && !p.IsInfinity()
}

// pointG1 is pointG2 for G1.
func pointG1(b []byte) (p curve.G1Affine, ok bool) {
	n, err := p.SetBytes(b)
	return p, err == nil && n == len(b) && !p.IsInfinity()
}
