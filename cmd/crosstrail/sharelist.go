package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
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
(somebody changed what it says, or a role below /crosstrail/ is of no grant). Of one that
is revoking, sessionsEnd is when the last session in its role will have ended, where
revoke --keep-sessions has left them; the table has that as UNTIL. Other ways are rows
without id, whose means is bucket-policy, acl, access-point, key-policy or key-grant.`,
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
		if u.Action == "organizations:ListAccounts" { // a list asks of nobody whether he is a member
			continue
		}
		ui.warn("%s; what it would tell is not here", u)
	}
	for _, id := range share.Rests(s, found) {
		ui.warn("the policy of a key has a statement of grant %s, which is not on this bucket: a revoke that was interrupted is finished by crosstrail share revoke %s; or it is of a grant on another bucket", id, id)
	}
	now := time.Now()
	return ui.print(func(w io.Writer) error {
		if form == render.Table {
			tellShared(told{w, ui.columns()}, ui, s, found, ways, now)
			return nil
		}
		list := []flat{}
		for _, f := range found {
			list = append(list, foundRow(f, stateOf(f, s, now)))
		}
		for i := range ways {
			list = append(list, wayRow(s, &ways[i]))
		}
		return printList(w, form, grantRow(&share.Grant{}, "", ""), list)
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
	row := grantRow(f.Grant, state, sessionsEnd(f, state))
	for i := range row {
		if row[i].name == "roleArn" && f.Role != nil {
			row[i].value = f.Role.ARN
		}
	}
	return row
}

// grantRow is a grant for programs: the contract's row.
func grantRow(g *share.Grant, state, ends string) flat {
	return flat{
		{"id", g.ID},
		{"to", g.To},
		{"means", string(g.Means)},
		{"roleArn", g.RoleARN()},
		{"trail", g.Trail},
		{"bucket", g.Bucket},
		{"prefix", kept(g.Prefix)},
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
		{"sessionsEnd", ends},
		{"resource", ""},
		{"sid", ""},
		{"allows", ""},
		{"limited", ""},
	}
}

// wayRow is another way to read, for programs: it has no id.
func wayRow(s *share.Surroundings, way *share.Way) flat {
	row := grantRow(&share.Grant{To: way.To, Means: share.Means(way.Means), Trail: s.Trail.ARN, Bucket: s.Bucket.Name}, "", "")
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

// sessionsEnd is when the last session in a role that lets nobody in will have ended;
// empty: nothing tells.
func sessionsEnd(f *share.Found, state string) string {
	if ends, shut := f.Shut(); shut && state == "revoking" && !ends.IsZero() {
		return ends.UTC().Format(time.RFC3339)
	}
	return ""
}

func tellShared(p told, ui *terminal, s *share.Surroundings, found []*share.Found, ways []share.Way, now time.Time) {
	of := "the bucket " + s.Bucket.Name
	if s.Trail.Name != "" {
		of += " of the trail " + s.Trail.Name
	}
	if len(found) == 0 {
		fmt.Fprintln(ui.stderr, render.Text("there are no grants on "+of))
	} else {
		p.grants(found, s, now)
	}
	for _, f := range found {
		if f.Unclear != "" {
			ui.warn("%s: %s: crosstrail share verify tells more", named(f), f.Unclear)
		}
	}
	if len(ways) == 0 {
		return
	}
	if len(found) > 0 {
		fmt.Fprintln(p.w)
	}
	p.say("", "  ", "other ways to read "+of+" that are no grants of crosstrail:")
	p.ways(ways)
}

// below is where what is said of a row stands.
const below = "    "

// grants prints a row for each grant, and below it what is as long as it is.
func (p told) grants(found []*share.Found, s *share.Surroundings, now time.Time) {
	rows := [][]string{{"GRANT", "READER", "BY", "UNTIL", "STATE"}}
	for _, f := range found {
		g, state := f.Grant, stateOf(f, s, now)
		until := endText(g)
		if state == "revoking" {
			until = sessionsEnd(f, state)
		}
		rows = append(rows, []string{orDash(g.ID), orDash(shortReader(g)), orDash(string(g.Means)), orDash(until), state})
	}
	p.table("", rows, func(row int) {
		if row == 0 {
			return
		}
		f := found[row-1]
		g := f.Grant
		if shortReader(g) != g.To {
			fmt.Fprintln(p.w, render.Text(below+"reader "+g.To))
		}
		text := "log files " + logsText(g)
		if conditions := onlyWith(g, false); len(conditions) > 0 {
			text += "; only with " + strings.Join(conditions, ", ")
		}
		if g.Policy != "" && g.Policy != share.Minimal {
			text += "; --policy " + string(g.Policy)
		}
		if sessionsEnd(f, rows[row][4]) != "" {
			text += "; nobody is let in, and the last session ends as UNTIL says"
		}
		p.say(below, below+"  ", text)
	})
}

// shortReader is the reader as a column has room for it.
func shortReader(g *share.Grant) string {
	switch account := query.WhereaboutsOf(g.To).Account; {
	case len(g.To) <= len("222222222222"):
		return g.To
	case account != "":
		return account
	case g.To == g.Organization:
		return "organisation"
	}
	return ""
}

func orDash(cell string) string {
	if cell == "" {
		return "-"
	}
	return cell
}

// ways prints a row for each other way to read, and below it what opens it.
func (p told) ways(ways []share.Way) {
	rows := make([][]string, len(ways))
	for i := range ways {
		limited := map[bool]string{true: "on conditions", false: "always"}[ways[i].Limited]
		rows[i] = []string{ways[i].Means, limited, ways[i].To} // which may be long
	}
	p.table("", rows, func(row int) {
		way := &ways[row]
		text := strings.Join(way.Allows, " ")
		switch {
		case way.Sid != "" && way.Means == "key-grant":
			text += ", by the grant " + way.Sid + " of "
		case way.Sid != "":
			text += ", by the statement " + way.Sid + " of "
		default:
			text += ", by "
		}
		p.say(below, below+"  ", text+way.Resource)
	})
}
