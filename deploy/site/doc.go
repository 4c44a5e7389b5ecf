// Package site looks at an account for deploy: who calls, its regions, trails, buckets
// and keys, and how a hub is doing; and does what CloudFormation cannot do without
// taking others' things away: a bucket's notifications and the function's code.
//
// S3 has no conditional write for notifications, so each change reads, merges, puts,
// reads back, and looks again: what two write at once is found, and only ours is put
// right.
package site
