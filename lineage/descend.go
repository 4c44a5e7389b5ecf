package lineage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Descent is one session reached from where a descent started.
type Descent struct {
	Hop    Hop
	Parent string   // id of the session it was made from, "" for the start
	Keys   []string // access keys known to be the session's, sorted
	// Origin is the id of who is behind it, "" where nothing tells: two people can
	// have sessions of one id.
	Origin string
}

// Reached is all that a descent found.
type Reached struct {
	Sessions []Descent // parents first, then by time and id
	Keys     []*Fact   // KeyMinted on the way
	Roles    []*Fact   // RoleChanged on the way
}

// Subject is where a descent starts: any of these that is set.
type Subject struct {
	OriginID    string // as Origin.ID
	PrincipalID string // AIDA…, AROA…, AROA…:name
	SessionID   string // as Hop.ID
	AccessKeyID string
	RoleARN     string
	SourceIP    string // of the calls that count for Uses, "" for any
	Uses        []Use  // events whose callers to start from
}

// longestSession is how long after its issue a session can hand out others, and
// a person's federated session be used (linkage.md section 2, G3).
const longestSession cloudtrail.Time = 36 * 60 * 60

// Descend follows the caller keys down from a subject: every session made from
// it, breadth first, issued within a span of event time (zero is open). What a
// key leads to counts only if the chain of the issuing call leads back: the same
// rules and guards hold in both directions, and what is contested is not
// reached. A session that no record shows in use has a Hop without Rule and
// Evidence.
func (r *Resolver) Descend(ctx context.Context, from Subject, since, until cloudtrail.Time) (*Reached, error) {
	d := &descent{
		r: r, since: since, until: until, floor: since,
		sessions: map[string]*reachedSession{}, callers: map[string]bool{}, done: map[string]bool{},
		ips: from.SourceIP,
	}
	if since != 0 {
		d.since = since - longestSession
	}
	next, err := d.start(ctx, &from)
	if err != nil {
		return nil, err
	}
	for len(next.keys) > 0 {
		if next, err = d.down(ctx, next); err != nil {
			return nil, err
		}
	}
	return d.reached(), nil
}

// descent is one walk down.
type descent struct {
	r            *Resolver
	since, until cloudtrail.Time // of what is looked at
	floor        cloudtrail.Time // of what is told: a session made before may hand out others after

	origin, key, ips string
	callers          map[string]bool            // session keys of the subject's own callers
	sessions         map[string]*reachedSession // by Hop.ID
	done             map[string]bool            // events that were looked at
	minted, changed  []*Fact
}

type reachedSession struct {
	Descent
	start bool // a start that nothing but its id is known of
	asked bool // the start itself, told whenever it was made

	// issued are the events that made it. Two people can have sessions of one
	// id: of one role and name, made in one second.
	issued map[string]bool
	twin   *reachedSession // another of the same id
}

// find returns the session that a hop of some chain is, and nobody else's of the
// same id; nil where it was not reached.
func (d *descent) find(h *Hop) *reachedSession {
	for s := d.sessions[h.ID]; s != nil; s = s.twin {
		if h.Issuance == nil || len(s.issued) == 0 || s.issued[h.Issuance.ID.Event] {
			return s
		}
	}
	return nil
}

// frontier is where the next level looks: keys of callers, and the times
// between which these can have handed out anything.
type frontier struct {
	keys     []Key
	from, to cloudtrail.Time
	open     bool // at both ends
}

func (n *frontier) at(t cloudtrail.Time, keys ...Key) {
	if len(n.keys) == 0 || t < n.from {
		n.from = t
	}
	n.to = max(n.to, t)
	n.add(keys...)
}

func (n *frontier) add(keys ...Key) {
	for _, k := range keys {
		if k != "" {
			n.keys = append(n.keys, k)
		}
	}
}

// start takes in the subject: sessions that are it, and the keys of callers
// that are.
func (d *descent) start(ctx context.Context, from *Subject) (*frontier, error) {
	next := &frontier{open: true}
	var own []Key // of issuances that made the subject itself
	if from.OriginID != "" {
		d.origin = from.OriginID
		next.add(originKeys(from.OriginID)...)
		next.add(keyCaller(from.PrincipalID))
	} else if p := from.PrincipalID; p != "" {
		names, err := d.r.index.Facts(ctx, []Key{keyUnique(p)}, 0, 0)
		if err != nil {
			return nil, fmt.Errorf("reading the names of %s: %w", p, err)
		}
		own = append(own, keyRoleID(p))
		for _, n := range names {
			own = append(own, keyRole(n.Detail.ARN))
		}
		next.add(keyCaller(p))
		d.callers[p] = true
	}
	if from.AccessKeyID != "" {
		d.key = from.AccessKeyID
		own = append(own, keyIssued(from.AccessKeyID))
		next.add(keyCaller(from.AccessKeyID))
	}
	own = append(own, keyRole(from.RoleARN))
	if p, t, ok := splitSessionID(from.SessionID); ok {
		d.sessions[from.SessionID] = &reachedSession{start: true}
		own = append(own, keyRoleID(p))
		next.add(keyCallerSession(p, t), keyCallerSession(rolePart(p), t))
	} else if from.SessionID != "" {
		d.sessions[from.SessionID] = &reachedSession{start: true}
		next.add(keyCaller(from.SessionID))
	}
	if err := d.startUses(ctx, from.Uses, next); err != nil {
		return nil, err
	}
	return next, d.own(ctx, own, from, next)
}

