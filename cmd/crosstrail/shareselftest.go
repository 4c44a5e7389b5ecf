package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// selftest is one run of share selftest.
type selftest struct {
	ui       *terminal
	aws      awsFlags
	form     formValue
	breadth  string
	otherKey string
	since    string
	until    string
	days     [2]share.Day
}

func newShareSelftestCommand(ui *terminal) *cobra.Command {
	s := &selftest{ui: ui}
	cmd := &cobra.Command{
		Use:   "selftest SOURCE...",
		Short: "try what somebody shares with you: what must work, and what must not",
		Long: `Try what somebody shares with you. SOURCE is the folder that you were given,
s3://BUCKET/PREFIX, as the owner's handover has it (all of them, where there are several);
--role-arn the role, where there is one; --external-id, --mfa-serial and --session-name
what it wants to see, and then it is tried without them, too. What must work is tried,
and what must not: listing and reading what is not yours, writing, deleting, assuming the
role without its external id, with another, without MFA.
Nothing in the bucket can change by it, even where it is allowed: what is written is
announced with a wrong hash, and what is deleted is a file that is not there.

The owner cannot do this from its own account. Hand it the result: -o json prints what
crosstrail share verify --result wants. No credentials are in it.

The exit status is 4 where something came out otherwise than it should for a grant of
this kind, 3 where something proved nothing or could not be tried.`,
		Example: `  # a role that wants an external id
  crosstrail share selftest s3://acme-trail/AWSLogs/222222222222/ \
    --role-arn arn:aws:iam::999999999999:role/crosstrail/crosstrail-222222222222-k5zq3mhn4xwa \
    --external-id 3414

  # a bucket whose policy lets you read; and the result for the owner
  crosstrail share selftest s3://acme-trail/AWSLogs/222222222222/ -o json > selftest.json`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:        someArguments("SOURCE", "crosstrail share selftest s3://acme-trail/AWSLogs/222222222222/"),
		RunE:        func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), args, time.Now()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.breadth, "policy", string(share.Minimal), "how much the role is to lay open: minimal, seed, managed-read-only")
	flags.StringVar(&s.since, "since", "", "the first `DATE` that you may read, where the grant is of some days")
	flags.StringVar(&s.until, "until", "", "the last `DATE`")
	flags.StringVar(&s.otherKey, "other-key", "", "the `KEY` of a file in the bucket that is not yours, if the owner told you one")
	must(cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(breadthWords(), cobra.ShellCompDirectiveNoFileComp)))
	addForm(cmd, &s.form)
	s.aws.add(cmd)
	return cmd
}

// openReader is who tries: with and, where a device is named, without MFA.
func openReader(ctx context.Context, ui *terminal, o awscfg.Options) (r *iam.Reader, account, arn string, err error) {
	flags := awsFlags{o: o}
	o.RoleARN = ""
	if o.Code == nil {
		o.Code = askCode(ui)
	}
	device := o.MFASerial
	o.MFASerial = ""
	r = &iam.Reader{}
	if r.Plain, err = awscfg.Load(ctx, o); err != nil {
		return nil, "", "", hinted(err, "which profiles there are: aws configure list-profiles")
	}
	if device != "" {
		o.MFASerial, o.RoleARN = device, "its session" // a code is shown only where a role follows
		shown, err := awscfg.Load(ctx, o)
		if err != nil {
			return nil, "", "", err
		}
		r.Shown = &shown
	}
	first := r.Plain
	if r.Shown != nil {
		first = *r.Shown
	}
	if account, arn, err = iam.Whoami(ctx, first); err != nil {
		return nil, "", "", flags.explained(err)
	}
	return r, account, arn, nil
}

// folders are the bucket and the prefixes in it that sources name.
func folders(sources []string) (name string, prefixes []string, err error) {
	for _, source := range sources {
		in, prefix, err := bucket.Split(source)
		switch {
		case err != nil:
			return "", nil, unopened(err, source)
		case name != "" && in != name:
			return "", nil, usage(fmt.Errorf("%s and %s are two buckets: run it once for each", name, in))
		}
		name, prefixes = in, append(prefixes, prefix)
	}
	return name, prefixes, nil
}

