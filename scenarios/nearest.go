package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean returns ": did you mean X?" when a word is near, else the choice.
func DidYouMean(word string, words []string) string {
	if near := Nearest(word, words); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	sorted := slices.Sorted(slices.Values(words))
	if len(sorted) > 30 {
		return ""
	}
	return fmt.Sprintf(" (there are %s)", strings.Join(sorted, ", "))
}

// Nearest returns the word with the least edit distance to the one given, "" when
// none is within about a third of its length. Ends of dotted names count as the name.
func Nearest(word string, words []string) string {
	best, distance := "", max((len(word)+1)/3, 1)+1
	for _, w := range words {
		for end := w; ; {
			if d := edits(word, end); d < distance {
				best, distance = w, d
			}
			_, rest, more := strings.Cut(end, ".")
			if !more {
				break
			}
			end = rest
		}
	}
	return best
}

// edits returns how many letters must be changed, added, taken away or swapped
// with their neighbour to turn a into b (optimal string alignment).
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
