package local

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// Integrity tells of a log file, as [query.Seals] says.
func (r *Reader) Integrity(context.Context, string) (cloudtrail.Integrity, error) { return "", nil }

// Sealed tells, as [query.Seals] says, of what digest files list whole.
func (r *Reader) Sealed(context.Context) ([]query.Sealed, error) { return nil, nil }
