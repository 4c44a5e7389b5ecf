package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
	"github.com/crosstrail/crosstrail/share/policy"
)

func newShareHandoverCommand(ui *terminal) *cobra.Command {
	var flags awsFlags
	var form formValue
	target := &shareTarget{}
	cmd := &cobra.Command{
		Use:   "handover GRANT",
		Short: "write down for the reader how to use a grant",
		Long: `Write down what the reader of a grant has to know: role, bucket, folders, key, external
id or not, MFA or not, the end; a profile for the AWS CLI, the policy for the reader's
own user or role, and the commands, with crosstrail and without. It is plain text that
can be mailed, and Markdown. An external id is never in it: the reader made it.

With -o json it is a file that the reader gives to: crosstrail share reader-policy FILE`,
		Example: `  crosstrail share handover k5zq3mhn4xwa > for-222222222222.md
  crosstrail share handover k5zq3mhn4xwa -o json > handover.json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              oneArgument("GRANT", "crosstrail share handover k5zq3mhn4xwa"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f := render.Form(form); f == render.CSV {
				return usage(errors.New("a handover is no table: -o csv has no sense here"))
			}
			return runHandover(cmd.Context(), ui, &flags, target, render.Form(form), args[0])
		},
	}
	target.add(cmd)
	addForm(cmd, &form)
	flags.add(cmd)
	return cmd
}

func runHandover(ctx context.Context, ui *terminal, flags *awsFlags, target *shareTarget, form render.Form, arg string) error {
	cfg, err := flags.config(ctx, ui, "")
	if err != nil {
		return err
	}
	found, s, err := shareGrant(ctx, ui, iam.Open(cfg), target, arg)
	if err != nil {
		return explainedShare(flags, err)
	}
	if found.Stray {
		return hinted(errors.New(found.Unclear), found.WhatToDo()...)
	}
	if err := givesNothing(found, time.Now()); err != nil {
		return err
	}
	if found.Unclear != "" {
		ui.warn("%s: crosstrail share verify %s", found.Unclear, found.Grant.ID)
	}
	if text := changedText(found, s); text != "" {
		ui.warn("%s: crosstrail share verify %s", text, found.Grant.ID)
	}
	h := found.Handover(s)
	return ui.print(func(w io.Writer) error {
		if form != render.Table {
			return printJSON(w, h)
		}
		return printHandover(w, h)
	})
}

// givesNothing is why nobody is to be told of a grant: by it nothing can be read.
// One of which a policy was changed may give all the same, which is told.
func givesNothing(f *share.Found, now time.Time) error {
	g := f.Grant
	repair := "to repair it: crosstrail share grant, with what it was given with; what is missing: crosstrail share verify " + g.ID
	switch ends, shut := f.Shut(); {
	case shut:
		return hinted(fmt.Errorf("grant %s is being revoked: no new session can be had%s", g.ID, endsText(ends)), "to finish that: crosstrail share revoke "+g.ID, "to grant it again: crosstrail share grant")
	case !g.Expires.IsZero() && !g.Expires.After(now):
		return hinted(fmt.Errorf("grant %s ended at %s: nothing can be read by it any more", g.ID, g.Expires.UTC().Format(time.RFC3339)),
			"to give it another end: crosstrail share grant --expires, and else what it was given with", "to take it away: crosstrail share revoke "+g.ID)
	case f.Role != nil && len(f.Role.Inline)+len(f.Role.Attached) == 0:
		return hinted(fmt.Errorf("grant %s gives nothing yet: its role has no permissions, as a run of share grant that broke off leaves it", g.ID), repair)
	}
	return nil
}

// changedText tells of policies that are not as the grant has them.
func changedText(f *share.Found, s *share.Surroundings) string {
	documents, err := f.Should(s)
	if err != nil {
		return ""
	}
	var what []string
	for _, d := range documents {
		if d.Kind != share.ReaderDocument && !policy.Equal(d.Before, d.After) {
			what = append(what, documentTitle(d))
		}
	}
	if len(what) == 0 {
		return ""
	}
	return "not all of it is as it was granted (" + strings.Join(what, ", ") + "), so what is written down may not work"
}

func endsText(ends time.Time) string {
	if ends.IsZero() {
		return ""
	}
	return "; the last one ends at " + ends.UTC().Format(time.RFC3339)
}

// letter is a handover as text.
type letter struct {
	strings.Builder
	h *share.Handover
	g *share.Grant
}

func printHandover(w io.Writer, h *share.Handover) error {
	l := &letter{h: h, g: h.Grant}
	l.facts()
	l.ownPolicy()
	if l.g.Means == share.Role {
		l.profile()
	}
	l.read()
	l.expect()
	_, err := io.WriteString(w, l.String())
	return err
}

// line writes text of which the parts that AWS told are escaped.
func (l *letter) line(format string, args ...any) {
	fmt.Fprintln(l, render.Text(fmt.Sprintf(format, args...)))
}

// block is what is copied as it stands.
func (l *letter) block(lines ...string) {
	l.line("")
	for _, text := range lines {
		l.line("    %s", text)
	}
	l.line("")
}

func (l *letter) profileName() string { return "crosstrail-" + l.g.ID }

// facts are what there is, a line each.
func (l *letter) facts() {
	g, h := l.g, l.h
	l.line("# CloudTrail log files of account %s, for %s", h.Owner, g.To)
	l.line("")
	l.line("- Grant: %s, by %s", g.ID, map[share.Means]string{share.Role: "a role that you assume", share.BucketPolicy: "the bucket's policy, with your own credentials"}[g.Means])
	if g.Means == share.Role {
		l.line("- Role: %s", g.RoleARN())
	}
	l.line("- Bucket: %s, in %s", g.Bucket, h.Region)
	for _, folder := range h.Folders {
		l.line("- Folder: s3://%s/%s", g.Bucket, folder)
	}
	if h.EachItsOwn {
		l.line("  (each account reads its own alone: put in your account's id)")
	}
	if days := daysText(g); days != "" {
		l.line("- Days of delivery: %s", days)
	}
	l.line("- KMS key: %s", orElse(strings.Join(h.Keys, ", "), "none that you need a permission for"))
	if g.Means == share.Role {
		l.line("- External id: %s", yesNo(g.ExternalID != "", "wanted, the one that you gave", "none"))
		l.line("- Session name: %s", l.sessionText())
		l.line("- A session lasts: %s at most, and can be had again", number(h.Seconds/60, "minute"))
	}
	l.line("- MFA: %s", yesNo(g.MFA, "wanted: without it you are refused", "not wanted"))
	l.line("- End: %s", orElse(momentText(g.Expires), "none is set"))
	l.line("")
}

func momentText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func daysText(g *share.Grant) string {
	var parts []string
	if !g.Since.IsZero() {
		parts = append(parts, "from "+g.Since.String())
	}
	if !g.Until.IsZero() {
		parts = append(parts, "until "+g.Until.String())
	}
	return strings.Join(parts, " ")
}

func orElse(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

func yesNo(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// ownPolicy is what the reader's administrator does first.
func (l *letter) ownPolicy() {
	l.line("## 1. Let a user or role of yours use it")
	l.line("")
	l.line("Your own account has to allow it too. Save this as reader.json; it is all that is needed.")
	l.block(strings.Split(l.h.Policy.Indented(), "\n")...)
	switch kind, name := l.holder(); {
	case name == yourUser && l.g.MFA:
		l.line("Then attach it, to a user that has no other such grant: MFA is wanted, and who calls as a role has none to show.")
	case name == yourUser:
		l.line("Then attach it, to a user that has no other such grant: the session's name is to be a user's, which no role has.")
	case name == yourRole:
		l.line("Then attach it, to a user or role that has no other such grant:")
	default:
		l.line("Then attach it to %s/%s, whom the grant is for:", kind, name)
	}
	kind, name := l.holder()
	l.block(
		"aws iam create-policy --policy-name "+quoteShell(l.profileName())+" --policy-document file://reader.json",
		"aws iam attach-"+kind+"-policy --"+kind+"-name "+quoteShell(name)+" --policy-arn arn:"+l.g.Partition+":iam::"+l.account()+":policy/"+l.profileName(),
	)
	file := quoteShell(l.g.RoleARN())
	if l.g.Means == share.Role {
		l.line("or let crosstrail do both:")
	} else {
		file = "handover.json"
		l.line("or let crosstrail do both, with this handover as a file that programs read, which the owner has by -o json:")
	}
	l.block("crosstrail share reader-policy " + file + " --attach " + kind + "/" + quoteShell(name))
}

// Names that the reader puts in.
const yourUser, yourRole = "YOUR-USER", "YOUR-ROLE"

// holder is whom the reader's policy is attached to: whom the grant names, or
// somebody that the reader knows. MFA is of a user's own credentials: those of a
// role have none (IAM User Guide, Configuring MFA-protected API access); nor is
// there an aws:username of a role (IAM User Guide, Where you can use policy
// variables).
func (l *letter) holder() (kind, name string) {
	if kind, name, _, err := share.ParseHolder(l.g.To); err == nil {
		return kind, name
	}
	if l.g.MFA || strings.Contains(l.g.SessionName, usernameVariable) {
		return "user", yourUser
	}
	return "role", yourRole
}

// usernameVariable stands in policies for the name of the IAM user that calls.
const usernameVariable = "${aws:username}"

// session is a name that fits what the grant wants.
func (l *letter) session() string {
	name := l.g.SessionName
	if kind, user := l.holder(); kind == "user" {
		name = strings.ReplaceAll(name, usernameVariable, user)
	}
	if strings.ContainsAny(name, "*?$") {
		return "A-NAME-THAT-FITS"
	}
	return name
}

// sessionText says which names of sessions fit.
func (l *letter) sessionText() string {
	name := l.g.SessionName
	switch {
	case name == "":
		return "any"
	case name == usernameVariable:
		return "the name of the IAM user that calls, as it stands, so that the log shows who it was; any other is refused"
	case strings.Contains(name, usernameVariable):
		return name + ", where " + usernameVariable + " is the name of the IAM user that calls; any other is refused"
	case strings.ContainsAny(name, "*?"):
		return name + ", where * is any text and ? any sign; any other is refused"
	}
	return name + "; any other is refused"
}

func (l *letter) account() string {
	if parts := strings.Split(l.g.To, ":"); len(parts) == 6 {
		return parts[4]
	}
	if share.IsAccount(l.g.To) {
		return l.g.To
	}
	return share.AnyAccount
}

// profile is the block for the AWS CLI's configuration (AWS CLI User Guide, Using
// an IAM role in the AWS CLI).
func (l *letter) profile() {
	l.line("## 2. A profile for it, in ~/.aws/config")
	g := l.g
	lines := []string{"[profile " + l.profileName() + "]", "role_arn = " + g.RoleARN(), "source_profile = YOUR-PROFILE", "region = " + l.h.Region}
	if g.ExternalID != "" {
		lines = append(lines, "external_id = THE-ID-THAT-YOU-GAVE")
	}
	if g.MFA {
		lines = append(lines, "mfa_serial = arn:"+g.Partition+":iam::"+l.account()+":mfa/YOUR-DEVICE")
	}
	if g.SessionName != "" {
		lines = append(lines, "role_session_name = "+l.session())
	}
	l.block(lines...)
}

// read are the commands.
func (l *letter) read() {
	l.line("## %d. Read", map[share.Means]int{share.Role: 3, share.BucketPolicy: 2}[l.g.Means])
	// crosstrail goes into the role by itself, and asks for it anew as long as it reads.
	profile, flags := " --profile "+quoteShell(l.profileName()), " --profile YOUR-PROFILE"
	if l.g.Means == share.Role {
		flags += " --role-arn " + quoteShell(l.g.RoleARN())
		if l.g.ExternalID != "" {
			flags += " --external-id THE-ID-THAT-YOU-GAVE"
		}
		if l.g.MFA {
			flags += " --mfa-serial arn:" + l.g.Partition + ":iam::" + l.account() + ":mfa/YOUR-DEVICE"
		}
		if l.g.SessionName != "" {
			flags += " --session-name " + quoteShell(l.session())
		}
	} else {
		profile = " --profile YOUR-PROFILE"
	}
	l.line("")
	l.line("With the AWS CLI:")
	var cli, ours []string
	for _, folder := range l.h.Folders {
		at := quoteShell("s3://" + l.g.Bucket + "/" + folder)
		cli = append(cli, "aws s3 ls "+at+profile)
		cli = append(cli, "aws s3 sync "+at+" ./logs/"+quoteShell(folder)+profile)
		ours = append(ours, "crosstrail share fetch"+flags+" "+at+" ./logs/"+quoteShell(folder))
		ours = append(ours, "crosstrail ingest "+at+flags)
	}
	l.block(cli...)
	l.line("With crosstrail, which takes up where it was stopped, and ties each call to who made it:")
	l.block(ours...)
	l.line("Does all work that should, and nothing else? Send the result back to the owner:")
	selftest := "crosstrail share selftest" + flags
	for _, folder := range l.h.Folders[:min(share.MostOwn, len(l.h.Folders))] {
		selftest += " " + quoteShell("s3://"+l.g.Bucket+"/"+folder)
	}
	if l.g.Policy != "" && l.g.Policy != share.Minimal {
		selftest += " --policy " + string(l.g.Policy)
	}
	for _, d := range []struct {
		flag string
		day  share.Day
	}{{" --since ", l.g.Since}, {" --until ", l.g.Until}} {
		if !d.day.IsZero() {
			selftest += d.flag + d.day.String()
		}
	}
	selftest += " -o json > result.json"
	l.block(selftest)
}

// expect is what is refused, so that nobody takes it for a fault.
func (l *letter) expect() {
	g := l.g
	l.line("## What is refused, and should be")
	l.line("")
	if g.Policy != share.ManagedReadOnly {
		outside := "everything outside the folders above"
		if !g.Logs.All {
			outside += ", so other accounts' log files"
		}
		if g.Policy != share.Seed {
			outside += ", and the list of the whole bucket (aws s3 ls s3://" + g.Bucket + "/)"
		}
		l.line("- Reading of %s, and the list of all buckets.", outside)
		l.line("- The S3 console's way down from the top of the bucket: begin at https://%s as the role or user that may read.", consoleURL(g, l.h))
	}
	l.line("- Writing and deleting.")
	if days := daysText(g); days != "" {
		l.line("- Log files of other days than %s, though their names are listed.", days)
	}
	if !g.Expires.IsZero() {
		l.line("- Everything after %s, in live sessions too.", momentText(g.Expires))
	}
	l.line("- aws cloudtrail validate-logs: it calls more than this grant allows. What was fetched can be checked with CloudTrail's public keys, which your own account lists; for each region of the log files:")
	l.block(
		"aws cloudtrail list-public-keys --region REGION --start-time FROM --end-time UNTIL --output json >> keys.json",
		"crosstrail verify ./logs/ --public-keys keys.json",
	)
}

func consoleURL(g *share.Grant, h *share.Handover) string {
	host := map[string]string{"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}[g.Partition]
	if host == "" {
		host = "console.aws.amazon.com"
	}
	folder := ""
	if len(h.Folders) > 0 {
		folder = h.Folders[0]
	}
	return host + "/s3/buckets/" + g.Bucket + "?prefix=" + strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", " ", "%20", "#", "%23", "?", "%3F").Replace(folder)
}