// own takes in the issuances of the subject itself.
func (d *descent) own(ctx context.Context, keys []Key, from *Subject, next *frontier) error {
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k == "" })
	if len(keys) == 0 {
		return nil
	}
	since, until := d.since, d.until
	if from.SessionID != "" || from.AccessKeyID != "" {
		since, until = 0, 0
	}
	facts, err := d.r.index.Facts(ctx, keys, since, until)
	if err != nil {
		return fmt.Errorf("reading the issuances of the start: %w", err)
	}
	groups, err := d.issuances(ctx, slices.DeleteFunc(facts, func(f *Fact) bool { return f.Kind != Issuance }))
	if err != nil {
		return err
	}
	uses := make([]Use, len(groups))
	for n, i := range groups {
		uses[n] = i.main().Use
	}
	chains, err := d.r.Resolve(ctx, uses)
	if err != nil {
		return err
	}
	for n, i := range groups {
		made, err := d.made(ctx, i)
		if err != nil {
			return err
		}
		is := func(want, have string) bool { return want != "" && want == have }
		if is(from.RoleARN, i.roleARN()) || is(from.AccessKeyID, i.key()) || is(from.SessionID, made.hop.ID) ||
			is(from.PrincipalID, made.principal) || is(from.PrincipalID, rolePart(made.principal)) {
			s := d.take(made, "", i.by(chains[n]), next)
			s.asked = is(from.AccessKeyID, i.key()) || is(from.SessionID, made.hop.ID)
		}
	}
	return nil
}

// startUses takes in the sessions and the callers that events show.
func (d *descent) startUses(ctx context.Context, uses []Use, next *frontier) error {
	var fit []Use
	for _, u := range uses {
		if key := u.Caller.SessionKey(); (d.ips == "" || u.SourceIP == d.ips) && !d.callers[key] {
			d.callers[key] = true
			fit = append(fit, u)
		}
	}
	chains, err := d.r.Resolve(ctx, fit)
	if err != nil {
		return err
	}
	for n, c := range chains {
		if hops := hopsOf(c); len(hops) > 0 {
			d.follow(hops[len(hops)-1:], originID(c.Origin))
		}
		who := fit[n].Caller
		if who.Created.IsZero() {
			next.add(keyCaller(cmp.Or(who.AccessKeyID, who.PrincipalID)))
		} else {
			next.add(keyCallerSession(who.PrincipalID, who.Created), keyCaller(who.AccessKeyID))
		}
	}
	return nil
}

// reached puts what was found in order.
func (d *descent) reached() *Reached {
	early := func(f *Fact) bool { return f.Time < d.floor }
	all := &Reached{
		Keys:  slices.DeleteFunc(inOrder(d.minted), early),
		Roles: slices.DeleteFunc(inOrder(d.changed), early),
	}
	told := func(s *reachedSession) bool {
		began := s.began()
		return !s.start && (s.asked || began == 0 || began >= d.floor)
	}
	maps.DeleteFunc(d.sessions, func(_ string, s *reachedSession) bool {
		for ; s != nil; s = s.twin {
			if told(s) {
				return false
			}
		}
		return true
	})
	var found []*reachedSession
	depth := map[*reachedSession]int{}
	for _, s := range d.sessions {
		for ; s != nil; s = s.twin {
			if !told(s) {
				continue
			}
			slices.Sort(s.Keys)
			found = append(found, s)
			for p := d.sessions[s.Parent]; p != nil; p = d.sessions[p.Parent] {
				depth[s]++
			}
		}
	}
	slices.SortFunc(found, func(a, b *reachedSession) int {
		return cmp.Or(cmp.Compare(depth[a], depth[b]), cmp.Compare(a.began(), b.began()), strings.Compare(a.Hop.ID, b.Hop.ID),
			strings.Compare(a.Origin, b.Origin), strings.Compare(a.event(), b.event()))
	})
	for _, s := range found {
		if depth[s] == 0 {
			s.Parent = ""
		}
		all.Sessions = append(all.Sessions, s.Descent)
	}
	return all
}

// event is the id of the call that made it.
func (s *reachedSession) event() string {
	if s.Hop.Issuance != nil {
		return s.Hop.Issuance.ID.Event
	}
	return ""
}

func (s *reachedSession) began() cloudtrail.Time {
	if s.Hop.Issuance != nil {
		return s.Hop.Issuance.Time
	}
	_, t, _ := splitSessionID(s.Hop.ID)
	return t
}

// splitSessionID reads what [Identity.SessionID] writes.
func splitSessionID(id string) (principal string, created cloudtrail.Time, ok bool) {
	i := strings.LastIndexByte(id, '@')
	if i < 0 {
		return "", 0, false
	}
	created, ok = cloudtrail.ParseTime(id[i+1:])
	return id[:i], created, ok
}
