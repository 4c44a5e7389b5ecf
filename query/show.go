package query

import (
	"context"

	"github.com/crosstrail/crosstrail/lineage"
)

// ShowAnswer is the record itself: one for each account that holds the event.
type ShowAnswer struct {
	Asked  string
	Shown  []Shown
	Absent *Absence // set where there is none
}

// Shown is one record with its chain.
type Shown struct {
	Line
	Record []byte // as in the log file, session tokens replaced by REDACTED
	SHA256 string // hex, of the bytes in the log file
}

// Show finds EVENT: an event id, <eventID>@<account> or sha256:….
func Show(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) (*ShowAnswer, error) {
	panic("skeleton")
}
