package memory

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// Integrity tells of a log file, as [query.Seals] says: nobody has verified what
// was read just now.
func (s *Store) Integrity(context.Context, string) (cloudtrail.Integrity, error) { return "", nil }

// Sealed tells, as [query.Seals] says, of nothing.
func (s *Store) Sealed(context.Context) ([]query.Sealed, error) { return nil, nil }
