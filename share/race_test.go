//go:build race

package share_test

// sparse has fewer kinds of grants judged under the race detector: there is one
// goroutine, and each takes five times as long.
const sparse = 2
