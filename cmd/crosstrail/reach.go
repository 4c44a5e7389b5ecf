package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newReachCommand(ui *terminal) *cobra.Command {
	var q *question
	cmd := &cobra.Command{
		Use:   "reach PERSON|ROLE|SESSION|KEY|IP",
		Short: "tell what somebody reached from there",
		Long: `Follow the credentials down: every session made from a person, role, session, access
key or address, every session made from those, in which accounts, what was done in
them, and whether they are still live: at the newest delivery or event in the logs, not
at the clock's now. What claims to be later than the clock is left out of that, and
told. Long-term keys and roles made on the way are named too.

A PERSON is an origin id, ARN, name or e-mail; a ROLE a name or ARN; a SESSION an id,
ARN or session name; an IP an address or a range.`,
		Example: `  # a key leaked: what was done with it, and with all that was made from it?
  crosstrail reach AKIAJ2DZP3QVQ3D6VJBQ

  # where did somebody get to in a week?
  crosstrail reach jsmith --from AWSLogs/ --since 2016-04-04 --until 2016-04-10`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args: oneArgument("PERSON, ROLE, SESSION, KEY or IP to start from",
			"crosstrail reach jsmith --from AWSLogs/"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			return runReach(cmd.Context(), q, args[0], query.ReachOptions{Since: q.where.Since, Until: q.where.Until, Clock: clockOf(time.Now())})
		},
	}
	q = newQuestion(ui, cmd, true)
	q.addWhere(cmd)
	return cmd
}

// clockOf is the machine's clock as questions take it.
func clockOf(now time.Time) query.Clock { return query.Clock(cloudtrail.TimeOf(now)) }

func runReach(ctx context.Context, q *question, asked string, o query.ReachOptions) error {
	style, err := q.style(ctx, q.from)
	if err != nil {
		return err
	}
	if err := nameAccounts(&q.where, style.Names); err != nil {
		return err
	}
	c, err := q.readReach(ctx, asked, o)
	if err != nil {
		return err
	}
	a, err := query.Reach(ctx, c, c.resolver, asked, o)
	if err == nil && a.Absent != nil {
		a, err = reachNamed(ctx, c, a, style.Names, o)
	}
	if err != nil {
		return err
	}
	style.Integrity = c.sealed.integrity(ctx)
	err = q.print(func(w io.Writer) error { return render.Reach(w, a, render.Form(q.form), style) })
	return q.answered(c, err, a.Absent != nil)
}

// reachNamed asks again by the ids that have the name asked for, where no record
// has it: the first that is there answers.
func reachNamed(ctx context.Context, c *corpus, absent *query.ReachAnswer, names *query.Names, o query.ReachOptions) (*query.ReachAnswer, error) {
	for _, id := range names.IDs(absent.Asked) {
		a, err := query.Reach(ctx, c, c.resolver, id, o)
		if err != nil || a.Absent == nil {
			return a, err
		}
	}
	return absent, nil
}
