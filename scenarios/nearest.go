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

// Nearest returns the word with the least edit distance (Levenshtein) to the one
// given, "" when none is within a third of its length. Ends of dotted names count
// as the name.
func Nearest(word string, words []string) string {
	best, distance := "", max(len(word)/3, 1)+1
	for _, w := range words {
		for end := w; ; {
			if d := levenshtein(word, end); d < distance {
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

func levenshtein(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
