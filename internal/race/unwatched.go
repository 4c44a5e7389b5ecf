//go:build !race

package race

// Detector is whether this was built with -race.
const Detector = false
