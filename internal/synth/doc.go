// Package synth makes up organisations: accounts, people, workloads and what
// they do, as log files that look like CloudTrail's, with the truth beside them.
// One seed, one organisation, byte for byte.
package synth
