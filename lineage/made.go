package lineage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// made is a session as its issuance tells it.
type made struct {
	i         *issuance
	hop       Hop
	principal string // of its calls, "" where nothing tells
}

// take takes in a session, and looks on from there.
func (d *descent) take(m made, parent, origin string, next *frontier) *reachedSession {
	s := d.keep(Descent{Hop: m.hop, Parent: parent, Keys: []string{m.i.key()}, Origin: origin})
	t := m.i.time()
	next.at(t, keyCaller(m.i.key()))
	if p := m.principal; p != "" {
		// The owner's copy of a call knows the principal alone.
		next.at(t, keyCallerSession(p, t), keyCallerSession(p, t-1), keyCallerSession(p, t+1), keyCaller(p))
	}
	return s
}

// by is the id of who is behind what was issued: whom the chain of the call leads
// to, or whom the issuance itself names.
func (i *issuance) by(c *Chain) string {
	if c.Origin != nil {
		return c.Origin.ID
	}
	return originID(grantOrigin(i.main()))
}

func (d *descent) made(ctx context.Context, i *issuance) (made, error) {
	f, t := i.main(), i.time()
	m := made{i: i, hop: Hop{
		SessionARN: i.says(func(f *Fact) string { return f.Grant.ARN }),
		RoleARN:    i.roleARN(), Account: i.roleAccount(), By: f.EventName, Issuance: f,
		CallerAccountID: callerAccount(f.Caller), SourceIdentity: i.sourceIdentity(), Tags: f.Request.Tags,
	}}
	for _, c := range i.copies {
		if c.ID != f.ID {
			m.hop.Copies = append(m.hop.Copies, c)
		}
	}
	role, name := i.roleID(), i.sessionName()
	switch {
	case role != "":
	case f.EventName == "GetSessionToken":
		role, name, m.hop.SessionARN = f.Caller.PrincipalID, "", f.Caller.ARN
	case f.EventName == "AssumeRoot":
		role, name = m.hop.Account, ""
	case m.hop.RoleARN != "" && name != "":
		var err error
		if role, err = d.roleAt(ctx, m.hop.RoleARN, t); err != nil {
			return made{}, err
		}
	}
	if role == "" {
		m.hop.ID = cmp.Or(i.key(), i.id)
		return m, nil
	}
	m.hop.ID, m.principal = sessionID(role, name, t), role
	if name != "" {
		m.principal = role + ":" + name
	}
	return m, nil
}

// roleAt is the unique id that a role's ARN stood for: at the latest moment it
// was seen by then, else the earliest after; "" where two ids fit. Issuances to
// instances and functions do not tell it.
func (d *descent) roleAt(ctx context.Context, arn string, t cloudtrail.Time) (string, error) {
	facts, err := d.r.index.Facts(ctx, []Key{keyName(arn)}, 0, 0)
	if err != nil {
		return "", fmt.Errorf("reading the ids of %s: %w", arn, err)
	}
	var best *Fact
	tie := false
	for _, f := range inOrder(facts) {
		if f.Kind != Name || f.Detail.ARN != arn {
			continue
		}
		switch {
		case best == nil, f.Time <= t && f.Time > best.Time:
			best, tie = f, false
		case f.Time == best.Time && f.Detail.ID != best.Detail.ID:
			tie = true
		}
	}
	if best == nil || tie {
		return "", nil
	}
	return best.Detail.ID, nil
}

// issuances joins facts with their copies, by time and id.
func (d *descent) issuances(ctx context.Context, facts []*Fact) ([]*issuance, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	var keys []Key
	from, to := facts[0].Time, facts[0].Time
	for _, f := range facts {
		from, to = min(from, f.Time), max(to, f.Time)
		for _, k := range [...]Key{keyIssued(f.Grant.AccessKeyID), f.sharedKey(), keyRequest(f.EventSource, f.RequestID)} {
			if k != "" {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	more, err := d.r.index.Facts(ctx, slices.Compact(keys), from, to)
	if err != nil {
		return nil, fmt.Errorf("reading copies of issuances: %w", err)
	}
	wanted := map[cloudtrail.ID]bool{}
	bySecond := map[cloudtrail.Time][]*Fact{}
	for _, f := range facts {
		wanted[f.ID] = true
	}
	for _, f := range inOrder(append(slices.Clone(facts), more...)) {
		if f.Kind == Issuance {
			bySecond[f.Time] = append(bySecond[f.Time], f)
		}
	}
	var out []*issuance
	for _, t := range slices.Sorted(maps.Keys(bySecond)) {
		for _, i := range components(bySecond[t], true) {
			if slices.ContainsFunc(i.copies, func(f *Fact) bool { return wanted[f.ID] }) {
				out = append(out, i)
			}
		}
	}
	return out, nil
}
