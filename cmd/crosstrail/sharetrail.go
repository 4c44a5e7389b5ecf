package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// observe reads what grants on the target hang on. Where several trails may be
// meant a person is asked which, and the target is that one from then on.
func (t *shareTarget) observe(ctx context.Context, ui *terminal, c *iam.Client) (*share.Surroundings, error) {
	s, err := c.Observe(ctx, t.ask())
	several, ok := errors.AsType[*iam.Error](err)
	if !ok || len(several.Which) == 0 || !ui.canAsk() {
		return s, err
	}
	var texts []string
	for _, trail := range several.Which {
		texts = append(texts, iam.TrailText(trail))
	}
	n, failed := ui.choose(ctx, several.Error(), texts)
	if failed != nil {
		return nil, failed
	}
	if n < 0 {
		return nil, err
	}
	t.trail = several.Which[n].ARN
	return c.Observe(ctx, t.ask())
}

// search looks for one grant, by the bucket of one trail after another.
type search struct {
	client *iam.Client
	roles  []*share.RoleState
	arg    string // its id, or the ARN of its role

	one    *share.Found
	s      *share.Surroundings // where it was found
	strays []*share.Found      // that bear its id
	looked []*share.Surroundings
}

// by looks at what is asked for, at all that may be meant.
func (l *search) by(ctx context.Context, ask iam.Ask) error {
	s, err := l.client.Observe(ctx, ask)
	if several, ok := errors.AsType[*iam.Error](err); ok && len(several.Which) > 0 {
		return l.each(ctx, several.Which)
	}
	if err == nil {
		l.look(s)
	}
	return err
}

// each looks at trails until it is found. That it is not there is not said while one
// of them could not be looked at.
func (l *search) each(ctx context.Context, which []share.Trail) error {
	var failed error
	for _, trail := range which {
		s, err := l.client.Observe(ctx, iam.Ask{Trail: trail.ARN})
		_, told := errors.AsType[*iam.Error](err)
		switch {
		case told && ctx.Err() == nil: // another may have it
			failed = cmp.Or(failed, err)
		case err != nil:
			return err
		case l.look(s):
			return nil
		}
	}
	if l.one != nil {
		return nil
	}
	return failed
}

// look is true where there is no need to look on: a role is what it is whatever
// bucket is looked at, and statements that are unclear may be another trail's, that
// writes to the same bucket.
func (l *search) look(s *share.Surroundings) bool {
	l.looked = append(l.looked, s)
	one, strays := namedBy(share.Grants(s, l.roles), l.arg)
	l.strays = strays
	if one != nil && (l.one == nil || one.Unclear == "") {
		l.one, l.s = one, s
	}
	return one != nil && (one.Unclear == "" || one.Role != nil)
}

// missingFailure is that a grant is not there, with where it was looked for.
type missingFailure struct {
	failure
	looked []*share.Surroundings
}

func (f *missingFailure) Unwrap() error { return &f.failure }

// missing says so.
func (l *search) missing(t *shareTarget) error {
	var buckets []string
	for _, s := range l.looked {
		if !slices.Contains(buckets, s.Bucket.Name) {
			buckets = append(buckets, s.Bucket.Name)
		}
	}
	where, list := "the bucket "+buckets[0], "crosstrail share list"+t.flag()
	if len(buckets) > 1 {
		where = "the buckets " + strings.Join(buckets, ", ")
	}
	if len(l.looked) > 1 {
		list += ", with --trail for each trail"
	}
	hints := []string{"which there are: " + list, "of another bucket: --trail or --bucket"}
	for _, s := range l.looked {
		if share.Rest(s, l.arg) != nil {
			hints = []string{"a key's policy has a statement of it still: crosstrail share revoke " + quoteShell(l.arg) + t.flag() + " finishes"}
		}
	}
	return &missingFailure{failure{
		err: fmt.Errorf("there is no grant %s on %s", l.arg, where), status: exitFinding, hints: hints,
	}, l.looked}
}
