// Package synth makes up organisations: accounts, people, workloads and what
// they do, as log files that look like CloudTrail's, with the truth beside them.
// One seed, one organisation, byte for byte.
//
// The truth is known because the story was made here, never by linking: every
// record remembers whose credentials made it, and what of the log was kept. The
// shapes of the records are those of linkage.md sections 3, 4 and 7.
//
// [New] makes a small organisation full of traps, [Demo] one that explains
// itself, [Corpus] any number of events to measure with.
package synth
