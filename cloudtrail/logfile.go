package cloudtrail

// LogFile is one object that CloudTrail delivered, as its name tells. It is a
// fact too: an account, a region and a delivery minute that were covered.
type LogFile struct {
	URI       string // path, s3://bucket/key, "-" or inline:<sha256>
	Version   string // S3 version id, where there is one
	Kind      FileKind
	Account   string
	Region    string
	Org       string // o-…, in an organisation trail's path
	Delivered Time   // the stamp in the name: a minute, for a digest a second
}

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
