package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// revocation is one run of share revoke.
type revocation struct {
	ui     *terminal
	q      question // where to look for what was chained onward, and the flags of AWS
	target shareTarget
	keep   bool
	yes    bool

	warnings []share.Warning // all that were told
}

// warned tells a warning, and keeps it for programs.
func (r *revocation) warned(code, format string, args ...any) {
	w := share.Warning{Code: code, Text: fmt.Sprintf(format, args...)}
	r.warnings = append(r.warnings, w)
	r.ui.warn("%s", w.Text)
}

func newShareRevokeCommand(ui *terminal) *cobra.Command {
	r := &revocation{ui: ui, q: question{ui: ui}}
	cmd := &cobra.Command{
		Use:   "revoke GRANT",
		Short: "take a grant back: live sessions are cut off, and nothing of it is left",
		Long: `Take a grant back, in an order in which access only ever shrinks: the role lets nobody in
any more, live sessions in it are cut off, the statements in the policies of the bucket
and its keys go, then all that hangs on the role, and the role. A run that is stopped on
the way is finished by the next. Statements of others, CloudTrail's among them, stay as
they are; a policy that is replaced is saved first (what others change in it in the
milliseconds before that write is lost: AWS knows no conditional one). In the end it is
read back that nothing is left.

With --keep-sessions the role lets nobody in any more, and is kept until its sessions
have ended by themselves: when that is, is printed. The next revoke deletes it; without
--keep-sessions at once, whatever is still live.

What cannot be taken back: files that were copied, and sessions in other roles that were
assumed from the role's own. Those are named where a store, or log files given by --from,
hold the records.

It says what it will do and asks; where nobody can be asked, it wants --yes.`,
		Example: `  crosstrail share revoke k5zq3mhn4xwa

  # let who reads just now finish, and delete the role tomorrow
  crosstrail share revoke k5zq3mhn4xwa --keep-sessions
  crosstrail share revoke k5zq3mhn4xwa`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              oneArgument("GRANT", "crosstrail share revoke k5zq3mhn4xwa"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args[0], time.Now()) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&r.keep, "keep-sessions", false, "let live sessions in the role end by themselves, and keep the role until then")
	r.target.add(cmd)
	flags.StringArrayVar(&r.q.from, "from", nil, "look for sessions that were chained onward in a `SOURCE`, not the store (repeatable)")
	must(cmd.MarkFlagFilename("from"))
	addStore(cmd, &r.q.store)
	flags.BoolVar(&r.yes, "yes", false, "do it without asking")
	addForm(cmd, &r.q.form)
	r.q.aws.add(cmd)
	return cmd
}

// revoked is what share revoke prints for programs. Chained is null where nobody
// looked, or could.
type revoked struct {
	*share.Revocation
	Chained []chained   `json:"chained"`
	Checked []checkedAt `json:"checked"`
}

// checkedAt is what there is of the grant after it was revoked.
type checkedAt struct {
	Kind     string `json:"kind"`
	Resource string `json:"resource"`
	State    string `json:"state"`
	Left     bool   `json:"left"`
}

