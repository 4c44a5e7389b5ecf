package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// granting is one run of share grant.
type granting struct {
	planning
	file string
	form formValue
	yes  bool
}

func newShareGrantCommand(ui *terminal) *cobra.Command {
	g := &granting{planning: planning{ui: ui}}
	cmd := &cobra.Command{
		Use:   "grant",
		Short: "let an account, a user or a role read log files",
		Long: `Let somebody read log files: plan it as crosstrail share plan does, show that, ask, and do
it. Done again it repairs what was changed in the grant's own policies since, or has
nothing to do; where it failed half-way, the same command does the rest. Of policies that
others write to, a bucket's or a key's, only the grant's own statements are touched; the
policy as it was is saved to a file first, and its path printed. AWS takes no condition
with such a write: who changes the same policy in the milliseconds before it loses that
change, and it is in no file; a change that undoes this one within a second after is told.

--plan does a plan that was saved by crosstrail share plan -o json, and nothing but that:
where what it was made from has changed since, it is refused. What was done of it already
is not done again: after a failure the same command does the rest.

Where nobody can be asked, it wants --yes. It prints the grants.`,
		Example: `  # an account reads its own log files
  crosstrail share grant --to 222222222222

  # a third party reads all, by a role, with the external id that it made
  crosstrail share grant --to 333333333333 --logs all --external-id 8f2c1d --expires 90d

  # every account of the organisation reads its own
  crosstrail share grant --to-organization

  crosstrail share grant --plan plan.json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return g.run(cmd) },
	}
	g.addFlags(cmd)
	cmd.Flags().StringVar(&g.file, "plan", "", "do the plan that is saved in this `FILE`")
	must(cmd.MarkFlagFilename("plan", "json"))
	cmd.Flags().BoolVar(&g.yes, "yes", false, "do it without asking")
	addForm(cmd, &g.form)
	g.aws.add(cmd)
	return cmd
}

func (g *granting) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	var wants []share.Want
	var saved []savedPlan
	var err error
	if g.file != "" {
		for _, name := range wantNames {
			if cmd.Flags().Changed(name) {
				return usage(fmt.Errorf("--plan says it all: it goes without --%s", name))
			}
		}
		if saved, err = readPlans(g.file); err == nil {
			g.target = shareTarget{trail: saved[0].Grant.Trail}
			if g.target.trail == "" {
				g.target.bucket = saved[0].Grant.Bucket
			}
			wants = wanted(saved)
		}
	} else {
		wants, err = g.want.wants(cmd, time.Now())
	}
	if err != nil {
		return err
	}
	client, plans, err := g.plans(ctx, wants)
	if err != nil {
		return err
	}
	if err := g.sameAs(saved, plans); err != nil {
		return err
	}
	return g.grant(ctx, client, plans)
}

// grant shows, asks and does.
func (g *granting) grant(ctx context.Context, client *iam.Client, plans []*share.Plan) error {
	left := 0
	for _, p := range plans {
		if left += len(p.Calls); len(p.Calls) == 0 {
			fmt.Fprintf(g.ui.stderr, "what grant %s puts there is as it should be: nothing to do\n", p.Grant.ID)
			for _, warning := range p.Warnings {
				g.ui.warn("%s", warning.Text)
			}
		}
	}
	if left == 0 {
		return g.printGrants(plans, told.grant)
	}
	g.show(plans)
	if err := g.ui.agreed(ctx, g.yes); err != nil {
		return err
	}
	client.Saved = func(resource, path string) {
		fmt.Fprintln(g.ui.stderr, render.Text(fmt.Sprintf("saved: the policy of %s as it was: %s", resource, path)))
	}
	for i, p := range plans {
		err := client.Do(ctx, p.Calls, func(call share.Call) { fmt.Fprintln(g.ui.stderr, render.Text("done: "+callText(call))) })
		if err != nil {
			if i > 0 {
				g.ui.say("note", fmt.Sprintf("%s of %d were made: the same command makes the rest", number(i, "grant"), len(plans)))
			}
			g.ui.stopped(ctx, err)
			return explainedShare(&g.aws, err)
		}
	}
	if err := g.printGrants(plans, told.grantNames); err != nil {
		return err
	}
	id := "GRANT"
	if len(plans) == 1 {
		id = plans[0].Grant.ID
	}
	g.ui.say("hint", "what the reader has to know and do: crosstrail share handover "+id+g.target.flag()+g.aws.flag())
	g.ui.say("hint", "is it as narrow as it is meant, and does it work: crosstrail share verify "+id+g.target.flag()+g.aws.flag())
	return nil
}

// show says in short what is about to be done.
func (g *granting) show(plans []*share.Plan) {
	w := g.ui.stderr
	for _, p := range plans {
		if len(p.Calls) == 0 {
			continue
		}
		text := told{w, g.ui.columns()}
		text.grant(p.Grant)
		text.labelled("why so", p.Why)
		for _, d := range p.Documents {
			if d.Kind != share.ReaderDocument && !sameDocument(d) {
				fmt.Fprintln(w, render.Text(documentTitle(d)))
				g.ui.showDiff(d)
			}
		}
		for _, warning := range p.Warnings {
			g.ui.warn("%s", warning.Text)
		}
		g.ui.showCalls(p.Calls)
		if p.Grant.Policy == share.ManagedReadOnly {
			fmt.Fprintln(w, render.Text(fmt.Sprintf("This is more than log files: %s will be able to list and read EVERY bucket of account %s. Is that what you want?", p.Grant.To, p.Grant.Owner)))
		}
	}
}

func sameDocument(d share.Document) bool {
	return d.Before != nil && d.After != nil && d.Before.String() == d.After.String()
}

// grantNames prints what other commands know a grant by: the rest was shown before.
func (p told) grantNames(g *share.Grant) {
	p.labelled("grant", g.ID)
	if arn := g.RoleARN(); arn != "" {
		p.labelled("role", arn)
	}
}

func (g *granting) printGrants(plans []*share.Plan, tell func(told, *share.Grant)) error {
	return g.ui.print(func(w io.Writer) error {
		var list []flat
		for i, p := range plans {
			if render.Form(g.form) != render.Table {
				list = append(list, grantRow(p.Grant, "", ""))
				continue
			}
			if i > 0 {
				fmt.Fprintln(w)
			}
			tell(told{w, g.ui.columns()}, p.Grant)
		}
		if render.Form(g.form) == render.Table {
			return nil
		}
		return printList(w, render.Form(g.form), grantRow(&share.Grant{}, "", ""), list)
	})
}
