package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// deployStatus is one run of deploy status.
type deployStatus struct {
	deployFlags
	ui     *terminal
	as     string
	form   formValue
	filter query.Filter
	yes    bool
}

func newDeployStatusCommand(ui *terminal) *cobra.Command {
	s := &deployStatus{ui: ui}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "tell what is sent, what is missing and what went wrong",
		Long: `Tell how a hub and its spokes do: what is there and what is not any more, what waits,
what could not be read and why, what the function failed at, which alarms there are; of
each account that sends, when it did last, and how many of the calls that log files tell
of came as events too. EventBridge is best effort: what it loses, log files tell.

With --as, a profile of a spoke's account, it looks there too: which of its enabled
regions have a rule, whether that is on and sends to the hub, and whether a trail logs.

Nothing is changed. Dead letters are looked at and given back at once. Calls are set
against log files for the last 24 hours (--since), in the table: what was read of it is
told, and where that would be much, what it would cost, first. Calls that are logged
without an event are a fault where it was seen that the rule there sends them (--as), if
they are three and more, and more than one in twenty.

Each line is ok, a note or a fault. The exit status is 4 where there is a fault, and 3
where there is none, but not all of the hub could be looked at.`,
		Example: `  crosstrail deploy status --profile prod

  # and into the account of a spoke
  crosstrail deploy status --profile prod --as dev

  # what is wrong, for a monitor
  crosstrail deploy status -o jsonl | jq -r 'select(.level=="fault") | .text'`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), time.Now()) },
	}
	flags := cmd.Flags()
	flags.Var(said(&s.as), "as", "the `PROFILE` of a spoke's account, to look there too")
	addFilters(cmd, &s.filter, time.Now(), "since")
	addForm(cmd, &s.form)
	s.addName(cmd)
	s.addAWS(cmd)
	addYes(cmd, &s.yes)
	return cmd
}

// reconciled is how far back calls are set against log files.
const reconciled = 24 * time.Hour

func (s *deployStatus) run(ctx context.Context, now time.Time) error {
	name, err := s.deployment()
	if err != nil {
		return err
	}
	cfg, err := s.config(ctx, s.ui)
	if err != nil {
		return err
	}
	since := now.Add(-reconciled)
	if s.filter.Since != 0 {
		since = s.filter.Since.Time()
	}
	hub, err := lookAtHub(ctx, site.New(cfg), cfn.New(cfg), name, since)
	if err != nil {
		return unlooked(&s.aws, err)
	}
	if hub.nothing() {
		return hub.missing(s.flag())
	}
	rows := hub.rows(&s.deployFlags, now)
	var spoke *spokeLook
	if s.as != "" {
		if spoke, err = s.lookThere(ctx, name, since, cfg.Region); err != nil {
			return err
		}
	}
	told, t := s.reconcile(ctx, hub, spoke, since)
	if told.err != nil {
		rows = append(rows, statusRow{part: "table", level: levelNote, account: hub.caller.Account, region: hub.caller.Region, name: hub.table(), state: "not looked at", text: told.err.Error()})
	} else if row := hub.logRow(told.answer.Newest, now); row != nil {
		rows = append(rows, *row)
	}
	rows = append(rows, spokeRows(hub, spoke, told.answer, told.last)...)
	if err := s.print(rows); err != nil {
		return err
	}
	t.spent()
	switch {
	case slices.ContainsFunc(rows, func(r statusRow) bool { return r.level == levelFault }):
		return silent(exitFinding)
	case slices.ContainsFunc(core, hub.blind):
		s.ui.warn("not all of the hub could be looked at: that no fault is told of the rest says nothing of it")
		return silent(exitPart)
	}
	return nil
}

// core are the parts of a hub without which nothing can be said of it.
var core = []string{"stack", "queue", "dead-letters", "function", "bus"}

