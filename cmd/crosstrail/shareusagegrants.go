package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// accountsOf are those whose logs tell of grants: their owners' and, where they are
// known, their readers'. None: any account's may.
func accountsOf(grants []query.Shared) []string {
	var all []string
	for i := range grants {
		reader := grants[i].Reader()
		if reader == "" && grants[i].RoleARN == "" || grants[i].Owner == "" {
			return nil
		}
		all = append(all, grants[i].Owner)
		if reader != "" {
			all = append(all, reader)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// grantRole is the name of a grant's role, which tells its reader and its id.
var grantRole = regexp.MustCompile(`:role/crosstrail/crosstrail-(\d{12})-([a-z2-7]{12})$`)

// sharedRole is the grant that a role is, as far as its ARN tells.
func sharedRole(arn string) query.Shared {
	g := query.Shared{ID: arn, RoleARN: arn, Owner: query.WhereaboutsOf(arn).Account}
	if m := grantRole.FindStringSubmatch(arn); m != nil {
		g.To, g.ID = m[1], m[2]
	}
	return g
}

// shared are the grants that were asked for, all that AWS holds where none was. For
// the ARNs of roles nobody is called: what they tell themselves is enough.
func (q *question) shared(ctx context.Context, ask iam.Ask, asked []string) ([]query.Shared, error) {
	var grants []query.Shared
	var ids []string
	for _, arg := range asked {
		switch {
		case roleARN.MatchString(arg):
			grants = append(grants, sharedRole(arg))
		case grantID.MatchString(arg):
			ids = append(ids, arg)
		default:
			return nil, usage(fmt.Errorf("%q is no GRANT: one is its id, twelve letters and digits, or the ARN of its role", arg), "which there are: crosstrail share list")
		}
	}
	if len(asked) > 0 && len(ids) == 0 {
		return grants, nil
	}
	held, err := q.heldByAWS(ctx, ask)
	if err != nil {
		return nil, err
	}
	if len(asked) == 0 {
		return held, nil
	}
	for _, id := range ids {
		at := slices.IndexFunc(held, func(g query.Shared) bool { return g.ID == id })
		if at < 0 {
			return nil, &failure{err: fmt.Errorf("AWS holds no grant %s of this trail", id), status: exitFinding, hints: []string{
				"which there are: crosstrail share list", "one that was taken back is told of by its role's ARN, without AWS",
			}}
		}
		grants = append(grants, held[at])
	}
	return grants, nil
}

// grantID is what a grant's id looks like ([share.Grant]).
var grantID = regexp.MustCompile(`^[a-z2-7]{12}$`)

// heldByAWS are the grants of a trail's bucket.
func (q *question) heldByAWS(ctx context.Context, ask iam.Ask) ([]query.Shared, error) {
	cfg, err := q.aws.config(ctx, q.ui, "")
	if err != nil {
		return nil, err
	}
	client := iam.Open(cfg)
	s, err := client.Observe(ctx, ask)
	var roles []*share.RoleState
	if err == nil {
		roles, err = client.Roles(ctx)
	}
	if err != nil {
		return nil, q.withoutAWS(err)
	}
	var all []query.Shared
	for _, f := range share.Grants(s, roles) {
		if f.Unclear != "" {
			q.ui.warn("grant %s: %s", f.Grant.ID, f.Unclear)
		}
		all = append(all, sharedOf(f, s))
	}
	return all, nil
}

// withoutAWS is an error of AWS, which need not be called.
func (q *question) withoutAWS(err error) error {
	const hint = "without calling AWS: crosstrail share usage arn:aws:iam::ACCOUNT:role/crosstrail/NAME"
	if e, ok := errors.AsType[*iam.Error](err); ok && len(e.Hints) > 0 {
		return hinted(err, append(slices.Clone(e.Hints), hint)...)
	}
	if f, ok := errors.AsType[*failure](q.aws.explained(err)); ok {
		f.hints = append(f.hints, hint)
		return f
	}
	return hinted(err, hint)
}

// sharedOf is a grant that AWS holds as its use is looked for.
func sharedOf(f *share.Found, s *share.Surroundings) query.Shared {
	g := f.Grant
	scope := s.Scope(g, share.Days)
	one := query.Shared{ID: g.ID, Owner: g.Owner, To: g.To, Bucket: g.Bucket, Gets: scope.Get, Lists: scope.List}
	if !g.Expires.IsZero() {
		one.Expires = cloudtrail.TimeOf(g.Expires)
	}
	if g.To == g.Organization && s.Organization != nil {
		one.Members = s.Organization.Members
	}
	if f.Role == nil {
		return one
	}
	one.RoleARN = cmp.Or(f.Role.ARN, g.RoleARN())
	if used, err := time.Parse(time.RFC3339, f.Role.LastUsed); err == nil {
		one.LastUsed = cloudtrail.TimeOf(used)
	}
	switch g.Policy {
	case share.Seed: // every key may be listed
		one.Lists = nil
	case share.ManagedReadOnly: // everything may be read
		one.Gets, one.Lists = nil, nil
	}
	return one
}
