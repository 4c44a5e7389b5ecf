package query

import (
	"context"
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Row is one event: what the ladder reads and what people ask for.
type Row struct {
	lineage.Use
	ErrorMessage string
	EventType    string
	ReadOnly     cloudtrail.Bool
	Resources    []string // ARNs in the record's resources; else the names it touched, see Touched
}

// Reader is what a store lets the questions read. Every method is safe for
// concurrent use.
type Reader interface {
	lineage.Index
	// Rows yields one row an event (of variants the one with the least
	// Fingerprint), by time, then event id, then recipient; backwards where
	// the selection asks for it. The Row is overwritten by the next step;
	// its strings and its Caller stay valid.
	Rows(ctx context.Context, s Selection) iter.Seq2[*Row, error]
	// LogFiles yields every log file that was read, in any order.
	LogFiles(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error]
	// Raw returns the record itself, as it stands in its log file.
	Raw(ctx context.Context, at lineage.Location) ([]byte, error)
}

// Selection is the part of a Filter that a store may use to read less. A store
// may yield more than it asks for, never less. Empty fields select everything;
// several values of one field: any of them.
type Selection struct {
	Since, Until cloudtrail.Time // both ends included; zero is open
	EventIDs     []string
	Accounts     []string // recipient
	Regions      []string
	EventNames   []string // whatever their case
	AccessKeys   []string
	Principals   []string // principal ids, whole or the part before ':'
	Newest       bool     // newest first
}