// missing is that there is no hub.
func (h *hubLook) missing(flags string) error {
	return &failure{
		err: fmt.Errorf("there is no hub %s in %s of account %s", h.name, h.caller.Region, h.caller.Account), status: exitFinding,
		hints: []string{"is it in another region, or another account? --aws-region, --profile; or has it another name? --name", "to make it: crosstrail deploy up hub" + flags},
	}
}

// lookThere looks into the account of a spoke.
func (s *deployStatus) lookThere(ctx context.Context, name deploy.Name, since time.Time, besides ...string) (*spokeLook, error) {
	other := s.other(s.as)
	cfg, err := other.config(ctx, s.ui, "")
	if err != nil {
		return nil, err
	}
	l, err := lookAtSpoke(ctx, site.New(cfg), func(region string) *cfn.Client {
		there := cfg.Copy()
		there.Region = region
		return cfn.New(there)
	}, name, since, besides...)
	if err != nil {
		return nil, unlooked(other, err)
	}
	l.as = other
	return l, nil
}

// unlooked is an error of looking at an account, with what to do about it; nil is none.
func unlooked(a *awsFlags, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*site.Error](err); ok && len(e.Hints) > 0 {
		return hinted(err, e.Hints...)
	}
	return a.explained(err)
}

// other is how the other side is reached.
func (d *deployFlags) other(profile string) *awsFlags {
	return &awsFlags{o: awscfg.Options{Profile: profile, Region: d.aws.o.Region, Endpoint: d.aws.o.Endpoint}}
}

// reconciliation is what came as events against what log files tell.
type reconciliation struct {
	answer *query.ForwardedAnswer     // nil where the table could not be asked
	last   map[string]cloudtrail.Time // when an account sent last, before the span
	err    error
}

// reconcile asks the table.
func (s *deployStatus) reconcile(ctx context.Context, h *hubLook, l *spokeLook, since time.Time) (r reconciliation, t *table) {
	r = reconciliation{last: map[string]cloudtrail.Time{}}
	name := h.table()
	if name == "" {
		r.err = fmt.Errorf("which table the hub writes to is not known: its function says, which could not be looked at")
		return r, nil
	}
	t, err := s.aws.table(ctx, s.ui, name, dynamo.Options{Allow: s.ui.mayRead(s.yes)})
	if err != nil {
		r.err = err
		return r, nil
	}
	if t.Foreign() {
		r.err = fmt.Errorf("%s is as AWS's text makes it, and is not reconciled: crosstrail ingest %s --store %s makes it ours", t, t, t)
		return r, t
	}
	options := query.ForwardedOptions{Since: cloudtrail.TimeOf(since), Sent: sentBy(h, l, t.Watch())}
	answer, err := query.Forwarded(ctx, t, options)
	if err != nil {
		r.err = unlooked(&s.aws, err)
		return r, t
	}
	r.answer = answer
	r.err = unlooked(&s.aws, r.lastOf(ctx, t, h))
	return r, t
}

// fewRows is how many events of an account are looked through for one that was sent.
const fewRows = 200

// lastOf finds when those sent last that sent nothing in the span.
func (r *reconciliation) lastOf(ctx context.Context, t *table, h *hubLook) error {
	senders, _ := h.senders()
	for _, account := range senders {
		if slices.ContainsFunc(r.answer.Lines, func(l query.ForwardedLine) bool { return l.Account == account && l.LastEvent != 0 }) {
			continue
		}
		n := 0
		for row, err := range t.Rows(ctx, query.Selection{Accounts: []string{account}, Newest: true}) {
			if err != nil {
				return err
			}
			if row.ID.Recipient == account && cloudtrail.IsInline(row.File) {
				r.last[account] = row.Time
				break
			}
			if n++; n == fewRows {
				break
			}
		}
	}
	return nil
}

func (s *deployStatus) print(rows []statusRow) error {
	list := make([]flat, len(rows))
	for i := range rows {
		rows[i].text, rows[i].do = query.RedactText(rows[i].text), query.RedactText(rows[i].do)
		list[i] = rows[i].flat()
	}
	return s.ui.print(statusPrinter(rows, list, render.Form(s.form), s.ui.columns()))
}
