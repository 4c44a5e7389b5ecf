package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// shareTarget is which trail's log files are meant.
type shareTarget struct{ trail, bucket string }

func (t *shareTarget) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(said(&t.trail), "trail", "the trail whose log files are shared, by `NAME` or ARN (default: the only one there is; where there are more, it is asked for)")
	flags.Var(said(&t.bucket), "bucket", "or the `BUCKET` that it writes to")
}

func (t *shareTarget) ask() iam.Ask { return iam.Ask{Trail: t.trail, Bucket: t.bucket} }

// saidValue is the value of a flag that has to say something where it is there
// (pflag.Value): an empty one is a script's variable that was not set, and what it
// would have narrowed stays wide without a word.
type saidValue string

func said(text *string) *saidValue { return (*saidValue)(text) }

func (v *saidValue) Type() string   { return "string" }
func (v *saidValue) String() string { return string(*v) }
func (v *saidValue) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("it is empty: leave the flag away, or give it a value (a variable that is not set?)")
	}
	*v = saidValue(text)
	return nil
}

// flag is how a command that is printed names it: not at all where it was not.
func (t *shareTarget) flag() string {
	text := ""
	if t.trail != "" {
		text += " --trail " + quoteShell(t.trail)
	}
	if t.bucket != "" {
		text += " --bucket " + quoteShell(t.bucket)
	}
	return text
}

// shareGrant finds a grant that the caller's account gave, by its id or the ARN of
// its role, with what it hangs on. A role tells which bucket it is for; a grant by
// bucket policy is looked for on the target, or on the buckets of all trails. By its id none is found but the grant's
// own role: others that bear it are told of.
func shareGrant(ctx context.Context, ui *terminal, c *iam.Client, t *shareTarget, arg string) (*share.Found, *share.Surroundings, error) {
	caller, err := c.Caller(ctx)
	if err != nil {
		return nil, nil, err
	}
	if m := roleARN().FindString(arg); m != "" {
		if account := strings.Split(arg, ":")[4]; account != caller.Account {
			return nil, nil, hinted(fmt.Errorf("the role %s is of account %s, and you are in %s", arg, account, caller.Account), "call as that account: --profile NAME, or --role-arn with a role there")
		}
	} else if !grantID.MatchString(arg) {
		return nil, nil, usage(fmt.Errorf("%q is no grant: it is twelve small letters and digits, or the ARN of a role", arg), "which there are: crosstrail share list"+t.flag())
	}
	roles, err := c.Roles(ctx)
	if err != nil {
		return nil, nil, err
	}
	l := &search{client: c, roles: roles, arg: arg}
	if err := l.from(ctx, ui, t, caller); err != nil {
		return nil, nil, err
	}
	switch {
	case l.one != nil:
		for _, f := range l.strays {
			ui.warn("there is another role of this id, which is not taken for the grant's: %s", f.Unclear)
		}
		return l.one, l.s, nil
	case len(l.strays) > 0:
		return nil, nil, &strayFailure{failure{
			err: fmt.Errorf("grant %s is not to be told: %s", arg, l.strays[0].Unclear), status: exitFinding,
			hints: append(l.strays[0].WhatToDo(), "what hangs on it: crosstrail share verify "+l.strays[0].Role.ARN),
		}}
	}
	return nil, nil, l.missing(t)
}

// strayFailure is that an id is borne by roles alone that are of no grant.
type strayFailure struct{ failure }

func (f *strayFailure) Unwrap() error { return &f.failure }

// namedBy is the grant that an id or an ARN names, a clear one before others, and
// the roles that bear the id and are not its role.
func namedBy(all []*share.Found, arg string) (one *share.Found, strays []*share.Found) {
	for _, f := range all {
		switch {
		case f.Role != nil && f.Role.ARN == arg:
			return f, nil
		case f.Stray:
			if f.Role.Bears(arg) {
				strays = append(strays, f)
			}
		case f.Grant.ID == arg && (one == nil || one.Unclear != "" && f.Unclear == ""):
			one = f
		}
	}
	return one, strays
}

var grantID = regexp.MustCompile(`^[a-z2-7]{12}$`)

// from looks where the target says, else where its role tells, where that is its
// role, else at every trail of the caller's. A trail that is no more, its bucket
// outlives.
func (l *search) from(ctx context.Context, ui *terminal, t *shareTarget, caller share.Caller) error {
	if t.ask() != (iam.Ask{}) {
		return l.by(ctx, t.ask())
	}
	f := ofRoles(l.roles, caller, l.arg)
	if f == nil {
		return l.by(ctx, iam.Ask{})
	}
	bucket, trail := f.Grant.Bucket, f.Grant.Trail
	if f.Unclear != "" && trail != "" { // the id is made of the trail, and the bucket may be a lie
		bucket = ""
	}
	err := l.by(ctx, iam.Ask{Trail: trail, Bucket: bucket})
	if _, ok := errors.AsType[*iam.Error](err); ok && trail != "" {
		ui.warn("the grant is for the trail %s, which cannot be found by you any more: its bucket is looked at alone", trail)
		if bucket != "" {
			return l.by(ctx, iam.Ask{Bucket: bucket})
		}
		s, err := l.client.Observe(ctx, iam.Ask{})
		if err == nil {
			l.look(s)
		}
		return err
	}
	return err
}

// ofRoles is the grant by role that an id or an ARN names; nil where there is none
// that can be told to be.
func ofRoles(roles []*share.RoleState, caller share.Caller, arg string) *share.Found {
	var all []*share.Found
	for _, r := range roles {
		all = append(all, share.OfRole(r, caller))
	}
	one, _ := namedBy(all, arg)
	if one == nil || one.Stray {
		return nil
	}
	return one
}

