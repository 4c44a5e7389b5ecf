package query

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

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
	Since, Until cloudtrail.Time // of the events; zero is open
	// AsOf is the moment that live is about. Zero: the newest delivery in the
	// data or, without delivery stamps, its newest event. Never the wall clock.
	AsOf cloudtrail.Time
}

// Reach descends from PERSON (id, ARN, name or e-mail), ROLE (name or ARN),
// SESSION (id, ARN or name), KEY or IP (address or CIDR). A name is tried in
// that order; where it fits several people, all are in Origins.
func Reach(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string, o ReachOptions) (*ReachAnswer, error) {
	q, err := newQuestion(ctx, r, resolver, Filter{Since: o.Since, Until: o.Until})
	if err != nil {
		return nil, err
	}
	walk, err := newWalk(strings.TrimSpace(asked))
	if err != nil {
		return nil, err
	}
	if err := q.each(ctx, walk.add); err != nil {
		return nil, err
	}
	answer := &ReachAnswer{Asked: asked, AsOf: o.AsOf}
	if answer.AsOf == 0 {
		if answer.AsOf, err = newest(ctx, r); err != nil {
			return nil, err
		}
	}
	start := walk.best()
	answer.As, answer.Origins = start.as, start.sortedOrigins()
	found, err := descend(ctx, resolver, start, o)
	if err != nil {
		return nil, err
	}
	answer.Keys, answer.Roles = sortFacts(found.Keys), sortFacts(found.Roles)
	for _, d := range found.Sessions {
		start.reach(d.Hop.ID, d)
	}
	answer.Sessions = start.sessions(&walk.book, answer.AsOf)
	if start.fits == 0 && len(answer.Sessions)+len(answer.Keys)+len(answer.Roles) == 0 {
		answer.Absent, err = absence(ctx, r, cmp.Or(accountOf(walk.asked), lineage.KeyAccount(walk.asked)), 0)
	}
	return answer, err
}

// descend follows what was handed out, used or not, from every subject that the
// asked text stands for.
func descend(ctx context.Context, resolver *lineage.Resolver, s *start, o ReachOptions) (*lineage.Reached, error) {
	all := &lineage.Reached{}
	for _, subject := range s.subjects() {
		found, err := resolver.Descend(ctx, subject, o.Since, o.Until)
		if err != nil {
			return nil, err
		}
		all.Sessions = append(all.Sessions, found.Sessions...)
		all.Keys = append(all.Keys, found.Keys...)
		all.Roles = append(all.Roles, found.Roles...)
	}
	return all, nil
}

func sortFacts(facts []*lineage.Fact) []*lineage.Fact {
	slices.SortFunc(facts, compareFacts)
	return slices.CompactFunc(facts, func(x, y *lineage.Fact) bool { return compareFacts(x, y) == 0 })
}

func compareFacts(x, y *lineage.Fact) int {
	return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event),
		cmp.Compare(x.ID.Recipient, y.ID.Recipient), cmp.Compare(x.Fingerprint, y.Fingerprint))
}

// sessions puts the tallies beside what was reached, parents first.
func (s *start) sessions(book *sessionBook, asOf cloudtrail.Time) []ReachedSession {
	type entry struct {
		depth   int
		key     string
		session ReachedSession
	}
	for key := range s.roots {
		if d := s.reached[key]; d != nil {
			d.Parent = ""
		}
	}
	all := make([]entry, 0, len(s.reached))
	for key, d := range s.reached {
		session := ReachedSession{Descent: *d}
		if e := book.byKey[key]; e != nil {
			e = s.own(e)
			session.Calls, session.Writes, session.Errors = e.Calls, e.Writes, e.Errors
			session.First, session.Last = e.First, e.Last
			session.Keys = mergeKeys(d.Keys, e.keys)
		}
		session.Expires, session.Live = expiry(&session, asOf)
		all = append(all, entry{s.depth(d), key, session})
	}
	slices.SortFunc(all, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.depth, y.depth), cmp.Compare(startOf(&x.session), startOf(&y.session)), cmp.Compare(x.key, y.key))
	})
	sessions := make([]ReachedSession, len(all))
	for i, e := range all {
		sessions[i] = e.session
	}
	return sessions
}

// own is the part of a session that is of those who were asked about: another
// person may hold the same session id.
func (s *start) own(e *sessionEntry) *sessionEntry {
	people := e.people()
	if len(people) == 1 {
		return people[0]
	}
	part := &sessionEntry{keys: map[string]bool{}}
	for _, p := range people {
		if s.origins[originID(p.Chain)] == nil {
			continue
		}
		part.Calls += p.Calls
		part.Writes += p.Writes
		part.Errors += p.Errors
		maps.Copy(part.keys, p.keys)
		if part.First == 0 || p.First < part.First {
			part.First = p.First
		}
		part.Last = max(part.Last, p.Last)
	}
	return part
}

// depth is how many sessions a session was made through. Forged records may
// close a ring of parents.
func (s *start) depth(d *lineage.Descent) int {
	n := 0
	for n < len(s.reached) && d != nil && d.Parent != "" {
		d = s.reached[d.Parent]
		n++
	}
	return n
}

func mergeKeys(known []string, seen map[string]bool) []string {
	all := slices.Clone(known)
	for key := range seen {
		all = append(all, key)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// startOf is when the session was made or, where that is not known, first used.
func startOf(s *ReachedSession) cloudtrail.Time {
	if s.Hop.Issuance != nil {
		return s.Hop.Issuance.Time
	}
	if _, t, ok := splitSessionID(s.Hop.ID); ok {
		return t
	}
	return s.First
}

const hour = cloudtrail.Time(60 * 60)

// expiry is when the credentials end, and whether the session may be in use at
// a moment. A console session outlasts the credentials that its issuance names,
// and where no end is known AWS's longest counts (linkage.md 2, G3; 4.2).
func expiry(s *ReachedSession, at cloudtrail.Time) (cloudtrail.Time, bool) {
	longest := startOf(s) + 12*hour
	if s.Hop.By == "GetFederationToken" || s.Hop.By == "GetSessionToken" {
		longest = startOf(s) + 36*hour
	}
	var expires cloudtrail.Time
	if s.Hop.Issuance != nil {
		expires = s.Hop.Issuance.Grant.Expires
	}
	if expires == 0 || slices.Contains(s.Hop.Notes, "console-session") || s.Last > expires {
		return expires, at < max(longest, expires)
	}
	return expires, at < expires
}
