package query

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// ReachAnswer is what a person, role, session, key or address reached.
type ReachAnswer struct {
	Asked    string
	As       Word
	Origins  []*lineage.Origin // the people that the asked name fits, by id
	Sessions []ReachedSession  // parents first, then by time and id
	Keys     []*lineage.Fact   // long-term keys that were made on the way
	Roles    []*lineage.Fact   // roles made or changed on the way
	AsOf     cloudtrail.Time   // the moment that live is about
	Absent   *Absence          // set where nothing fits what was asked
}

// ReachedSession is one session on the way.
type ReachedSession struct {
	lineage.Descent
	Expires               cloudtrail.Time // of the credentials; zero if not known
	Live                  bool            // at AsOf, as far as the records tell
	Calls, Writes, Errors int
	First, Last           cloudtrail.Time // of its calls
}

// ReachOptions bound a descent.
type ReachOptions struct {
	Since, Until cloudtrail.Time // of the issuances; zero is open
	// AsOf is the moment that live is about. Zero: the newest delivery in the
	// data or, without delivery stamps, its newest event. Never the wall clock.
	AsOf cloudtrail.Time
}

// Reach descends from PERSON (id, ARN, name or e-mail), ROLE (name or ARN),
// SESSION (id, ARN or name), KEY or IP (address or CIDR).
func Reach(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string, o ReachOptions) (*ReachAnswer, error) {
	panic("skeleton")
}
