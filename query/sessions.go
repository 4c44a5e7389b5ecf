package query

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// SessionLine is one session with what was done in it.
type SessionLine struct {
	ID                    string
	SessionARN            string
	RoleARN               string
	AccountID             string
	AccessKeyIDs          []string // that its calls show, sorted
	Chain                 *lineage.Chain
	Calls, Writes, Errors int
	First, Last           cloudtrail.Time
}

// Sessions returns the sessions of the events that pass the filter, by first
// call, then id; newest first where the filter asks. Limit counts sessions.
func Sessions(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) ([]SessionLine, error) {
	panic("skeleton")
}
