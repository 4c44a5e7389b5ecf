package lineage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// take takes in a session by its issuance, and looks on from there.
func (d *descent) take(ctx context.Context, i *issuance, parent string, next *frontier) error {
	hop, p, err := d.hop(ctx, i)
	if err != nil {
		return err
	}
	d.keep(Descent{Hop: hop, Parent: parent, Keys: []string{i.key()}})
	t := i.time()
	next.at(t, keyCaller(i.key()))
	if p != "" {
		// The owner's copy of a call knows the principal alone.
		next.at(t, keyCallerSession(p, t), keyCallerSession(p, t-1), keyCallerSession(p, t+1), keyCaller(p))
	}
	return nil
}

// hop is a session as its issuance tells it, with the principal id of its calls.
func (d *descent) hop(ctx context.Context, i *issuance) (Hop, string, error) {
	f, t := i.main(), i.time()
	h := Hop{
		SessionARN: i.says(func(f *Fact) string { return f.Grant.ARN }),
		RoleARN:    i.roleARN(), Account: i.roleAccount(), By: f.EventName, Issuance: f,
		CallerAccountID: callerAccount(f.Caller), SourceIdentity: i.sourceIdentity(), Tags: f.Request.Tags,
	}
	for _, c := range i.copies {
		if c.ID != f.ID {
			h.Copies = append(h.Copies, c)
		}
	}
	role, name := i.roleID(), i.sessionName()
	switch {
	case role == "" && f.EventName == "GetSessionToken":
		role, name, h.SessionARN = f.Caller.PrincipalID, "", f.Caller.ARN
	case role == "" && f.EventName == "AssumeRoot":
		role, name = h.Account, ""
	case role == "" && h.RoleARN != "" && name != "":
		var err error
		if role, err = d.roleAt(ctx, h.RoleARN, t); err != nil {
			return Hop{}, "", err
		}
	}
	if role == "" {
		h.ID = cmp.Or(i.key(), i.id)
		return h, "", nil
	}
	h.ID = sessionID(role, name, t)
	if name != "" {
		role += ":" + name
	}
	return h, role, nil
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

