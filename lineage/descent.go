package lineage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// down reads what the frontier handed out, and returns the next one.
func (d *descent) down(ctx context.Context, at *frontier) (*frontier, error) {
	from, to := d.since, d.until
	if !at.open {
		from = max(from, at.from)
		if end := at.to + longestSession; to.IsZero() || end < to {
			to = end
		}
		if !d.until.IsZero() && from > d.until {
			return &frontier{}, nil
		}
	}
	slices.Sort(at.keys)
	facts, err := d.r.index.Facts(ctx, slices.Compact(at.keys), from, to)
	if err != nil {
		return nil, fmt.Errorf("reading what was handed out: %w", err)
	}
	var issued []*Fact
	var acts []act
	for _, f := range inOrder(facts) {
		switch f.Kind {
		case Issuance:
			issued = append(issued, f)
		case KeyMinted, RoleChanged:
			acts = append(acts, act{f: f})
		}
	}
	groups, err := d.issuances(ctx, issued)
	if err != nil {
		return nil, err
	}
	for _, i := range groups {
		acts = append(acts, act{f: i.main(), i: i})
	}
	acts = slices.DeleteFunc(acts, func(a act) bool { return d.done[a.id()] })
	uses := make([]Use, len(acts))
	for n, a := range acts {
		uses[n] = a.f.Use
	}
	chains, err := d.r.Resolve(ctx, uses)
	if err != nil {
		return nil, err
	}
	next := &frontier{}
	for n, a := range acts {
		parent, ok := d.leadsBack(a.f, chains[n])
		if !ok {
			continue // another level may still reach the session that made the call
		}
		// What is taken stays taken: every level takes something new or is the last.
		d.done[a.id()] = true
		switch {
		case a.i != nil:
			made, err := d.made(ctx, a.i)
			if err != nil {
				return nil, err
			}
			d.take(made, parent, a.i.by(chains[n]), next)
		case a.f.Kind == KeyMinted:
			d.minted = append(d.minted, a.f)
		default:
			d.changed = append(d.changed, a.f)
		}
	}
	return next, nil
}

// act is a call that the subject may have made.
type act struct {
	f *Fact
	i *issuance // nil for what is none
}

// id tells one act from any other: by all that tells facts apart, since records
// that contradict each other can have one event id and one key.
func (a *act) id() string {
	f := a.f
	return strings.Join([]string{
		f.ID.Event, f.ID.Recipient, strconv.FormatUint(uint64(f.Fingerprint), 36), f.Time.String(),
		f.Grant.AccessKeyID, f.Grant.PrincipalID, f.Detail.Key, f.Detail.ARN, f.Detail.Name,
	}, keySep)
}

// leadsBack reports whether the chain of a call leads to what is reached
// already, and the session that made the call.
func (d *descent) leadsBack(f *Fact, c *Chain) (parent string, ok bool) {
	hops := hopsOf(c)
	first := slices.IndexFunc(hops, func(h Hop) bool { return d.find(&h) != nil })
	// A person's own session, as GetSessionToken makes it, is no hop.
	parent = f.Caller.SessionID()
	if len(hops) > 0 {
		parent = hops[len(hops)-1].ID
	}
	switch {
	case c.Evidence == Contested:
		return "", false
	case first >= 0:
		d.follow(hops[first:], originID(c.Origin))
	case len(hops) == 0 && d.sessions[parent] != nil:
	case len(hops) > 0 && d.sessions[parent] != nil && d.origin == "":
		return "", false // somebody else's session of the same id
	case d.origin != "" && (originID(c.Origin) == d.origin || handedOutBy(f, d.origin)):
		d.follow(hops, originID(c.Origin))
	case d.ips != "" && f.SourceIP != d.ips:
		return "", false
	case d.callers[f.Caller.SessionKey()], d.callers[f.Caller.PrincipalID],
		d.key != "" && f.Caller.AccessKeyID == d.key:
		if len(hops) > 0 {
			d.follow(hops[len(hops)-1:], originID(c.Origin))
		}
	default:
		return "", false
	}
	return parent, true
}

// handedOutBy reports whether an issuance itself names an origin: one without a
// caller of its own, or whom a service hands credentials out for.
func handedOutBy(f *Fact, origin string) bool {
	return f.Kind == Issuance && (originID(grantOrigin(f)) == origin ||
		f.Caller.Type == "AWSService" && originID(sourceOrigin(f.Request.SourceIdentity)) == origin)
}

// hopsOf are the sessions of a chain up to the one that made the call, those of
// an actor on somebody's behalf too.
func hopsOf(c *Chain) []Hop {
	hops := slices.Clone(c.Hops)
	for _, v := range c.Via {
		if v.Hop != nil {
			hops = append(hops, *v.Hop)
		}
	}
	return hops
}

// follow takes in the sessions that a chain shows, each made from the one
// before.
func (d *descent) follow(hops []Hop, origin string) {
	parent := ""
	for n := range hops {
		var keys []string
		if i := hops[n].Issuance; i != nil {
			keys = append(keys, i.Grant.AccessKeyID)
		}
		if who := hops[n].Proof.Use.Caller; who != nil {
			keys = append(keys, who.AccessKeyID)
		}
		d.keep(Descent{Hop: hops[n], Parent: parent, Keys: keys, Origin: origin})
		parent = hops[n].ID
	}
}

// under reports whether a session is another or was made from it, however far
// down. Sessions that hand each other on within a second can come round.
func (d *descent) under(id, other string) bool {
	for id != "" && id != other {
		s := d.sessions[id]
		if s == nil {
			return false
		}
		id = s.Parent
	}
	return id == other
}

// keep takes in one reading of a session: the one that shows it in use stays,
// all give their keys.
func (d *descent) keep(s Descent) *reachedSession {
	known := d.find(&s.Hop)
	for t := d.sessions[s.Hop.ID]; known == nil && t != nil; t = t.twin {
		if s.Origin != "" && t.Origin == s.Origin { // issued twice to one and the same
			known = t
		}
	}
	if known == nil || known.start {
		twin := d.sessions[s.Hop.ID]
		if known != nil {
			twin = known.twin
		}
		known = &reachedSession{Descent: s, issued: map[string]bool{}, twin: twin}
		known.Keys, known.Parent = nil, ""
		d.sessions[s.Hop.ID] = known
	} else if known.Hop.Rule == "" && s.Hop.Rule != "" {
		known.Hop = s.Hop
	}
	known.Origin = cmp.Or(known.Origin, s.Origin)
	if known.Parent == "" && !d.under(s.Parent, s.Hop.ID) {
		known.Parent = s.Parent
	}
	if i := s.Hop.Issuance; i != nil {
		known.issued[i.ID.Event] = true
		for _, c := range s.Hop.Copies {
			known.issued[c.ID.Event] = true
		}
	}
	for _, k := range s.Keys {
		if k != "" && !slices.Contains(known.Keys, k) {
			known.Keys = append(known.Keys, k)
		}
	}
	return known
}
