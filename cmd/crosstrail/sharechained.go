package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
)

// chained is a session in another role that was assumed from one in a grant's: it
// goes on when that is cut off.
type chained struct {
	Session string `json:"session"`
	RoleARN string `json:"roleArn"`
	Account string `json:"accountId"`
	Expires string `json:"expires,omitempty"` // RFC 3339
	Live    bool   `json:"live"`
}

// onward names the sessions that were chained onward from a role's, by the records
// of the store or of --from, and says where it does not know. nil: nothing tells.
func (r *revocation) onward(ctx context.Context, found *share.Found, now time.Time) ([]chained, error) {
	role := found.Role
	all, untold, err := r.reached(ctx, found, now)
	if err != nil {
		if ctx.Err() != nil || len(r.q.from) > 0 {
			return nil, err
		}
		untold = "the store cannot be asked: " + err.Error()
		if _, none := errors.AsType[*noStore](err); none {
			untold = "there is no store"
		}
	}
	var out []chained
	for _, s := range all {
		if s.Hop.RoleARN == role.ARN || s.Hop.RoleARN == "" {
			continue
		}
		ended := s.Expires != 0 && s.Expires.Time().Before(now)
		one := chained{s.Hop.SessionARN, s.Hop.RoleARN, s.Hop.Account, "", !ended}
		if s.Expires != 0 {
			one.Expires = s.Expires.String()
		}
		out = append(out, one)
		if !ended {
			r.warned("goes-on", "%s was assumed from a session of this grant, and goes on: revoke it in account %s%s", s.Hop.SessionARN, s.Hop.Account, until(s.Expires))
		}
	}
	switch {
	case untold != "":
		others := ""
		if len(out) > 0 {
			others = " more"
		}
		r.warned("chained-unknown", "whether"+others+" sessions in other roles were assumed from this one's is not known (%s): they would go on", untold)
		r.ui.say("hint", "to look in log files first: --from s3://"+"BUCKET/PREFIX, or crosstrail reach "+quoteShell(role.ARN)+" --from SOURCE")
	case len(out) == 0:
		fmt.Fprintln(r.ui.stderr, render.Text("the records, which tell of all that counts, know of no session in another role that was assumed from this one's"))
		out = []chained{}
	}
	return out, nil
}

func until(t cloudtrail.Time) string {
	if t == 0 {
		return ""
	}
	return ", it ends at " + t.String() + " by itself"
}

// counts is since when calls in a role count for what is live now: no session in a
// role lives longer than twelve hours; one that was chained from another can be
// renewed by chaining on, so a day more is looked into. Before the role was made
// there was nothing.
func counts(role *share.RoleState, now time.Time) cloudtrail.Time {
	since := now.Add(-36 * time.Hour)
	if role.Created.After(since) {
		since = role.Created
	}
	return cloudtrail.TimeOf(since)
}

// reached is what was reached from a role; untold is why there may be more, empty
// where the log covers what counts.
func (r *revocation) reached(ctx context.Context, found *share.Found, now time.Time) (all []query.ReachedSession, untold string, err error) {
	r.q.who = "crosstrail share revoke"
	r.q.yes = r.yes
	role, since := found.Role, counts(found.Role, now)
	o := query.ReachOptions{Clock: clockOf(now)}
	if len(r.q.from) == 1 && isFar(r.q.from[0]) {
		r.q.where.Since, o.Since = since, since
	}
	c, err := r.q.readReach(ctx, role.ARN, o)
	if err != nil {
		return nil, "", err
	}
	a, err := query.Reach(ctx, c, c.resolver, role.ARN, o)
	if err != nil {
		return nil, "", err
	}
	account := share.AccountOf(role.ARN)
	logs, err := query.CoverageByNames(c.LogFiles(ctx), nil, query.Filter{Since: since, Accounts: []string{account}}, nil, o.Clock)
	if err != nil {
		return nil, "", err
	}
	return a.Sessions, untoldBy(logs, account, found.Grant.Region, since, cloudtrail.TimeOf(now)), nil
}

// settled is how late a log file may come after its calls, and how far apart they
// come where little is done.
const settled = 3600

// untoldBy is why the log of a role's account does not tell all that was assumed
// from its sessions since a time: who calls AssumeRole is logged in the account
// that it calls from, whichever the role is of (linkage.md, copies of one issuance), in the region of
// the endpoint, which most often is the home one or that of what is read. Empty: it
// tells.
func untoldBy(logs *query.CoverageAnswer, account, region string, since, now cloudtrail.Time) string {
	var newest cloudtrail.Time
	home := "us-east-1" // of the global endpoint of STS
	if prefix, _, _ := strings.Cut(region, "-"); prefix == "cn" {
		home = "cn-north-1"
	} else if strings.HasPrefix(region, "us-gov-") {
		home = "us-gov-west-1"
	}
	first := map[string]cloudtrail.Time{}
	silent := 0
	for _, l := range logs.Logs {
		newest = max(newest, l.Newest)
		first[l.Region] = l.First
		if l.Region == home || l.Region == region {
			silent += l.SilentHours
		}
	}
	for _, at := range []string{home, region} {
		switch begins, ok := first[at]; {
		case len(logs.Logs) == 0:
			return "there is no log of account " + account + " here"
		case !ok && at != "" || begins.IsZero() && at != "":
			return "there is no log of account " + account + " in " + at + " here"
		case at != "" && begins > since+settled:
			return "the log of account " + account + " in " + at + " begins at " + begins.String()
		}
	}
	switch {
	case newest < now-settled:
		return "the log of account " + account + " ends at " + newest.String()
	case silent > 0:
		return "the log of account " + account + " lacks " + number(silent, "hour")
	}
	return ""
}
