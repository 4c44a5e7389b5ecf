package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

func newShareListCommand(ui *terminal) *cobra.Command {
	var target shareTarget
	var flags awsFlags
	var form formValue
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list who may read the log files, by grants and otherwise",
		Long: `List the grants on a trail's bucket, as AWS holds them: roles with crosstrail's tags, and
statements of the bucket's policy with its Sids. Below are the other ways to read the
bucket that documents show: the rest of its policy, its ACL, its access points, and the
policy and grants of the keys that log files are encrypted with. What the account's own
users and roles may, their own policies say, and is not listed.

In the forms for programs each grant is a row, with a state: in-force, changed (its
policies are not what it says: verify tells how, crosstrail share grant repairs its own),
ended, revoking (its role lets nobody in: crosstrail share revoke finishes), unclear
(somebody changed what it says, or a role below /crosstrail/ is of no grant). Other ways
are rows without id, whose means is bucket-policy, acl, access-point, key-policy or
key-grant.`,
		Example: `  crosstrail share list

  # of one of several trails, for a program
  crosstrail share list --trail management-events -o json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runShareList(cmd.Context(), ui, &flags, &target, render.Form(form))
		},
	}
	target.add(cmd)
	addForm(cmd, &form)
	flags.add(cmd)
	return cmd
}

func runShareList(ctx context.Context, ui *terminal, flags *awsFlags, target *shareTarget, form render.Form) error {
	cfg, err := flags.config(ctx, ui, "")
	if err != nil {
		return err
	}
	client := iam.Open(cfg)
	s, err := target.observe(ctx, ui, client)
	if err != nil {
		return explainedShare(flags, err)
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return explainedShare(flags, err)
	}
	found, ways := share.Grants(s, roles), s.Ways()
	for _, u := range s.Unread {
		ui.warn("%s; what it would tell is not here", u)
	}
	now := time.Now()
	return ui.print(func(w io.Writer) error {
		if form == render.Table {
			return tellShared(w, ui, s, found, ways, now)
		}
		list := []flat{}
		for _, f := range found {
			list = append(list, foundRow(f, stateOf(f, s, now)))
		}
		for i := range ways {
			list = append(list, wayRow(s, &ways[i]))
		}
		return printList(w, form, grantRow(&share.Grant{}, ""), list)
	})
}

// stateOf is what has become of a grant.
func stateOf(f *share.Found, s *share.Surroundings, now time.Time) string {
	_, shut := f.Shut()
	switch {
	case f.Unclear != "":
		return "unclear"
	case shut: // the first thing that is done, whatever a tag says
		return "revoking"
	case !f.Grant.Expires.IsZero() && !f.Grant.Expires.After(now):
		return "ended"
	}
	switch changed, err := f.Changed(s); {
	case err != nil:
		return "unclear"
	case changed:
		return "changed"
	}
	return "in-force"
}

// foundRow is the row of a grant that AWS holds: its role is the one that is there.
func foundRow(f *share.Found, state string) flat {
	row := grantRow(f.Grant, state)
	for i := range row {
		if row[i].name == "roleArn" && f.Role != nil {
			row[i].value = f.Role.ARN
		}
	}
	return row
}

// grantRow is a grant for programs: the contract's row.
func grantRow(g *share.Grant, state string) flat {
	return flat{
		{"id", g.ID},
		{"to", g.To},
		{"means", string(g.Means)},
		{"roleArn", g.RoleARN()},
		{"trail", g.Trail},
		{"bucket", g.Bucket},
		{"prefix", g.Prefix},
		{"logs", g.Logs.String()},
		{"since", g.Since.String()},
		{"until", g.Until.String()},
		{"expires", endText(g)},
		{"externalId", g.ExternalID != ""},
		{"mfa", g.MFA},
		{"policy", string(g.Policy)},
		{"organization", g.Organization},
		{"sessionName", g.SessionName},
		{"state", state},
		{"resource", ""},
		{"sid", ""},
		{"allows", ""},
		{"limited", ""},
	}
}

// wayRow is another way to read, for programs: it has no id.
func wayRow(s *share.Surroundings, way *share.Way) flat {
	row := grantRow(&share.Grant{To: way.To, Means: share.Means(way.Means), Trail: s.Trail.ARN, Bucket: s.Bucket.Name}, "")
	values := map[string]any{
		"logs": "", "prefix": "", "externalId": "", "mfa": "",
		"resource": way.Resource, "sid": way.Sid, "allows": strings.Join(way.Allows, " "), "limited": way.Limited,
	}
	for i := range row {
		if value, ok := values[row[i].name]; ok {
			row[i].value = value
		}
	}
	return row
}

// named is a grant as a warning names it.
func named(f *share.Found) string {
	if f.Grant.ID == "" {
		return "no grant"
	}
	return "grant " + f.Grant.ID
}

func endText(g *share.Grant) string {
	if g.Expires.IsZero() {
		return ""
	}
	return g.Expires.UTC().Format(time.RFC3339)
}

func tellShared(w io.Writer, ui *terminal, s *share.Surroundings, found []*share.Found, ways []share.Way, now time.Time) error {
	of := "the bucket " + s.Bucket.Name
	if s.Trail.Name != "" {
		of += " of the trail " + s.Trail.Name
	}
	if len(found) == 0 {
		fmt.Fprintln(ui.stderr, render.Text("there are no grants on "+of))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	cells := func(cells ...string) {
		for i := range cells {
			cells[i] = render.Text(cells[i])
			if cells[i] == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	if len(found) > 0 {
		cells("GRANT", "READER", "BY", "LOG FILES", "UNTIL", "ONLY WITH", "STATE")
	}
	for _, f := range found {
		g := f.Grant
		by := string(g.Means)
		if g.Policy != "" && g.Policy != share.Minimal {
			by += " (" + string(g.Policy) + ")"
		}
		cells(g.ID, g.To, by, logsText(g), endText(g), strings.Join(onlyWith(g, false), ", "), stateOf(f, s, now))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range found {
		if f.Unclear != "" {
			ui.warn("%s: %s: crosstrail share verify tells more", named(f), f.Unclear)
		}
	}
	if len(ways) == 0 {
		return nil
	}
	if len(found) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, render.Text("other ways to read "+of+" that are no grants of crosstrail:"))
	for i := range ways {
		way := &ways[i]
		cells(way.Means, way.To, strings.Join(way.Allows, " "), map[bool]string{true: "on conditions", false: "always"}[way.Limited], way.Sid, way.Resource)
	}
	return t.Flush()
}
