package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// shareVerification is one run of share verify.
type shareVerification struct {
	ui     *terminal
	target shareTarget
	aws    awsFlags
	form   formValue

	as     string // the profile of the reader's side
	device string // its MFA device
	result string // a file that share selftest wrote
}

const shareVerifyLong = `Judge grants on paper and, with --as or --result, by trying.

On paper: every document of a grant is held to what the grant says, statement by
statement. What lets more happen than was meant is named with the statement at fault, and
so is what keeps the reader from what was meant. A condition that cannot be judged is
taken to let everybody pass. Where no GRANT is named, all grants on the bucket are judged,
and what else lets somebody read it: the rest of its policy, its ACL, its access points,
its keys. Where one is named it alone is judged: run it without GRANT to see what is wrong
with the bucket. IAM Access Analyzer is asked too, where it can be.

For real: --as is a profile of your AWS configuration that is of the reader's side. With
it is tried what must work, and what must not: another account's files, the whole bucket,
writing, deleting, no external id, a wrong one, no MFA. Where you have no such profile,
the reader runs crosstrail share selftest -o json, and you hand its file to --result: it is
told as what the reader says, and only as that. A result that does not have all tries of
the grant, or is older than its role or than a week, proves nothing. No try can change anything in the bucket,
even where it is allowed: what is written is announced with a wrong hash, and what is
deleted is a file that is not there.

A finding is a fault or a note. The exit status is 4 where there is a fault, or a try came
out otherwise than it should; 3 where a try proved nothing or was not done.`

func newShareVerifyCommand(ui *terminal) *cobra.Command {
	v := &shareVerification{ui: ui}
	cmd := &cobra.Command{
		Use:   "verify [GRANT...]",
		Short: "do grants let happen what was meant, and nothing else?",
		Long:  shareVerifyLong,
		Example: `  # every grant on the trail's bucket, on paper
  crosstrail share verify

  # one, tried by a profile of the reader's side
  crosstrail share verify k5zq3mhn4xwa --as acme-reader

  # one, tried by the reader itself
  crosstrail share verify k5zq3mhn4xwa --result selftest.json

  # for a script
  crosstrail share verify -o jsonl | jq 'select(.level=="fault")'`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return v.run(cmd.Context(), args, time.Now()) },
	}
	v.target.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&v.as, "as", "", "try the grant as this `PROFILE` of your AWS configuration, one of the reader's side")
	flags.StringVar(&v.device, "as-mfa-serial", "", "with --as: the `ARN` of its MFA device; the code is asked for")
	flags.StringVar(&v.result, "result", "", "a `FILE` that the reader made: crosstrail share selftest -o json")
	must(cmd.MarkFlagFilename("result", "json"))
	addForm(cmd, &v.form)
	v.aws.add(cmd)
	return cmd
}

// judgedGrant is a grant and what there is to say of it.
type judgedGrant struct {
	found    *share.Found
	s        *share.Surroundings
	findings []share.Finding
	tries    []share.Tried
	by       string // who tried
	seen     bool   // here, and not told by the reader
	open     bool   // what was to be proved was not, or only in part
}

func (v *shareVerification) run(ctx context.Context, args []string, now time.Time) error {
	switch {
	case v.as != "" && v.result != "":
		return usage(errors.New("--as and --result are two ways to try: give one of them"))
	case v.device != "" && v.as == "":
		return usage(errors.New("--as-mfa-serial is the device of the profile that --as names: it says nothing without"))
	case v.device != "" && !mfaSerial().MatchString(v.device):
		return usage(fmt.Errorf("--as-mfa-serial %s: AWS takes no such value", quoteShell(v.device)))
	}
	var result *share.Result
	if v.result != "" {
		var err error
		if result, err = v.readResult(ctx); err != nil {
			return err
		}
	}
	cfg, err := v.aws.config(ctx, v.ui, "")
	if err != nil {
		return err
	}
	client := iam.Open(cfg)
	grants, beside, err := v.grants(ctx, client, args)
	if err != nil {
		return explainedShare(&v.aws, err)
	}
	for _, g := range grants {
		g.findings = share.Findings(g.s, g.found, now)
	}
	if beside, err = v.validated(ctx, client, grants, beside); err != nil {
		return err
	}
	switch {
	case v.as != "":
		err = v.tryAs(ctx, client, grants, now)
	case result != nil:
		err = v.held(grants, result, now)
	}
	if err != nil {
		return err
	}
	if v.as != "" || result != nil {
		for _, g := range grants {
			g.open = g.open || !proved(v.ui, "grant "+g.found.Grant.ID+": ", g.tries) || g.tries == nil && len(args) > 0
		}
	}
	if err := v.print(grants, beside); err != nil {
		return err
	}
	return verdictOf(grants, beside)
}

