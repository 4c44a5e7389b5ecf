package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// delivering has CloudTrail deliver log files again and again, as long as a run takes.
func (d *deployed) delivering(run func() ran) ran {
	d.t.Helper()
	done := make(chan ran)
	go func() { done <- run() }()
	for {
		select {
		case r := <-done:
			return r
		case <-time.After(300 * time.Millisecond):
			d.stand.Deliver(d.t)
		}
	}
}

// test is a run of deploy test, at a pace for tests. Where both records come it ends
// then, and where they cannot come at once.
func (d *deployed) test(role, externalID string, more ...func(*deployTest)) ran {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	one := &deployTest{
		ui: newTerminal(strings.NewReader(""), &stdout, &stderr), as: "dev", role: role, externalID: externalID, timeout: time.Minute, form: "table", yes: true,
		mayAsk: func() error { return nil },
		code:   func(context.Context, string) (string, error) { return "", errors.New("no code is to be asked for") },
		pace:   pace{first: 50 * time.Millisecond, last: 300 * time.Millisecond},
	}
	one.ui.width = 160
	one.name, one.aws.o.Profile = deploy.DefaultName, "prod"
	for _, change := range more {
		change(one)
	}
	return d.delivering(func() ran {
		err := one.run(d.t.Context())
		return ran{one.ui.finish(d.t.Context(), err), stdout.String(), stderr.String()}
	})
}

// says holds a run to its exit status and to what it prints, and prints not.
func (d *deployed) says(r ran, status int, want ...string) {
	d.t.Helper()
	d.reaches(r)
	wrong := r.status != status
	for _, text := range want {
		not, has := strings.CutPrefix(text, "!")
		if strings.Contains(r.stdout+r.stderr, not) == has {
			wrong = true
			d.t.Errorf("it should say %q", text)
		}
	}
	if wrong {
		d.t.Errorf("exit status %d, want %d\n%s\n%s", r.status, status, r.stdout, r.stderr)
	}
}

const (
	eventMissing = "→ event → table: it did not arrive"
	logMissing   = "→ log file → table: it did not arrive"
)

// TestDeployed: a deployment that works is told as that, by test and by status; then one
// thing after the other is taken away, each is named, and put back.
func TestDeployed(t *testing.T) {
	d := deployedSeed(t)
	d.stand.Record(t)
	d.works()
	d.legsBroken()
	d.notAssumed()
	d.faults()
}

func (d *deployed) works() {
	d.t.Helper()
	// Who may look at little is told what it may not, and that no fault is known.
	d.profile("viewer", d.prod.User(d.t, "viewer", awstest.Allow("*", "sqs:*", "events:*", "sts:*")))
	d.says(d.run("deploy", "status", "--profile", "viewer"), exitPart, "warning: not all of the hub could be looked at", "note   function not looked at: cannot look at the function crosstrail: refused: arn:aws:iam::999999999999:user/viewer needs lambda:GetFunctionConfiguration",
		"note   stack not looked at", "note   table not looked at", "ok     queue crosstrail: ", "note   account 111111111111 not looked at", "ok     bus crosstrail", "!  fault ")
	d.says(d.test(d.role, "3414"), exitDone, "→ event → table: ", ", as an event", "→ log file → table: ", "● jsmith  IAMUser in 111111111111", "exact by access-key", "external id 3414", "s3:ListBuckets",
		"assuming arn:aws:iam::999999999999:role/CrossAccountTest once, for 15 minutes, as crosstrail-test-")
	d.says(d.run("deploy", "status", "--profile", "prod"), exitDone, "!fault", "us-east-1 not looked at: 1 came as events, 1 of them logged too; last 20")
}

