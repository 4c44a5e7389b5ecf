package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
	"github.com/crosstrail/crosstrail/share/policy"
)

// sharedReading is one run of share reader-policy.
type sharedReading struct {
	ui   *terminal
	aws  awsFlags
	form formValue
	yes  bool

	target     shareTarget
	roleARN    string
	externalID bool
	attaches   []string // as given
	attach     string   // the one
	policyARN  string
	policyName string
	setDefault bool
	backTo     string

	owner string // account, as a handover says
}

func newShareReaderPolicyCommand(ui *terminal) *cobra.Command {
	r := &sharedReading{ui: ui}
	cmd := &cobra.Command{
		Use:   "reader-policy GRANT",
		Short: "the reader's side: let a user or role of yours use a grant",
		Long: `What the reading account needs beside the grant: across accounts both must allow. Of a
grant by role, that a user or role of yours may assume it; of one by bucket policy, that
it may list and read the log files. The policy is printed, as JSON; no call is made.

GRANT is the ARN of the role that its owner told you, or the file that the owner wrote
with: crosstrail share handover GRANT -o json. The owner may give the grant's id.

With --attach it is put into a customer-managed policy that is attached to a user or
role, and with --policy-arn or --policy-name into one that is there: a statement of the
same grant is replaced, all others stay. What changes is shown, and asked. A policy has
five versions at most: where there are five, the oldest that is not the default goes, and
is named first. A new version of a policy that is there is in force only with
--set-default; --back-to puts an older one in force again.

A handover may come from anybody: it is read for the role, or the bucket, keys and folders
of log files. Before it is asked whose they are is shown. A role, key or bucket of
your own account is refused, a bucket as far as S3 tells you that it is yours; so is the
replacing of a statement that is about another role or bucket.

Give each role that you are granted a user or role of its own: whose credentials are
lost then opens one bucket, not all. One that may assume other such roles is told.

The policy asks for no MFA: it is the owner's trust policy that can (grant --require-mfa).

With --new-external-id it makes an external id, and prints that alone: an owner outside
your organisation needs it to grant you anything, and gets one that nobody else gets.`,
		Example: `  # the policy, for whoever keeps your policies
  crosstrail share reader-policy arn:aws:iam::111111111111:role/crosstrail/crosstrail-222222222222-k5zq3mhn4xwa

  # make it a policy of its own, and attach that to a role
  crosstrail share reader-policy handover.json --attach role/log-reader

  # put it into a policy that is there, at once in force; and back
  crosstrail share reader-policy handover.json --policy-name log-readers --set-default
  crosstrail share reader-policy --policy-name log-readers --back-to v3

  # what an owner outside your organisation asks for, before it grants
  crosstrail share reader-policy --new-external-id`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.roleARN, "role-arn", "", "the `ARN` of the role, in the place of GRANT")
	flags.BoolVar(&r.externalID, "new-external-id", false, "make an external id to hand to the owner, and print it alone")
	flags.StringArrayVar(&r.attaches, "attach", nil, "attach the policy to `user/NAME or role/NAME` of your account")
	flags.StringVar(&r.policyARN, "policy-arn", "", "the `ARN` of a customer-managed policy to put it into")
	flags.StringVar(&r.policyName, "policy-name", "", "the `NAME` of such a policy; with --attach one of that name is made where there is none")
	flags.BoolVar(&r.setDefault, "set-default", false, "put the new version of a policy that is there in force")
	flags.StringVar(&r.backTo, "back-to", "", "put an older `VERSION` of the policy in force, as v3, and change nothing else")
	flags.BoolVar(&r.yes, "yes", false, "do it without asking")
	r.target.add(cmd)
	addForm(cmd, &r.form)
	r.aws.addCaller(cmd)
	return cmd
}

// addCaller puts the flags on a command that say who calls, but none of a role to
// assume first.
func (a *awsFlags) addCaller(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.o.Profile, "profile", "", "AWS: the `NAME` of a profile of your AWS configuration")
	flags.StringVar(&a.o.Region, "aws-region", "", "AWS: the `REGION` to call, where it is not the profile's")
	flags.StringVar(&a.o.Endpoint, "endpoint-url", "", "AWS: the `URL` to call in place of AWS's own")
}

