// Package query asks the questions: who is behind an event, what an origin
// reached, which sessions there were, what was done. It reads any store through
// [Reader], links with package lineage, filters, tallies, and returns values for
// package render to print. It does no input or output of its own.
package query
