package cloudtrail

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// LogFile is one object that CloudTrail delivered, as its name tells. It is a
// fact too: an account, a region and a delivery minute that were covered.
type LogFile struct {
	URI       string // path, s3://bucket/key, "-" or inline:<sha256>
	Version   string // of an object its ETag, without quotes
	Kind      FileKind
	Account   string
	Region    string
	Org       string // o-…, in an organisation trail's path
	Delivered Time   // the stamp in the name: a minute, for a digest a second
}

// Key tells a log file, and a version of it, from all others.
func (f *LogFile) Key() string { return f.URI + "\x00" + f.Version }

// inlinePrefix begins the URI of a log file of our own making.
const inlinePrefix = "inline:"

// InlineURI is the URI of a log file of our own making, of records that came without
// one, by the SHA-256 of its bytes.
func InlineURI(sum [sha256.Size]byte) string { return inlinePrefix + hex.EncodeToString(sum[:]) }

// IsInline reports whether a URI is that of a log file of our own making.
func IsInline(uri string) bool { return strings.HasPrefix(uri, inlinePrefix) }

// FileKind tells what a file is by its name; only log files are decoded.
type FileKind uint8

// The kinds. Unknown names are read as log files: people rename them.
const (
	UnknownFile FileKind = iota
	LogFileKind
	DigestFile
	InsightFile
	NetworkActivityFile
	AggregatedFile
	ForeignFile // by its name not JSON, or another service's
)