// wantFlags are what plan and grant are told to share, with whom and how.
type wantFlags struct {
	to           []string
	organization bool
	logs         string
	since, until string
	prefix       string
	via, breadth string
	mfa          bool
	externalID   string
	expires      string
	session      string
}

// wantNames are the flags of wantFlags, which a saved plan stands in for.
var wantNames = []string{"to", "to-organization", "logs", "since", "until", "prefix", "via", "policy", "require-mfa", "external-id", "expires", "pin-session-name", "trail", "bucket"}

func (w *wantFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&w.to, "to", nil, "who is to read: an `ACCOUNT` id, or the ARN of a user or role (repeatable: a grant each)")
	flags.BoolVar(&w.organization, "to-organization", false, "or every account of your organisation, each its own log files")
	w.logs = "own"
	flags.Var(said(&w.logs), "logs", "whose log files: own (the reader's), all, or `ACCOUNTS` with commas between")
	flags.Var(said(&w.since), "since", "no log files that were delivered before this `DATE`, as 2026-01-31")
	flags.Var(said(&w.until), "until", "none that were delivered after this `DATE`")
	flags.StringVar(&w.prefix, "prefix", "", "the trail's `PREFIX`, to be refused if you are wrong about it (\"\": none)")
	flags.Var(said(&w.via), "via", "how: role, or bucket-policy (default: chosen by what the bucket is like, and told)")
	flags.Var(said(&w.breadth), "policy", "how much a role lays open: minimal, seed (s3:Get* and s3:List*, as AWS's text has it), managed-read-only (every bucket) (default minimal)")
	flags.BoolVar(&w.mfa, "require-mfa", false, "only who has shown a code of an MFA device")
	flags.Var(said(&w.externalID), "external-id", "the external `ID` that the reader made, and has to show; outsiders need one")
	flags.Var(said(&w.expires), "expires", "when it ends: a `TIME` (2026-12-31T12:00:00Z), a date (its 00:00 UTC), or 30d (with the end of that day, UTC)")
	flags.Var(said(&w.session), "pin-session-name", "only sessions of this `NAME`, which may hold * and variables as ${aws:username}")
	must(cmd.RegisterFlagCompletionFunc("via", cobra.FixedCompletions(meansWords(), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(breadthWords(), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("logs", cobra.FixedCompletions([]string{"own", "all"}, cobra.ShellCompDirectiveNoFileComp)))
}

func meansWords() []string { return []string{string(share.Role), string(share.BucketPolicy)} }

func breadthWords() []string {
	return []string{string(share.Minimal), string(share.Seed), string(share.ManagedReadOnly)}
}

// wants reads the flags, before anything is called: a want for each reader.
func (w *wantFlags) wants(cmd *cobra.Command, now time.Time) ([]share.Want, error) {
	one, err := w.common(now)
	if err != nil {
		return nil, err
	}
	if cmd.Flags().Changed("prefix") {
		one.Prefix = &w.prefix
	}
	switch {
	case w.organization && len(w.to) > 0:
		return nil, usage(errors.New("--to-organization and --to are two grants: run it once for each"))
	case w.organization:
		one.Organization = true
		return []share.Want{one}, refused(one.Check())
	case len(w.to) == 0:
		return nil, usage(fmt.Errorf("%s: who is to read?", cmd.CommandPath()), "--to ACCOUNT, --to ARN, or --to-organization")
	}
	var all []share.Want
	for i, to := range w.to {
		if slices.Contains(w.to[:i], to) {
			continue
		}
		one.To = to
		if err := one.Check(); err != nil {
			return nil, refused(err)
		}
		all = append(all, one)
	}
	return all, nil
}

// common is what all readers get.
func (w *wantFlags) common(now time.Time) (one share.Want, err error) {
	if one.Logs, err = share.ParseLogs(w.logs); err != nil {
		return one, usage(fmt.Errorf("--logs: %w", err), "--logs own, --logs all, or account ids: --logs 222222222222,333333333333")
	}
	for _, d := range []struct {
		flag, text string
		into       *share.Day
	}{{"--since", w.since, &one.Since}, {"--until", w.until, &one.Until}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = share.ParseDay(d.text); err != nil {
			return one, usage(fmt.Errorf("%s %s: it is a date, as 2026-01-31: log files are laid out by days", d.flag, quoteShell(d.text)))
		}
	}
	if one.Expires, err = endOf(w.expires, now); err != nil {
		return one, usage(fmt.Errorf("--expires %s: %w", quoteShell(w.expires), err))
	}
	one.Via, one.Policy, one.MFA, one.ExternalID, one.SessionName = share.Means(w.via), share.Breadth(w.breadth), w.mfa, w.externalID, w.session
	return one, nil
}

// endOf reads --expires. A number of days is meant in whole ones, so that the same
// command says the same all day.
func endOf(text string, now time.Time) (end time.Time, err error) {
	if text == "" {
		return end, nil
	}
	if end, err = time.Parse(time.RFC3339, text); err != nil {
		end, err = time.Parse(time.DateOnly, text)
	}
	if days, ok := strings.CutSuffix(text, "d"); ok && err != nil {
		if n, failed := strconv.Atoi(days); failed == nil && n > 0 && n < 100_000 {
			end, err = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n+1), nil
		}
	}
	switch {
	case err != nil:
		return end, errors.New("it is a time (2026-12-31T12:00:00Z), a date (2026-12-31), or 30d")
	case !end.After(now):
		return end, fmt.Errorf("%s is past", end.UTC().Format(time.RFC3339))
	}
	return end.UTC().Truncate(time.Second), nil
}
