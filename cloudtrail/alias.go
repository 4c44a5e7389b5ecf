package cloudtrail

import "unsafe"

// alias is b as a string that shares its memory. It is how the strings of a
// Record cost no copy: a conversion would double the bytes that are written and
// leave garbage behind every record. b must not change while the string is in
// use, which is what the life time in [Decoder.Records] promises: the input is
// never written to, and the arena not before the next record.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