func (r *sharedReading) run(ctx context.Context, args []string) error {
	if len(r.attaches) > 1 {
		return usage(fmt.Errorf("--attach is given %d times: a run attaches to one user or role", len(r.attaches)), "run it once for each; or put them into a group of IAM, whose policies you attach")
	}
	r.attach = strings.Join(r.attaches, "")
	if err := r.check(args); err != nil {
		return err
	}
	switch {
	case r.externalID:
		return r.newExternalID()
	case r.backTo != "":
		return r.back(ctx)
	}
	reading, to, err := r.reading(ctx, args)
	if err != nil {
		return err
	}
	if r.attach == "" && r.policyARN == "" && r.policyName == "" {
		return r.print(share.Document{Kind: share.ReaderDocument, After: reading.Document()}, nil, nil)
	}
	return r.change(ctx, reading, to)
}

// check is the command line's own sense.
func (r *sharedReading) check(args []string) error {
	named := len(args)
	if r.roleARN != "" {
		named++
	}
	inPolicy := r.policyARN != "" || r.policyName != ""
	example := "for example: crosstrail share reader-policy arn:aws:iam::111111111111:role/crosstrail/NAME"
	switch {
	case render.Form(r.form) == render.CSV:
		return usage(errors.New("a policy is no table: -o csv has no sense here"), "it is JSON as it is printed")
	case r.externalID && (named > 0 || inPolicy || r.attach != "" || r.backTo != ""):
		return usage(errors.New("--new-external-id goes alone: the id is made before there is a grant"), "hand it to the owner, who gives it to share grant --external-id")
	case r.externalID:
		return nil
	case r.policyARN != "" && r.policyName != "":
		return usage(errors.New("--policy-arn and --policy-name are two names of one policy: give one of them"))
	case r.policyARN != "":
		if m := share.PolicyARN().FindStringSubmatch(r.policyARN); m == nil {
			return usage(fmt.Errorf("--policy-arn %s: it is the ARN of a managed policy, as arn:aws:iam::222222222222:policy/log-readers", quoteShell(r.policyARN)))
		} else if m[2] == "aws" {
			return usage(fmt.Errorf("%s is AWS's: nobody else can edit it", r.policyARN), "put it into a policy of your own: --policy-name NAME --attach user/NAME")
		}
	}
	switch {
	case r.backTo != "" && !inPolicy:
		return usage(errors.New("--back-to is about a policy: which?"), "--policy-name NAME, or --policy-arn ARN")
	case r.backTo != "" && (named > 0 || r.attach != "" || r.setDefault):
		return usage(errors.New("--back-to changes nothing else: it takes no GRANT, and no --attach or --set-default"))
	case r.backTo != "":
		return nil
	case named == 0:
		return usage(errors.New("crosstrail share reader-policy needs one GRANT: the ARN of the role, or the file of the handover"), example)
	case named > 1:
		return usage(fmt.Errorf("crosstrail share reader-policy takes one GRANT, but was given %d", named), example)
	case r.setDefault && !inPolicy && r.attach == "":
		return usage(errors.New("--set-default is about the new version of a policy: which?"), "--policy-name NAME, or --policy-arn ARN")
	}
	return nil
}

// newExternalID prints an id that nobody guesses and no two owners get: for each
// customer another (IAM User Guide, The confused deputy problem).
func (r *sharedReading) newExternalID() error {
	var b [16]byte
	_, _ = rand.Read(b[:])                      // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	r.ui.say("note", "hand it to the owner of the log files, for: crosstrail share grant --external-id "+id)
	r.ui.say("note", "keep it for this owner: another one gets another. It is no secret, but the owner must not choose it")
	return r.ui.print(func(w io.Writer) error {
		if render.Form(r.form) != render.Table {
			return printOne(w, render.Form(r.form), flat{{"externalId", id}})
		}
		_, err := fmt.Fprintln(w, id)
		return err
	})
}

