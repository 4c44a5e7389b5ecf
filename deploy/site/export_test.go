package site

import "time"

// Hurry waits for nothing that a stand-in does at once.
func (s *Site) Hurry() *Site {
	s.wait = patience{shown: 200 * time.Millisecond, reach: 100 * time.Millisecond, pause: 20 * time.Millisecond, settle: 20 * time.Millisecond}
	return s
}

// Strangers are the elements of a configuration that are not known.
var Strangers = strangers

// Reads reports whether a trail logs management events that read.
var Reads = reads

// Leaves is what a key's policy leaves to IAM.
var Leaves = leaves

// OfS3 is what the SDK read, and ForS3 what is put.
var OfS3, ForS3 = ofS3, forS3
