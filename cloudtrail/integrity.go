package cloudtrail

// Integrity is whether a log file is what CloudTrail delivered, as far as digest
// files tell. It is empty where nobody has looked.
type Integrity string

// What digest files may tell of a log file.
const (
	Verified   Integrity = "verified"   // its bytes are those that a digest file lists
	Unverified Integrity = "unverified" // no digest file that was looked at tells of it, or its bytes could not be read
	Altered    Integrity = "altered"    // a digest file lists other bytes under its name
)
