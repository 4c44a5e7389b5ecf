package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// deployTest is one run of deploy test.
type deployTest struct {
	deployFlags
	ui                        *terminal
	as, role, externalID, mfa string
	timeout                   time.Duration
	form                      formValue
	code                      func(context.Context, string) (string, error) // asks for the code of an MFA device
	mayAsk                    func() error                                  // whether somebody is there who can be asked for one
	yes                       bool
	pace                      pace
}

func newDeployTestCommand(ui *terminal) *cobra.Command {
	d := &deployTest{ui: ui, code: askCode(ui), mayAsk: mayAskCode, pace: usualPace()}
	cmd := &cobra.Command{
		Use:   "test",
		Short: "assume the role as the other side does, and see both records arrive",
		Long: `Do what AWS's text ends with, for real: as the other side (--as, a profile of the spoke's
account) assume the role once, for 15 minutes, with its external id, as a session
crosstrail-test-…, whose credentials may list buckets and nothing else; list the buckets
once; and wait for both records in the table. It shows the chain, as crosstrail who does,
and how long each leg took:

  the assumption → an event → the table    within seconds
  the call → a log file → the table        within 5 minutes on average, 15 and more at worst

Where a leg does not arrive it says so, and what it sees that may be why: it looks at the
rule in the region of the STS endpoint, its target and the bus's policy, the trail, the
queue, dead letters, the function and the table's watch. Where that is certain before
anything was done, it asks first, and without a terminal or --yes it does not assume the
role; with --yes it waits no longer than makes sense.

Both calls are logged by CloudTrail in both accounts, as all are. Nothing else is left.

The exit status is 4 where the role cannot be assumed, or a leg did not or will not arrive.`,
		Example: `  crosstrail deploy test --profile prod --as dev --external-id 3414 \
    --role-arn arn:aws:iam::999999999999:role/CrossAccountTest

  # a role that wants MFA: the code is asked for
  crosstrail deploy test --profile prod --as dev --role-arn arn:aws:iam::999999999999:role/Ops \
    --mfa-serial arn:aws:iam::111111111111:mfa/jsmith`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.Var(said(&d.as), "as", "the `PROFILE` of the other side: who assumes the role")
	flags.Var(said(&d.role), "role-arn", "the `ARN` of the role")
	flags.Var(said(&d.externalID), "external-id", "the external `ID` that it wants to see")
	flags.Var(said(&d.mfa), "mfa-serial", "the `ARN` of the other side's MFA device, where the role wants MFA; the code is asked for")
	flags.DurationVar(&d.timeout, "timeout", 20*time.Minute, "how `LONG` to wait for the records, as 30m")
	flags.BoolVar(&d.yes, "yes", false, "go on without asking where a record will not arrive")
	addForm(cmd, &d.form)
	d.addName(cmd)
	d.addAWS(cmd)
	return cmd
}

func (d *deployTest) check() (deploy.Name, error) {
	const example = "crosstrail deploy test --profile prod --as dev --role-arn arn:aws:iam::999999999999:role/CrossAccountTest --external-id 3414"
	switch {
	case d.as == "":
		return "", usage(errors.New("deploy test: as whom is the role to be assumed? --as PROFILE, of the spoke's account"), "for example: "+example)
	case d.role == "":
		return "", usage(errors.New("deploy test: which role is to be assumed? --role-arn ARN"), "for example: "+example)
	case d.timeout <= 0:
		return "", usage(errors.New("--timeout is how long to wait: more than nothing"))
	}
	if d.mfa != "" {
		if err := d.mayAsk(); err != nil {
			return "", usage(fmt.Errorf("deploy test: the code of the MFA device: %w", err), "a profile whose keys are those of a session with MFA needs no --mfa-serial: --as")
		}
	}
	// The same words as where a role is taken to read.
	as := d.otherSide("")
	if err := as.check(); err != nil {
		return "", err
	}
	return d.deployment()
}

// otherSide is who assumes the role.
func (d *deployTest) otherSide(session string) *awsFlags {
	a := d.other(d.as)
	a.o.RoleARN, a.o.ExternalID, a.o.MFASerial, a.o.SessionName = d.role, d.externalID, d.mfa, session
	return a
}

func (d *deployTest) run(ctx context.Context) error {
	name, err := d.check()
	if err != nil {
		return err
	}
	hubConfig, err := d.config(ctx, d.ui)
	if err != nil {
		return err
	}
	other := d.other(d.as)
	asConfig, err := other.config(ctx, d.ui, "")
	if err != nil {
		return err
	}
	trial := &trial{d: d, name: name, hub: hubConfig, as: asConfig, since: time.Now().Add(-time.Hour)}
	if err := trial.look(ctx); err != nil {
		return err
	}
	if trial.table, err = d.aws.table(ctx, d.ui, trial.seen.table(), dynamo.Options{}); err != nil {
		return err
	}
	if trial.table.Foreign() {
		return hinted(fmt.Errorf("%s is as AWS's text makes it, without the indexes that this needs", trial.table), "to add them: crosstrail ingest "+quoteShell(trial.table.String())+" --store "+quoteShell(trial.table.String())+d.aws.flag())
	}
	if err := trial.act(ctx); err != nil {
		return err
	}
	if err := trial.wait(ctx); err != nil {
		return err
	}
	return trial.end(ctx)
}

// trial is one test that runs.
type trial struct {
	d       *deployTest
	name    deploy.Name
	hub, as aws.Config
	since   time.Time
	table   *table

	seen  *hubLook   // the hub, as it was looked at last
	spoke *spokeLook // the other side's account, in the region where STS is called

	session, key      string // its name, and the access key that was issued
	issued, used      time.Time
	refused           string // what listing the buckets was refused with; "" it was let
	event, use        leg
	logged            leg // the assumption, where a log file of the other side's has it, and no message
	who               *query.WhoAnswer
	written           *site.Written // whether calls come into the hub's bucket; nil: not looked at
	pattern           []cause       // what the rule's pattern leaves out
	blind             error         // the last look failed, or reading the table did: what is known is from before
	asAccount, asName string
}

// look looks at both sides.
func (t *trial) look(ctx context.Context) error {
	hub, err := lookAtHub(ctx, site.New(t.hub), cfn.New(t.hub), t.name, t.since)
	if err != nil {
		return unlooked(&t.d.aws, err)
	}
	if hub.nothing() {
		return hub.missing(t.d.flag())
	}
	if hub.table() == "" {
		return hinted(errors.New("which table the hub writes to is not known: its function tells, and "+orElse(hub.unseen["function"], "is not there")), "what is there: crosstrail deploy status"+t.d.flag())
	}
	there := site.New(t.as)
	who, err := there.Caller(ctx)
	if err != nil {
		return unlooked(t.d.other(t.d.as), err)
	}
	t.seen, t.asAccount, t.asName = hub, who.Account, who.ARN
	t.spoke = &spokeLook{caller: who, as: t.d.other(t.d.as), regions: map[string]*regionLook{t.as.Region: lookAtRegion(ctx, there, t.name, t.as.Region, t.since)}}
	t.pattern = t.patternCauses(ctx)
	if bucket := hub.bucket(); bucket != "" {
		t.written, _ = site.New(t.hub).WrittenInto(ctx, t.hub.Region, bucket) // who may not look is told nothing
	}
	return ctx.Err()
}

// lookAgain looks, and keeps what was seen where that fails.
func (t *trial) lookAgain(ctx context.Context) error {
	if err := t.look(ctx); err != nil {
		t.blind = err
	}
	return ctx.Err()
}

// act makes the session and the call.
func (t *trial) act(ctx context.Context) error {
	t.session = sessionOfTest()
	if err := t.sensible(ctx); err != nil {
		return err
	}
	fmt.Fprintln(t.d.ui.stderr, render.Text(fmt.Sprintf("as %s: assuming %s once, for 15 minutes, as %s, and listing buckets once; both are logged, nothing else is left", t.asName, t.d.role, t.session)))
	credentials, err := t.assume(ctx)
	if err != nil {
		return err
	}
	t.used = time.Now()
	return t.list(ctx, credentials)
}

// regionText is where the role is assumed, in words.
func (t *trial) regionText() string { return t.as.Region + " of account " + t.asAccount }

// roleAccount is the account that the role is of.
func (t *trial) roleAccount() string { return strings.Split(t.d.role, ":")[4] }