func (r *revocation) run(ctx context.Context, arg string, now time.Time) error {
	if len(r.q.from) > 0 && r.q.store != "" {
		return usage(errors.New("--from and --store are two places to look: give one of them"))
	}
	cfg, err := r.q.aws.config(ctx, r.ui, "")
	if err != nil {
		return err
	}
	client := iam.Open(cfg)
	client.Saved = func(resource, path string) {
		fmt.Fprintln(r.ui.stderr, render.Text(fmt.Sprintf("saved: the policy of %s as it was: %s", resource, path)))
	}
	found, s, err := r.find(ctx, client, arg)
	if err != nil {
		return err
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return explainedShare(&r.q.aws, err)
	}
	plan, err := share.NewRevocation(found.Grant, found.Role, s, now, r.keep)
	switch {
	case err != nil && found.Stray:
		return hinted(err, found.WhatToDo()...)
	case err != nil:
		return usage(err)
	}
	if found.Unclear != "" {
		r.warned("unclear", "%s", found.Unclear)
	}
	out := revoked{Revocation: plan, Checked: []checkedAt{}}
	if len(plan.Calls) == 0 { // sessions that are kept
		r.ui.say("note", "grant "+found.Grant.ID+" lets nobody in any more; the last session in its role ends at "+plan.Ends.UTC().Format(time.RFC3339))
		r.ui.say("hint", "to delete the role then: crosstrail share revoke "+found.Grant.ID+"; the same now cuts live sessions off")
		return r.print(out)
	}
	r.show(found, plan)
	for _, way := range share.StillReads(s, share.Grants(s, roles), found.Grant) {
		r.warned("still-reads", "%s can still read by another way: %s", found.Grant.To, way)
	}
	if found.Role != nil && !r.keep {
		if out.Chained, err = r.onward(ctx, found, now); err != nil {
			return err
		}
	}
	if err := r.ui.agreed(ctx, r.yes); err != nil {
		return err
	}
	if err := client.Do(ctx, plan.Calls, func(c share.Call) { fmt.Fprintln(r.ui.stderr, "done:", render.Text(callText(c))) }); err != nil {
		r.ui.stopped(ctx, err)
		return explainedShare(&r.q.aws, err)
	}
	if out.Checked, err = r.check(ctx, client, found, plan, s); err != nil {
		return err
	}
	if err := r.print(out); err != nil {
		return err
	}
	for _, c := range out.Checked {
		if c.Left {
			return silent(exitFinding)
		}
	}
	return nil
}

// find is the grant, or what an interrupted run left of one. Where the bucket cannot
// be looked at, or is no more, a role can still be taken back.
func (r *revocation) find(ctx context.Context, client *iam.Client, arg string) (*share.Found, *share.Surroundings, error) {
	found, s, err := shareGrant(ctx, r.ui, client, &r.target, arg)
	if stray, ok := errors.AsType[*strayFailure](err); ok { // there is something, and it is left alone
		return nil, nil, &stray.failure
	}
	if f, ok := errors.AsType[*failure](err); ok {
		if f.status != exitFinding {
			return nil, nil, err
		}
		if missing, ok := errors.AsType[*missingFailure](err); ok {
			for _, s := range missing.looked {
				if rest := share.Rest(s, arg); rest != nil {
					return rest, s, nil
				}
			}
		}
		f.hints = append([]string{"if it was revoked before, nothing of it is left"}, f.hints...)
		return nil, nil, err
	}
	if failed, ok := errors.AsType[*iam.Error](err); ok {
		if found, s := r.alone(ctx, client, arg); found != nil {
			r.warned("bucket-not-read", "%v: its role is taken back alone, and policies of the bucket and of keys are not looked at", failed)
			return found, s, nil
		}
	}
	return found, s, explainedShare(&r.q.aws, err)
}

// alone is a grant by role of which nothing is known but the role; nil where there
// is none.
func (r *revocation) alone(ctx context.Context, client *iam.Client, arg string) (*share.Found, *share.Surroundings) {
	caller, err := client.Caller(ctx)
	if err != nil {
		return nil, nil
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return nil, nil
	}
	f := ofRoles(roles, caller, arg)
	if f == nil {
		return nil, nil
	}
	return f, &share.Surroundings{Caller: caller, Trail: share.Trail{ARN: f.Grant.Trail}, Bucket: share.Bucket{Name: f.Grant.Bucket}, Unread: []share.Unread{{Action: "s3:GetBucketPolicy"}}}
}

