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
func (q *question) shared(ctx context.Context, target *shareTarget, asked []string) ([]query.Shared, error) {
	var grants []query.Shared
	var client *iam.Client
	for _, arg := range asked {
		switch {
		case roleARN().MatchString(arg):
			grants = append(grants, sharedRole(arg))
			continue
		case !grantID.MatchString(arg):
			return nil, usage(fmt.Errorf("%q is no GRANT: one is its id, twelve small letters and digits, or the ARN of its role", arg), "which there are: crosstrail share list"+target.flag())
		}
		if client == nil {
			cfg, err := q.aws.config(ctx, q.ui, "")
			if err != nil {
				return nil, withoutAWS(err)
			}
			client = iam.Open(cfg)
		}
		found, s, err := shareGrant(ctx, q.ui, client, target, arg)
		if err != nil {
			return nil, withoutAWS(explainedShare(&q.aws, err))
		}
		grants = append(grants, q.sharedOf(found, s))
	}
	if len(asked) > 0 {
		return grants, nil
	}
	return q.allShared(ctx, target)
}

// allShared are the grants of a trail's bucket, as AWS holds them.
func (q *question) allShared(ctx context.Context, target *shareTarget) ([]query.Shared, error) {
	cfg, err := q.aws.config(ctx, q.ui, "")
	if err != nil {
		return nil, withoutAWS(err)
	}
	client := iam.Open(cfg)
	s, err := target.observe(ctx, q.ui, client)
	if err != nil {
		return nil, withoutAWS(explainedShare(&q.aws, err))
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return nil, withoutAWS(explainedShare(&q.aws, err))
	}
	var all []query.Shared
	for _, f := range share.Grants(s, roles) {
		all = append(all, q.sharedOf(f, s))
	}
	return all, nil
}

// withoutAWS is an error of AWS, which need not be called.
func withoutAWS(err error) error {
	const hint = "a role is told of without calling AWS, by its ARN: crosstrail share usage arn:aws:iam::ACCOUNT:role/crosstrail/NAME"
	if f, ok := errors.AsType[*failure](err); ok {
		more := *f
		more.hints = append(slices.Clone(f.hints), hint)
		return &more
	}
	return hinted(err, hint)
}

// sharedOf is a grant that AWS holds as its use is looked for.
func (q *question) sharedOf(f *share.Found, s *share.Surroundings) query.Shared {
	g := f.Grant
	if f.Unclear != "" {
		q.ui.warn("grant %s: %s", g.ID, f.Unclear)
	}
	scope := s.Scope(g, share.Days)
	one := query.Shared{ID: g.ID, Owner: g.Owner, To: g.To, Bucket: g.Bucket, Region: g.Region, Gets: scope.Get, Lists: scope.List}
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
