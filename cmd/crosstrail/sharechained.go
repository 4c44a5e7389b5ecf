package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
)

// chained is a session in another role that was assumed from one in a grant's: it
// goes on when that is cut off.
type chained struct {
	Session string          `json:"session"`
	RoleARN string          `json:"roleArn"`
	Account string          `json:"accountId"`
	Expires cloudtrail.Time `json:"expires"`
	Live    bool            `json:"live"`
}

// onward names the sessions that were chained onward from a role's, by the records
// of the store or of --from, and says where it does not know.
func (r *revocation) onward(ctx context.Context, role *share.RoleState, now time.Time) ([]chained, error) {
	all, err := r.reached(ctx, role, now)
	if err != nil {
		if ctx.Err() != nil || len(r.q.from) > 0 {
			return nil, err
		}
		why := "the store cannot be asked: " + err.Error()
		if _, none := errors.AsType[*noStore](err); none {
			why = "there is no store"
		}
		r.ui.warn("whether sessions in other roles were assumed from this one's is not known (%s): they would go on", why)
		r.ui.say("hint", "to look in log files first: --from s3://"+"BUCKET/PREFIX, or crosstrail reach "+quoteShell(role.ARN)+" --from SOURCE")
		return []chained{}, nil
	}
	out := []chained{}
	for _, s := range all {
		if s.Hop.RoleARN == role.ARN || s.Hop.RoleARN == "" {
			continue
		}
		ended := s.Expires != 0 && s.Expires.Time().Before(now)
		out = append(out, chained{s.Hop.SessionARN, s.Hop.RoleARN, s.Hop.Account, s.Expires, !ended})
		if !ended {
			r.ui.warn("%s was assumed from a session of this grant, and goes on: revoke it in account %s%s", s.Hop.SessionARN, s.Hop.Account, until(s.Expires))
		}
	}
	if len(out) == 0 {
		fmt.Fprintln(r.ui.stderr, render.Text("the records know of no session in another role that was assumed from this one's"))
	}
	return out, nil
}

func until(t cloudtrail.Time) string {
	if t == 0 {
		return ""
	}
	return ", it ends at " + t.String() + " by itself"
}

// reached is what was reached from a role.
func (r *revocation) reached(ctx context.Context, role *share.RoleState, now time.Time) ([]query.ReachedSession, error) {
	r.q.who = "crosstrail share revoke"
	r.q.yes = r.yes
	o := query.ReachOptions{Clock: clockOf(now)}
	if len(r.q.from) == 1 && isFar(r.q.from[0]) {
		// No session in a role lives longer than twelve hours; one that was chained
		// from another can be renewed by chaining on, so a day more is looked into.
		r.q.where.Since = cloudtrail.TimeOf(now.Add(-36 * time.Hour))
		o.Since = r.q.where.Since
	}
	c, err := r.q.readReach(ctx, role.ARN, o)
	if err != nil {
		return nil, err
	}
	a, err := query.Reach(ctx, c, c.resolver, role.ARN, o)
	if err != nil {
		return nil, err
	}
	return a.Sessions, nil
}
