package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// planForm is -o of share plan (pflag.Value).
type planForm string

const cloudFormation planForm = "cloudformation"

func planForms() []string {
	return []string{string(render.Table), string(render.JSONL), string(render.JSON), string(cloudFormation)}
}

func (f *planForm) String() string { return string(*f) }
func (f *planForm) Type() string   { return "FORM" }
func (f *planForm) Set(s string) error {
	form, ok := fold(planForms(), s)
	if !ok {
		return fmt.Errorf("the forms are %s", join(planForms()))
	}
	*f = planForm(form)
	return nil
}

// planning is one run of share plan; share grant plans with it too.
type planning struct {
	ui     *terminal
	target shareTarget
	want   wantFlags
	aws    awsFlags
}

func newSharePlanCommand(ui *terminal) *cobra.Command {
	p := planning{ui: ui}
	form := planForm(render.Table)
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "show what sharing would do: documents, calls, permissions, warnings",
		Long: `Show what crosstrail share grant would do, and change nothing: who gets to read what, how
and why so, every policy as it is and as it would be, the calls, the permissions that
you need for both commands, and what to know before.

It is run as the account that owns the bucket. A bucket whose owner owns every object is
shared by its own policy with members of your organisation, any other by a role. Save
the plan with -o json, which holds beside all this what was asked for ("wanted") and the
reason ("why"), have it looked at, and do just that: crosstrail share grant --plan

--external-id is the grant's. To reach the bucket's account through a role that wants an
external id itself, name both in a profile of your AWS configuration, and --profile.`,
		Example: `  # an account reads its own log files
  crosstrail share plan --to 222222222222

  # a third party reads those of two accounts until the end of the year
  crosstrail share plan --to 333333333333 --logs 111111111111,222222222222 \
    --external-id 8f2c1d --expires 2027-01-01

  # saved, looked at, done
  crosstrail share plan --to 222222222222 -o json > plan.json
  crosstrail share grant --plan plan.json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wants, err := p.want.wants(cmd, time.Now())
			if err != nil {
				return err
			}
			_, plans, err := p.plans(cmd.Context(), wants)
			if err != nil {
				return err
			}
			return p.print(plans, form)
		},
	}
	p.addFlags(cmd)
	cmd.Flags().VarP(&form, "output", "o", "how to print: "+join(planForms()))
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(planForms(), cobra.ShellCompDirectiveNoFileComp)))
	p.aws.add(cmd)
	return cmd
}

func (p *planning) addFlags(cmd *cobra.Command) {
	p.target.add(cmd)
	p.want.add(cmd)
}

// plans reads what is there and plans each want, as if those before were done.
func (p *planning) plans(ctx context.Context, wants []share.Want) (*iam.Client, []*share.Plan, error) {
	cfg, err := p.aws.config(ctx, p.ui, "")
	if err != nil {
		return nil, nil, err
	}
	client := iam.Open(cfg)
	s, err := p.target.observe(ctx, p.ui, client)
	if err != nil {
		return nil, nil, explainedShare(&p.aws, err)
	}
	now := time.Now()
	var plans []*share.Plan
	for _, w := range wants {
		g, _, _, err := share.NewGrant(w, s)
		if err != nil {
			return nil, nil, refused(err)
		}
		var role *share.RoleState
		if g.Means == share.Role {
			if role, err = client.Role(ctx, g.RoleName()); err != nil {
				return nil, nil, explainedShare(&p.aws, err)
			}
		}
		plan, err := share.NewPlan(w, s, role, now)
		if err != nil {
			return nil, nil, refused(err)
		}
		if err := judge(ctx, client, plan, s, role, now); err != nil {
			return nil, nil, err
		}
		plans = append(plans, plan)
		s, _ = plan.After(s, role)
	}
	return client, plans, nil
}

// judge adds to a plan's warnings what is wrong with what it would leave: by our own
// checks, and by those of IAM Access Analyzer where it can be asked.
func judge(ctx context.Context, client *iam.Client, p *share.Plan, s *share.Surroundings, role *share.RoleState, now time.Time) error {
	found, err := client.Validate(ctx, p.Documents)
	if err != nil {
		return err
	}
	for _, f := range append(p.Judge(s, role, now), found...) {
		p.Warnings = append(p.Warnings, share.Warning{Code: f.Code, Text: f.Text})
	}
	return nil
}

func (p *planning) print(plans []*share.Plan, form planForm) error {
	return p.ui.print(func(w io.Writer) error {
		switch {
		case form == cloudFormation:
			text, left, warnings := share.Template(plans)
			for _, d := range left {
				p.ui.warn("the policy of %s is not in the template, as CloudFormation changes no key that it did not make: it has to be this", d.Resource)
				for _, line := range indented(d.After) {
					fmt.Fprintln(p.ui.stderr, "  "+render.Text(line))
				}
			}
			for _, one := range plans {
				warnings = append(warnings, one.Warnings...)
			}
			said := map[string]bool{}
			for _, one := range warnings {
				if !said[one.Text] {
					p.ui.warn("%s", one.Text)
				}
				said[one.Text] = true
			}
			_, err := io.WriteString(w, visible(string(text)))
			return err
		case form == planForm(render.JSON) && len(plans) > 1:
			return printJSON(w, plans)
		case form != planForm(render.Table):
			for _, one := range plans {
				if err := printJSON(w, one); err != nil {
					return err
				}
			}
			return nil
		}
		for i, one := range plans {
			if i > 0 {
				fmt.Fprintln(w)
			}
			told{w, p.ui.columns()}.plan(one, p.ui.colour())
		}
		return nil
	})
}

// plan prints a plan.
func (p told) plan(one *share.Plan, colour bool) {
	p.grant(one.Grant)
	p.labelled("why so", one.Why)
	for _, d := range one.Documents {
		fmt.Fprintln(p.w)
		p.say("", "  ", documentTitle(d))
		printDiff(p.w, d, colour)
	}
	fmt.Fprintln(p.w, "\ncalls")
	for _, call := range one.Calls {
		p.say("  ", "    ", callText(call))
	}
	if len(one.Calls) == 0 {
		fmt.Fprintln(p.w, "  none: all of it is so already")
	}
	fmt.Fprintln(p.w, "\npermissions that you need")
	p.say("  ", "  ", strings.Join(one.Permissions, " "))
	fmt.Fprintln(p.w)
	for _, warning := range one.Warnings {
		p.labelled("warning", warning.Text)
	}
	p.labelled("basis", one.Basis)
}

// labelled prints a text with its label before it.
func (p told) labelled(label, text string) {
	p.say(fmt.Sprintf("%-11s ", label), strings.Repeat(" ", 12), text)
}

func documentTitle(d share.Document) string {
	switch d.Kind {
	case share.ReaderDocument:
		return "what the reader's own account has to allow, to " + readerText(d.Resource)
	case share.TrustDocument:
		return "trust policy of " + d.Resource
	case share.PermissionsDocument:
		return "policy " + d.Name + " of " + d.Resource
	case share.BucketDocument:
		return "bucket policy of " + d.Resource
	}
	return "key policy of " + d.Resource
}

// readerText is who of the reading account is meant.
func readerText(arn string) string {
	if account, ok := strings.CutSuffix(arn, ":root"); ok {
		return "users and roles of " + account[strings.LastIndexByte(account, ':')+1:] + " that are to read"
	}
	return arn
}

// grant tells who reads what, how, and until when.
func (p told) grant(g *share.Grant) {
	line := func(label, format string, args ...any) { p.labelled(label, fmt.Sprintf(format, args...)) }
	line("grant", "%s", g.ID)
	line("reader", "%s", g.To)
	line("log files", "%s", logsText(g))
	from := "s3://" + g.Bucket + "/"
	if g.Prefix != "" {
		from += g.Prefix + "/"
	}
	line("from", "%s in %s", from, g.Region)
	if g.Trail != "" {
		line("trail", "%s", g.Trail)
	}
	if g.Means == share.Role {
		line("by", "role (%s) %s", g.Policy, g.RoleARN())
	} else {
		line("by", "the bucket's policy")
	}
	if conditions := onlyWith(g, true); len(conditions) > 0 {
		line("only with", "%s", strings.Join(conditions, ", "))
	}
	if g.Expires.IsZero() {
		line("until", "it is revoked")
	} else {
		line("until", "%s", g.Expires.UTC().Format(time.RFC3339))
	}
}

// onlyWith is what must hold of who reads. The external id is no secret, but a list
// has no room for it.
func onlyWith(g *share.Grant, whole bool) []string {
	var out []string
	if g.Organization != "" {
		out = append(out, "a member of "+g.Organization)
	}
	if g.ExternalID != "" && whole {
		out = append(out, "the external id "+g.ExternalID)
	} else if g.ExternalID != "" {
		out = append(out, "an external id")
	}
	if g.MFA {
		out = append(out, "MFA")
	}
	if g.SessionName != "" {
		out = append(out, "a session named "+g.SessionName)
	}
	return out
}

func logsText(g *share.Grant) string {
	text := "of " + strings.ReplaceAll(g.Logs.String(), ",", ", ") // each may be on another line
	switch {
	case g.Logs.All:
		text = "of all accounts"
	case g.To == g.Organization && g.To != "":
		text = "each account its own"
	case len(g.Logs.Accounts) == 0:
		text = "its own"
	}
	if !g.Since.IsZero() {
		text += ", delivered since " + g.Since.String()
	}
	if !g.Until.IsZero() {
		text += ", delivered until " + g.Until.String()
	}
	return text
}
