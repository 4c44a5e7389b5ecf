package main

import (
	"slices"
	"time"
)

// timed runs a piece of work and says how long it took.
func timed(work func() error) (time.Duration, error) {
	start := time.Now()
	err := work()
	return time.Since(start), err
}

// median of a list that is not empty.
func median[T int | float64 | time.Duration](of []T) T {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// ratios divides round by round: on a machine whose speed changes from minute
// to minute, only figures of one round belong together.
func ratios(baseline, of []time.Duration) []float64 {
	all := make([]float64, len(of))
	for i := range of {
		all[i] = baseline[i].Seconds() / of[i].Seconds()
	}
	return all
}
