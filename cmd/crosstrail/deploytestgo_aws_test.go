package main

import (
	"errors"
	"strings"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// refusals: what refused is read in the role's trust policy, with the owner's profile; it
// is guessed where that may not be read.
func (d *deployed) refusals() {
	d.t.Helper()
	const anyOf = "*"
	gone := strings.Replace(d.role, "CrossAccountTest", "Gone", 1)
	d.says(d.test(gone, "3414"), exitFinding, "hint: there is no role Gone in account 999999999999", "crosstrail deploy up role Gone --to 111111111111 --profile prod", "!may")
	other := d.prod.Role(d.t, "ForOthers", awstest.Trust("3414", "222222222222"), awstest.Allow(anyOf, "s3:ListAllMyBuckets"))
	d.says(d.test(other, "3414"), exitFinding, "does not name arn:aws:iam::111111111111:user/jsmith: it trusts", "222222222222", "crosstrail deploy up role ForOthers --to 111111111111 --profile prod")
	d.profile("kim", d.dev.User(d.t, "kim", awstest.Allow(anyOf, "events:*", "cloudtrail:*", "cloudwatch:*", "sts:GetCallerIdentity")))
	d.says(d.test(d.role, "3414", func(one *deployTest) { one.as = "kim" }), exitFinding, "hint: AWS says that it is this: arn:aws:iam::111111111111:user/kim needs sts:AssumeRole on "+d.role,
		"crosstrail share reader-policy --profile kim "+d.role+" --attach user/kim", "!the external id", "!MFA")
	d.profile("blind", d.prod.User(d.t, "blind", awstest.Allow(anyOf, "sqs:*", "events:*", "sts:*", "lambda:*", "dynamodb:*", "cloudformation:*", "logs:*", "s3:*", "cloudwatch:*", "cloudtrail:*", "sns:*")))
	d.says(d.test(d.role, "wrong", func(one *deployTest) { one.aws.o.Profile = "blind" }), exitFinding, "cannot be assumed", "hint: the external id may be another: ask the role's owner, account 999999999999", "hint: the role may want MFA")
	// What will not arrive is not tried where nobody can be asked.
	wary := func(form formValue) func(*deployTest) {
		return func(one *deployTest) { one.yes, one.form = false, form }
	}
	d.says(d.test(d.role, "wrong", wary("table")), exitFinding, "LEGS "+d.role+" was not assumed", "fault  AssumeRole by 111111111111, us-east-1 → event → table: it will not arrive",
		"         ! the rule crosstrail in us-east-1 of account", "do: ", "note   ListBuckets in 999999999999, us-east-1 → log file → table: not tried",
		"error: the role was not assumed: a record would not arrive", "hint: set that right first; to go on all the same, without being asked: --yes", "!assuming")
	d.says(d.test(d.role, "wrong", wary("json")), exitFinding, `"certain":true`, `"arrived":false`, "!accessKeyId", "was not assumed", "!assuming")
	// Nobody who can be asked for a code: nothing is begun.
	d.says(d.test(d.role, "3414", func(one *deployTest) {
		one.mfa = "arn:aws:iam::111111111111:mfa/jsmith"
		one.mayAsk = func() error { return errors.New("on a terminal alone") }
	}), exitUsage, "error: deploy test: the code of the MFA device: on a terminal alone", "!assuming")
}