// legsBroken breaks each leg, by what people and organisations do.
func (d *deployed) legsBroken() {
	d.t.Helper()
	t, dev, hub := d.t, eventbridge.NewFromConfig(d.dev.Config()), eventbridge.NewFromConfig(d.prod.Config())
	name := aws.String(deploy.DefaultName)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	_, err := dev.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: name})
	do(err)
	d.says(d.test(d.role, "3414"), exitFinding, eventMissing, "the rule crosstrail in us-east-1 of account 111111111111 is DISABLED", "do: aws events put-rule --name crosstrail --state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS --event-pattern '{", "--profile dev --region us-east-1", "!"+logMissing)
	// The other side's own log is read too: that it has the call is no event.
	shared := cloudtrail.NewFromConfig(d.dev.Config())
	trail := d.dev.Trail(t, "shared", d.logs.Name)
	d.says(d.test(d.role, "3414"), exitFinding, eventMissing, "it is in the table by a log file of account 111111111111 alone", "no event came", "● jsmith  IAMUser", "!"+logMissing)
	_, err = shared.DeleteTrail(t.Context(), &cloudtrail.DeleteTrailInput{Name: &trail})
	do(err)
	was, err := dev.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: name})
	do(err)
	_, err = dev.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, EventPattern: was.EventPattern, State: types.RuleStateEnabledWithAllCloudtrailManagementEvents})
	do(err)

	bus, err := hub.DescribeEventBus(t.Context(), &eventbridge.DescribeEventBusInput{Name: name})
	do(err)
	d.prod.BusPolicy(t, deploy.DefaultName, strings.ReplaceAll(*bus.Policy, d.dev.ID, "222222222222"))
	d.logs.Notify(t)
	d.says(d.test(d.role, "3414"), exitFinding, eventMissing, "the policy of the hub's event bus does not let account 111111111111 put events there", logMissing, "the bucket cloudtrailbucket has no notice to the queue any more")
	d.prod.BusPolicy(t, deploy.DefaultName, *bus.Policy)
	d.notified()

	table, err := dynamo.Open(t.Context(), d.prod.Config(), deployTable, dynamo.Options{Write: true})
	do(err)
	do(table.SetWatch(t.Context(), table.Watch(), &lineage.Watch{Roles: []string{"arn:aws:iam::999999999999:role/Other"}, Uses: lineage.WatchedOnly}))
	d.says(d.test(d.role, "3414"), exitFinding, eventMissing, "the watch of dynamodb://CrossAccountAuditing leaves it out (issuances of arn:aws:iam::999999999999:role/Other", logMissing, "the watch of dynamodb://CrossAccountAuditing leaves calls of the role's sessions out", "--watch-role "+d.role)
	do(table.SetWatch(t.Context(), table.Watch(), nil))

	ctl := cloudtrail.NewFromConfig(d.prod.Config())
	_, err = ctl.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: aws.String("main")})
	do(err)
	own, err := hub.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: name, EventBusName: name})
	do(err)
	changed := &eventbridge.PutRuleInput{Name: name, EventBusName: name, EventPattern: aws.String(`{"source":["aws.sso"]}`), State: own.State}
	_, err = hub.PutRule(t.Context(), changed)
	do(err)
	other := d.prod.Role(t, "Other", awstest.Trust("9999", d.dev.ID), awstest.Allow("*", "s3:ListAllMyBuckets"))
	d.says(d.test(other, "9999"), exitFinding, eventMissing, "does not take an assumption of "+other+" with the external id 9999: its pattern is", "the rule crosstrail of the hub's event bus does not take it: its pattern is {\"source\":[\"aws.sso\"]}", logMissing, "the trail main does not log")
	d.says(d.run("deploy", "status", "--profile", "prod"), exitFinding, "the rule of the bus does not take what is sent by 111111111111")
	changed.EventPattern = own.EventPattern
	_, err = hub.PutRule(t.Context(), changed)
	do(err)
	_, err = ctl.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: aws.String("main")})
	do(err)
}

// notAssumed: roles that the other side may not take, or takes with a code.
func (d *deployed) notAssumed() {
	d.t.Helper()
	d.says(d.test(d.role, "wrong"), exitFinding, "error: "+d.role+" cannot be assumed", "hint: the role wants another external id than wrong: 3414", "aws iam get-role --role-name CrossAccountTest --profile prod", "!may")
	d.refusals()

	role := d.prod.Role(d.t, "WantsMFA", strings.Replace(awstest.Trust("3414", d.dev.ID), `"StringEquals":`, `"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":`, 1), awstest.Allow("*", "s3:ListAllMyBuckets"))
	d.says(d.test(role, "3414"), exitFinding, "cannot be assumed", "hint: the role wants MFA, and none was shown: --mfa-serial", "!external id")
	device, asked := d.dev.MFA(d.t, "jsmith"), 0
	r := d.test(role, "3414", func(one *deployTest) {
		one.mfa, one.form = device.Serial, "json"
		one.code = func(context.Context, string) (string, error) { asked++; return device.Code(), nil }
	})
	d.says(r, exitDone, `"leg":"event","arrived":true,"accountId":"111111111111"`, `"leg":"log-file","arrived":true,"accountId":"999999999999"`, `"who":{"asked":"ASIA`, `"name":"jsmith"`)
	if asked != 1 {
		d.t.Errorf("the code was asked for %d times", asked)
	}
}