func (s *selftest) run(ctx context.Context, sources []string, now time.Time) error {
	name, prefixes, err := folders(sources)
	if err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	reader, account, arn, err := openReader(ctx, s.ui, s.aws.o)
	if err != nil {
		return err
	}
	reader.ExternalID, reader.SessionName, reader.Payer = s.aws.o.ExternalID, s.aws.o.SessionName, types.RequestPayer(s.aws.payer)
	g := &share.Grant{To: account, Means: share.BucketPolicy, Bucket: name, MFA: s.aws.o.MFASerial != ""}
	if s.aws.o.RoleARN != "" {
		g.Means, g.Policy, g.ExternalID, g.SessionName = share.Role, share.Breadth(s.breadth), s.aws.o.ExternalID, s.aws.o.SessionName
	}
	ground := share.GroundAt(s.aws.o.RoleARN, prefixes, s.days[0], s.days[1])
	if s.otherKey != "" {
		ground.OtherKey, ground.MadeUp = s.otherKey, ""
	}
	fmt.Fprintln(s.ui.stderr, render.Text("trying as "+arn+" …"))
	tries := reader.Try(ctx, name, ground, share.Tries(g, ground, now), nil)
	if err := ctx.Err(); err != nil {
		return err
	}
	result := share.Result{Crosstrail: share.ResultForm, Time: now.UTC().Truncate(time.Second), Caller: arn, Account: account, RoleARN: s.aws.o.RoleARN, Bucket: name, Tries: tries}
	if err := s.print(g, &result); err != nil {
		return err
	}
	whole := proved(s.ui, "", tries)
	switch {
	case slices.ContainsFunc(tries, share.Tried.Differs):
		return silent(exitFinding)
	case !whole:
		return silent(exitPart)
	}
	return nil
}

// causes are why a try of a reader was refused: for a role those that every command
// has, for it does not know what the grant wants to see.
func (s *selftest) causes(g *share.Grant) func(share.Tried) []string {
	return func(t share.Tried) []string {
		all := g.Causes(t)
		switch {
		case !t.Differs() || t.Got != share.Refused:
		case t.Call == "sts:AssumeRole":
			return s.aws.o.AssumeHints(t.Message)
		case g.Means == share.BucketPolicy && s.aws.o.MFASerial == "" && len(all) > 1: // AWS does not tell which
			all = append(all, "the owner may have asked for MFA: --mfa-serial, the ARN of your device")
		}
		return all
	}
}

func (s *selftest) check() (err error) {
	for i, text := range []string{s.since, s.until} {
		if text == "" {
			continue
		}
		if s.days[i], err = share.ParseDay(text); err != nil {
			return usage(fmt.Errorf("--since and --until are dates, as 2026-01-31: %s is none", quoteShell(text)))
		}
	}
	switch {
	case !slices.Contains(breadthWords(), s.breadth):
		return usage(fmt.Errorf("--policy %s: it is one of %s", quoteShell(s.breadth), join(breadthWords())))
	case s.breadth != string(share.Minimal) && s.aws.o.RoleARN == "":
		return usage(errors.New("--policy is of a role: it says nothing without --role-arn"))
	}
	if device := s.aws.o.MFASerial; device != "" && s.aws.o.RoleARN == "" { // a bucket's policy may want MFA too
		if !mfaSerial().MatchString(device) {
			return usage(fmt.Errorf("--mfa-serial %s: AWS takes no such value", quoteShell(device)))
		}
		s.aws.o.MFASerial = ""
		defer func() { s.aws.o.MFASerial = device }()
	}
	return s.aws.check()
}

func (s *selftest) print(g *share.Grant, r *share.Result) error {
	return s.ui.print(func(w io.Writer) error {
		switch form := render.Form(s.form); form {
		case render.Table:
			told{w, s.ui.columns()}.tries(r.Tries, s.causes(g))
			return nil
		case render.JSON:
			return printJSON(w, r)
		default:
			list := []flat{}
			for _, t := range r.Tries {
				list = append(list, tryRow("", t, s.causes(g)(t), r.Caller, true))
			}
			return printList(w, form, findingRow(share.Finding{}), list)
		}
	})
}
