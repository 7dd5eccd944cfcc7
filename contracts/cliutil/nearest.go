package cliutil

import "strings"

// Nearest returns the name that was most likely meant by typed, or "" when none
// is near: at most one edit in three characters, swapped neighbours counting as one.
// The dashes of a flag are no characters.
func Nearest(typed string, names []string) string {
	best, at := "", len([]rune(strings.TrimLeft(typed, "-")))/3+1
	for _, name := range names {
		if d := distance(strings.ToLower(typed), strings.ToLower(name)); d < at {
			best, at = name, d
		}
		if best == "" && len(typed) >= 3 && strings.HasPrefix(name, typed) {
			best = name
		}
	}
	return best
}

// distance is the optimal string alignment distance.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next := make([]int, len(y)+1)
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
