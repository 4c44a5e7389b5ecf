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
	Keys     []LeftBehind      // long-term keys that were made on the way
	Roles    []LeftBehind      // roles made or changed on the way
	AsOf     cloudtrail.Time   // the moment that live is about
	Ahead    Ahead             // what is too late to tell that moment
	Absent   *Absence          // set where nothing fits what was asked
	Outside  bool              // what was asked is in the logs, but not in the span
}

// ReachedSession is one session on the way.
type ReachedSession struct {
	lineage.Descent
	Under                 int             // where in Sessions its parent is, -1 for none
	Expires               cloudtrail.Time // of the credentials; zero if not known
	Live                  bool            // at AsOf, as far as the records tell
	Calls, Writes, Errors int
	First, Last           cloudtrail.Time // of its calls
}

// ReachOptions bound a descent.
type ReachOptions struct {
	Since, Until cloudtrail.Time // of the events; zero is open
	// AsOf is the moment that live is about. Zero: the newest delivery or event
	// in the data that is not ahead of the Clock.
	AsOf  cloudtrail.Time
	Clock Clock
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
	if err := walk.read(ctx, q); err != nil {
		return nil, err
	}
	answer := &ReachAnswer{Asked: asked, AsOf: o.AsOf}
	if answer.AsOf == 0 {
		if answer.AsOf, answer.Ahead, err = newest(ctx, r, o.Clock); err != nil {
			return nil, err
		}
	}
	start := walk.best()
	answer.As, answer.Origins = start.as, start.sortedOrigins()
	found, err := descend(ctx, resolver, start.subjects(&walk.book), o)
	if err != nil {
		return nil, err
	}
	if answer.Keys, err = leftBehind(ctx, r, sortFacts(found.Keys), keyOf); err != nil {
		return nil, err
	}
	if answer.Roles, err = leftBehind(ctx, r, sortFacts(found.Roles), roleOf); err != nil {
		return nil, err
	}
	for _, d := range found.Sessions {
		d.Origin = walk.book.whose(&d)
		start.reach(d.Hop.ID, d)
	}
	answer.Sessions = start.sessions(&walk.book, answer.AsOf)
	if !start.fits && len(answer.Sessions)+len(answer.Keys)+len(answer.Roles) == 0 {
		if o.Since != 0 || o.Until != 0 {
			all, err := Reach(ctx, r, resolver, asked, ReachOptions{AsOf: answer.AsOf})
			if err != nil {
				return nil, err
			}
			if all.Absent == nil {
				answer.As, answer.Origins, answer.Outside = all.As, all.Origins, true
				return answer, nil
			}
		}
		answer.Absent, err = absence(ctx, r, cmp.Or(accountOf(walk.asked), lineage.KeyAccount(walk.asked)), 0)
	}
	return answer, err
}