// grants are those that were named, or all on the bucket and what is beside them.
func (v *shareVerification) grants(ctx context.Context, client *iam.Client, args []string) (out []*judgedGrant, beside []share.Finding, err error) {
	for _, arg := range args {
		found, s, err := shareGrant(ctx, v.ui, client, &v.target, arg)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, &judgedGrant{found: found, s: s})
	}
	if len(args) > 0 {
		return out, nil, nil
	}
	s, err := v.target.observe(ctx, v.ui, client)
	if err != nil {
		return nil, nil, err
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := share.Grants(s, roles)
	if len(all) == 0 {
		v.ui.say("note", "there are no grants on the bucket "+s.Bucket.Name+v.otherwise())
	}
	for _, found := range all {
		out = append(out, &judgedGrant{found: found, s: s})
	}
	return out, share.BucketFindings(s, all), nil
}

// otherwise is for who meant another bucket.
func (v *shareVerification) otherwise() string {
	if v.target != (shareTarget{}) {
		return ""
	}
	return "; of another bucket: --trail or --bucket"
}

// validated adds what Access Analyzer finds; that it was not asked, once.
func (v *shareVerification) validated(ctx context.Context, client *iam.Client, grants []*judgedGrant, beside []share.Finding) ([]share.Finding, error) {
	for _, g := range grants {
		all, err := client.Validate(ctx, g.found.Written(g.s))
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			if f.Code == "not-validated" {
				return append(beside, f), nil
			}
			f.Grant = g.found.Grant.ID
			g.findings = append(g.findings, f)
		}
	}
	return beside, nil
}

// readResult reads what a reader handed back.
func (v *shareVerification) readResult(ctx context.Context) (*share.Result, error) {
	var in io.Reader = newStoppable(ctx, v.ui.stdin)
	if v.result != "-" {
		f, err := os.Open(v.result)
		if err != nil {
			return nil, usage(err, "the reader makes it: crosstrail share selftest … -o json > FILE")
		}
		defer f.Close() //nolint:errcheck // only read from
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, share.MostResult+1))
	if err != nil {
		return nil, err
	}
	r, err := share.ReadResult(text)
	if err != nil {
		return nil, hinted(fmt.Errorf("%s: %w", v.result, err), "the reader makes it: crosstrail share selftest … -o json > FILE")
	}
	return r, nil
}

// held holds a result to the grant that it is of.
func (v *shareVerification) held(grants []*judgedGrant, r *share.Result, now time.Time) error {
	var refused error
	some := false
	for _, g := range grants {
		of := g.found.Grant
		if g.found.Stray {
			continue
		}
		tries, err := of.Held(r, of.Ground(g.s, r.Account), now)
		if err != nil {
			refused = err
			continue
		}
		g.tries, g.by, some = tries, r.Caller+" at "+r.Time.UTC().Format(time.RFC3339), true
		if why := g.found.Stale(r, now); why != "" {
			g.open = true
			v.ui.warn("grant %s: the result proves nothing of it as it is now: %s", of.ID, why)
		}
		break
	}
	if some {
		return nil
	}
	if refused == nil {
		refused = errors.New("there are no grants")
	}
	return hinted(fmt.Errorf("the result is of none of these grants: %w", refused), "which there are: crosstrail share list")
}

// tryAs tries the grants of the account that the profile is of.
func (v *shareVerification) tryAs(ctx context.Context, owners *iam.Client, grants []*judgedGrant, now time.Time) error {
	o := awscfg.Options{Profile: v.as, Region: v.aws.o.Region, Endpoint: v.aws.o.Endpoint, MFASerial: v.device}
	reader, account, arn, err := openReader(ctx, v.ui, o)
	if err != nil {
		return err
	}
	some := false
	var others []*share.Grant
	for _, g := range grants {
		of := g.found.Grant
		if g.found.Stray {
			continue
		}
		if !of.For(account) {
			others = append(others, of)
			continue
		}
		some = true
		ground := of.Ground(g.s, account)
		if key := owners.Beyond(ctx, of.Bucket, of.Region, ground.Other); key != "" {
			ground.OtherKey, ground.MadeUp = key, ""
		}
		reader.ExternalID, reader.SessionName, reader.Region = of.ExternalID, of.Session(arn), of.Region
		fmt.Fprintln(v.ui.stderr, render.Text("trying grant "+of.ID+" as "+arn+" …"))
		g.tries, g.by, g.seen = reader.Try(ctx, of.Bucket, ground, share.Tries(of, ground, now), nil), arn, true
		if of.MFA && v.device == "" {
			v.ui.say("hint", "grant "+of.ID+" asks for MFA: --as-mfa-serial, the ARN of the device of "+arn)
		}
	}
	if !some {
		return hinted(fmt.Errorf("the profile %s is of account %s, which none of these grants is for", v.as, account), "--as is a profile of the reader's side", "which grants there are: crosstrail share list"+v.target.flag())
	}
	for _, of := range others {
		fmt.Fprintln(v.ui.stderr, render.Text("grant "+of.ID+" not tried: it is for "+of.To+", and "+v.as+" is of account "+account))
	}
	return nil
}
