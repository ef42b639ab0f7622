package checker

import "strings"

// suggest ends an error about an unknown name: the nearest of names if one is
// near enough to be a slip of the finger, and all of them in any case.
func suggest(got string, names []string) string {
	want := "want one of " + strings.Join(names, ", ")
	best, bestDistance := "", 3
	for _, name := range names {
		if d := editDistance(got, name); d < bestDistance && d < len(name) {
			best, bestDistance = name, d
		}
	}
	if best == "" {
		return want
	}
	return "did you mean " + best + "? (" + want + ")"
}

// editDistance is Levenshtein's distance in bytes. Inputs beyond 64 bytes are
// no slip of the finger; they are far from everything, at no cost.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var row [65]int
	for j := range row[:len(b)+1] {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substituted := diagonal
			if a[i-1] != b[j-1] {
				substituted++
			}
			diagonal = row[j]
			row[j] = min(substituted, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