// show says what is about to be done, and what cannot be undone.
func (r *revocation) show(found *share.Found, plan *share.Revocation) {
	g := found.Grant
	text := told{r.ui.stderr, r.ui.columns()}
	text.grant(g)
	if found.Role != nil {
		text.labelled("last used", lastUsed(found.Role))
	}
	for _, d := range plan.Documents {
		fmt.Fprintln(r.ui.stderr, render.Text(documentTitle(d)))
		r.ui.showDiff(d)
	}
	for _, w := range plan.Warnings {
		r.warned(w.Code, "%s", w.Text)
	}
	switch {
	case r.keep && found.Role != nil:
		r.ui.say("note", "sessions in the role go on until they end, the last at "+plan.Ends.UTC().Format(time.RFC3339)+"; the role is kept until the next revoke")
	case found.Role != nil:
		if plan.Live {
			ends, _ := share.SessionsEnd(found.Role)
			r.warned("sessions-live", "sessions that were left to end may be live until %s: they are cut off now", ends.UTC().Format(time.RFC3339))
		}
		r.ui.say("note", "all sessions in the role are cut off, and with them the links that were signed in them; a service that acts for one of them (a running query or job) stops when it next asks")
	}
	r.ui.say("note", "what was copied already stays with who copied it")
	r.ui.showCalls(plan.Calls)
}

func lastUsed(role *share.RoleState) string {
	if role.LastUsed == "" {
		return "never, as far as IAM tells: it knows of 400 days, some hours late"
	}
	return role.LastUsed + ", as far as IAM tells: some hours late"
}

// check reads back what is left of the grant, by its id: no role bears it, and no
// statement. The role that is kept until its sessions have ended lets nobody in.
func (r *revocation) check(ctx context.Context, client *iam.Client, found *share.Found, plan *share.Revocation, was *share.Surroundings) ([]checkedAt, error) {
	g := found.Grant
	var all []checkedAt
	add := func(kind, resource, state string, left bool) {
		all = append(all, checkedAt{kind, resource, state, left})
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return nil, explainedShare(&r.q.aws, err)
	}
	its := found.Role == nil
	for _, role := range roles {
		here := found.Role != nil && role.ARN == found.Role.ARN
		its = its || here
		_, shut := (&share.Found{Role: role}).Shut()
		switch {
		case here && shut && !plan.Ends.IsZero():
			add("role", role.ARN, "lets nobody in; its last session ends at "+plan.Ends.UTC().Format(time.RFC3339), false)
		case here:
			add("role", role.ARN, "still there", true)
		case role.Bears(g.ID):
			add("role", role.ARN, "has the id of this grant, and is not its role: it was left alone", true)
		}
	}
	if !its {
		all = append([]checkedAt{{"role", found.Role.ARN, "gone", false}}, all...)
	}
	if !plan.Ends.IsZero() {
		return all, nil
	}
	s, err := client.Observe(ctx, iam.Ask{Trail: was.Trail.ARN, Bucket: was.Bucket.Name})
	if _, ok := errors.AsType[*iam.Error](err); ok { // as was said before
		s, err = &share.Surroundings{Unread: []share.Unread{{Action: "s3:GetBucketPolicy"}}}, nil
	}
	if err != nil {
		return nil, explainedShare(&r.q.aws, err)
	}
	for _, place := range share.Places(s, g) {
		state := "no statement of it"
		if place.Left > 0 {
			state = number(place.Left, "statement") + " of it still there"
		}
		if place.Unread {
			state = "could not be read"
		}
		add(string(place.Kind), place.Resource, state, place.Left > 0)
	}
	return all, nil
}

func (r *revocation) print(out revoked) error {
	out.Documents, out.Calls, out.Warnings = orEmpty(out.Documents), orEmpty(out.Calls), orEmpty(r.warnings)
	return r.ui.print(func(w io.Writer) error {
		switch form := render.Form(r.q.form); form {
		case render.JSON, render.JSONL:
			return printJSON(w, out)
		case render.CSV:
			var list []flat
			for _, c := range out.Checked {
				list = append(list, flat{{"kind", c.Kind}, {"resource", c.Resource}, {"state", c.State}})
			}
			return printList(w, form, flat{{"kind", ""}, {"resource", ""}, {"state", ""}}, list)
		}
		for _, c := range out.Checked {
			if _, err := fmt.Fprintf(w, "%-*s  %s\n", len(share.BucketDocument), c.Kind, render.Text(c.Resource+": "+c.State)); err != nil {
				return err
			}
		}
		return nil
	})
}
