// Package race says whether the race detector watches. Under it a test that only
// counts and compares takes five to ten times as long and finds no race more by the
// hundredth seed than by the tenth: there it does less. CI runs all of it without the
// detector: make full.
package race