// reading is what the grant needs that was named, and whom it is for: "" where that
// is not told, as by the ARN of a role.
func (r *sharedReading) reading(ctx context.Context, args []string) (reading *share.Reading, to string, err error) {
	text := r.roleARN
	if len(args) > 0 {
		text = args[0]
	}
	if strings.HasPrefix(text, "arn:") {
		reading, err := share.ReadingOf(text)
		if err != nil {
			return nil, "", usage(err, "GRANT is the ARN of a role, as arn:aws:iam::111111111111:role/crosstrail/NAME, or the file of a handover")
		}
		return reading, "", nil
	}
	if reading, to, err = r.handedOver(ctx, text); err != nil || reading != nil {
		return reading, to, err
	}
	client, err := r.client(ctx)
	if err != nil {
		return nil, "", err
	}
	found, s, err := shareGrant(ctx, r.ui, client, &r.target, text)
	if err != nil {
		return nil, "", r.unknown(ctx, client, text, err)
	}
	return s.Reading(found.Grant, s.Scope(found.Grant, share.Years)), found.Grant.To, nil
}

// unknown is an error of looking for a grant by its id. Only the account that gave
// it can: whoever reads gets nowhere, and by no other bucket or region either.
func (r *sharedReading) unknown(ctx context.Context, client *iam.Client, id string, err error) error {
	const readers = "as its reader, give what you were told: the ARN of its role, or the file of the handover"
	where := "this account"
	if caller, failed := client.Caller(ctx); failed == nil {
		where = "account " + caller.Account
	}
	if e, ok := errors.AsType[*iam.Error](err); ok && e.Err == nil { // nothing refused: there is no trail
		hints := []string{readers}
		for _, h := range e.Hints {
			hints = append(hints, "as its owner: "+h)
		}
		return hinted(fmt.Errorf("%s knows of no grant %s, for an id is known to the account alone that gave it: %w", where, id, err), hints...)
	}
	err = r.explained(err)
	if f, ok := errors.AsType[*failure](err); ok && f.status != exitUsage {
		f.hints = append([]string{"an id is known to the account alone that gave it; " + readers}, f.hints...)
	}
	return err
}

// mostHandover is more than any handover is long.
const mostHandover = 1 << 20

// handedOver reads the file of a handover; nil where there is no such file. It came
// from elsewhere: of it no more is taken than the names of what is to be read, and
// for whom it is, by which it is refused.
func (r *sharedReading) handedOver(ctx context.Context, path string) (reading *share.Reading, to string, err error) {
	var in io.Reader = newStoppable(ctx, r.ui.stdin)
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, "./\\") {
			return nil, "", nil // an id
		}
		if err != nil {
			return nil, "", usage(err, "GRANT is the ARN of a role, or the file that the owner wrote with: crosstrail share handover GRANT -o json")
		}
		defer f.Close() //nolint:errcheck // only read from
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, mostHandover))
	if err != nil {
		return nil, "", err
	}
	var h struct {
		Grant struct {
			To string `json:"to"`
		} `json:"grant"`
		Owner   string         `json:"owner"`
		Reading *share.Reading `json:"reading"`
	}
	if err := json.Unmarshal(text, &h); err != nil || h.Reading == nil {
		return nil, "", usage(fmt.Errorf("%s is no handover", path), "it is written by the owner: crosstrail share handover GRANT -o json")
	}
	if err := h.Reading.Check(); err != nil {
		return nil, "", hinted(fmt.Errorf("%s is no handover that can be used: %w", path, err), "ask the owner for it anew: crosstrail share handover GRANT -o json")
	}
	if share.IsAccount(h.Owner) {
		r.owner = h.Owner
	}
	return h.Reading, h.Grant.To, nil
}

// changed is what share reader-policy prints for programs.
type changed struct {
	Documents []share.Document `json:"documents"`
	Calls     []share.Call     `json:"calls"`
	Warnings  []share.Warning  `json:"warnings"`
}

// print prints the policy, or all about it.
func (r *sharedReading) print(d share.Document, calls []share.Call, warnings []share.Warning) error {
	return r.ui.print(func(w io.Writer) error {
		if render.Form(r.form) == render.Table {
			return printPolicy(w, d.After)
		}
		return printJSON(w, changed{[]share.Document{d}, orEmpty(calls), orEmpty(warnings)})
	})
}

func printPolicy(w io.Writer, d *policy.Document) error {
	_, err := fmt.Fprintln(w, visible(d.Indented()))
	return err
}