// descend follows what was handed out, used or not, from every subject that the
// asked text stands for.
func descend(ctx context.Context, resolver *lineage.Resolver, subjects []lineage.Subject, o ReachOptions) (*lineage.Reached, error) {
	all := &lineage.Reached{}
	for _, subject := range subjects {
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
	s.fold(book)
	forest := newForest(s.reached)
	all := make([]ReachedSession, 0, len(s.reached))
	at := map[personKey]int{}
	for _, key := range forest.order {
		d := s.reached[key]
		session := ReachedSession{Descent: *d, Under: -1}
		if e := book.of(key); e != nil {
			session.Calls, session.Writes, session.Errors = e.Calls, e.Writes, e.Errors
			session.First, session.Last = e.First, e.Last
			session.Keys = mergeKeys(d.Keys, e.keys)
			session.Hop = inUse(d.Hop, e.Chain)
		}
		session.Expires, session.Live = expiry(&session, asOf)
		session.Parent = ""
		if parent, ok := forest.parent[key]; ok {
			session.Parent, session.Under = d.Parent, at[parent]
		}
		at[key] = len(all)
		all = append(all, session)
	}
	return all
}

// inUse is the hop as the chain of the session's own calls has it, where all
// that is known of it is that it was issued: its grade must not depend on which
// way it was reached.
func inUse(hop lineage.Hop, c *lineage.Chain) lineage.Hop {
	if n := len(c.Hops); hop.Rule == "" && n > 0 && c.Hops[n-1].ID == hop.ID && c.Hops[n-1].Rule != "" {
		return c.Hops[n-1]
	}
	return hop
}

// fold joins what calls that do not tell who is behind them reached with the
// session of the one person who is known to hold it.
func (s *start) fold(book *sessionBook) {
	for _, key := range sortedReached(s.reached) {
		d := s.reached[key]
		if d.Origin = book.whose(d); d.Origin != key.origin {
			delete(s.reached, key)
			s.reach(key.session, *d)
		}
	}
}

// whose is the id of who holds a session that was reached, as the book has it.
func (b *sessionBook) whose(d *lineage.Descent) string {
	e := b.byKey[d.Hop.ID]
	if e == nil {
		return d.Origin
	}
	for _, who := range slices.Sorted(maps.Keys(e.byOrigin())) {
		if hops := e.byOrigin()[who].Chain.Hops; len(hops) > 0 && hops[len(hops)-1].ID == d.Hop.ID && sameIssuance(&hops[len(hops)-1], &d.Hop) {
			return who
		}
	}
	if only, ok := e.only(); ok && (d.Origin == "" || only == "") {
		return only
	}
	return d.Origin
}

// sameIssuance reports whether two hops were made by one call.
func sameIssuance(x, y *lineage.Hop) bool {
	if x.Issuance == nil || y.Issuance == nil {
		return false
	}
	is := func(f *lineage.Fact) bool { return f.ID.Event == x.Issuance.ID.Event }
	return is(y.Issuance) || slices.ContainsFunc(y.Copies, is)
}

// only is the one who holds the session, "" where no call tells; it is false
// where several do, or it is in dispute.
func (e *sessionEntry) only() (origin string, ok bool) {
	if len(e.people()) > 1 {
		return "", false
	}
	for who := range e.byOrigin() {
		origin = max(origin, who)
	}
	return origin, true
}

// of is what somebody did in a session: calls that do not tell are of the only
// one who does. It is nil where there is nothing.
func (b *sessionBook) of(key personKey) *sessionEntry {
	e := b.byKey[key.session]
	if e == nil {
		return nil
	}
	if only, ok := e.only(); ok && only == key.origin {
		return e
	}
	return e.byOrigin()[key.origin]
}

// mergeKeys are the keys of two lists, sorted, each once.
func mergeKeys(known, seen []string) []string {
	all := slices.Concat(known, seen)
	slices.Sort(all)
	return slices.Compact(all)
}

// startOf is when a session was made, zero if not known.
func startOf(h *lineage.Hop) cloudtrail.Time {
	if h.Issuance != nil {
		return h.Issuance.Time
	}
	_, t, _ := splitSessionID(h.ID)
	return t
}

// began is when a session began: its issuance or, where that is not known, its
// first call.
func (s *ReachedSession) began() cloudtrail.Time { return cmp.Or(startOf(&s.Hop), s.First) }

// BeganAfter reports whether a session began after a moment.
func (s *ReachedSession) BeganAfter(at cloudtrail.Time) bool { return s.began() > at }

const hour = cloudtrail.Time(60 * 60)

// expiry is when the credentials end, and whether the session may be in use at
// a moment, which none is before it began. A console session outlasts the credentials that its issuance names,
// and where no end is known AWS's longest counts (linkage.md 2, G3; 4.2).
func expiry(s *ReachedSession, at cloudtrail.Time) (cloudtrail.Time, bool) {
	began := s.began()
	live := func(until cloudtrail.Time) bool { return began <= at && at < until }
	longest := began + 12*hour
	if s.Hop.By == "GetFederationToken" || s.Hop.By == "GetSessionToken" {
		longest = began + 36*hour
	}
	var expires cloudtrail.Time
	if s.Hop.Issuance != nil {
		expires = s.Hop.Issuance.Grant.Expires
	}
	if expires == 0 || slices.Contains(s.Hop.Notes, "console-session") || s.Last > expires {
		return expires, live(max(longest, expires))
	}
	return expires, live(expires)
}
