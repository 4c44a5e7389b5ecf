// Package local is the embedded store: one folder, written by one process and
// read by any number, that is fed for years and asked in milliseconds.
//
//	catalogue.db             SQLite: log files, segments, what failed, names
//	events/….parquet         the events as open data, immutable (columns.go)
//	index/….parts            what finds things in one of them (part.go, partsfile.go)
//	logs/2026-11/0001.pack   the log files' own bytes, and the digest files' (pack.go)
//	lock                     held by who writes
//
// A commit turns what was added into segments: each a Parquet file and its
// parts. Small segments are merged in the background. Nothing is changed in
// place, so a crash leaves what the catalogue does not know of, and the next
// writer removes it.
//
// What a verification leaves behind are facts too: digest files, which of them
// were missing, and the public keys by which they were told (digests.go). They lie
// in packs, so that a rebuild has them again. What follows from them is worked out
// from them and the log files that are there, in whatever order they came: whether a
// log file is as it was delivered (integrity.go), what is lost (lost.go), and of
// which hours all is told (sealed.go). A store that was never verified pays nothing
// for it.
//
// The catalogue can be made anew from the packs (rebuild.go), and may be damaged
// then: what a rebuild believes of it is held against itself (filerow.go), against
// the copies (heldcopy.go) and, where nothing else tells it, against a seal
// (seals.go, adoptold.go).
//
// Rows lie in a segment by hour, then by caller. So time order is a merge of
// hours, one caller's calls of an hour are one range of rows, and that range is
// counted once, in its tally: what sums up the store reads tallies.
package local
