package awstest_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// assume is what AWS answers to AssumeRole.
func assume(t *testing.T, caller aws.Config, arn string, options ...func(*sts.AssumeRoleInput)) string {
	t.Helper()
	input := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("session")}
	for _, option := range options {
		option(input)
	}
	_, err := sts.NewFromConfig(caller).AssumeRole(t.Context(), input)
	return code(err)
}

func externalID(id string) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.ExternalId = &id }
}

func seconds(n int32) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &n }
}

func sessionName(name string) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.RoleSessionName = &name }
}

type (
	assumer   struct{ account, policy string }
	assumable struct{ account, trust string }
)

func whoMayAssume() (users map[string]assumer, roles map[string]assumable) {
	const kim, nobody = "arn:aws:iam::" + dev + ":user/kim", "arn:aws:iam::" + dev + ":user/nobody"
	users = map[string]assumer{
		"kim":       {dev, awstest.Allow("*", "sts:AssumeRole")},
		"lee":       {dev, awstest.Allow("*", "sts:AssumeRole")},
		"nobody":    {dev, ""},
		"denied":    {dev, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}]}`},
		"elsewhere": {dev, awstest.Allow("arn:aws:iam::"+prod+":role/Other", "sts:AssumeRole")},
		"third":     {third, awstest.Allow("*", "*")},
	}
	roles = map[string]assumable{
		"Open":  {prod, awstest.Trust("", dev)},
		"Ext":   {prod, awstest.Trust("3414", dev)},
		"Named": {prod, awstest.Trust("", kim)},
		"Star": {prod, fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"aws:PrincipalAccount":%q}}}]}`, dev)},
		"Less": {prod, fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"},
			{"Effect":"Deny","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}]}`, dev, kim)},
		"Service":   {prod, `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`},
		"Here":      {dev, awstest.Trust("", dev)},
		"HereNamed": {dev, awstest.Trust("", nobody)},
		"Long":      {prod, awstest.Trust("", dev)},
		"Path":      {prod, awstest.Trust("", dev)},
	}
	return users, roles
}

// TestWhoMayAssume holds the stand-in to the IAM User Guide, call by call, and to
// iam-simulate.
func TestWhoMayAssume(t *testing.T) {
	stand := stack.Start(t)
	users, roles := whoMayAssume()
	options := map[string]func(*iam.CreateRoleInput){
		"Long": func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(7200) },
		"Path": func(in *iam.CreateRoleInput) { in.Path = aws.String("/a/b/") },
	}
	callers := map[string]aws.Config{}
	for name, u := range users {
		callers[name] = stand.Account(u.account).User(t, name, u.policy)
	}
	arns := map[string]string{"Missing": "arn:aws:iam::" + prod + ":role/Missing", "NoPath": "arn:aws:iam::" + prod + ":role/Path"}
	for name, r := range roles {
		option := options[name]
		if option == nil {
			option = func(*iam.CreateRoleInput) {}
		}
		arns[name] = stand.Account(r.account).Role(t, name, r.trust, "", option)
	}
	var oracle awstest.Simulator
	const ok, denied, invalid = "ok", "AccessDenied", "ValidationError"
	for _, c := range []struct {
		caller, role, want string
		options            []func(*sts.AssumeRoleInput)
	}{
		{"kim", "Open", ok, nil},
		{"nobody", "Open", denied, nil},
		{"denied", "Open", denied, nil},
		{"elsewhere", "Open", denied, nil},
		{"third", "Open", denied, nil},
		{"kim", "Ext", ok, []func(*sts.AssumeRoleInput){externalID("3414")}},
		{"kim", "Ext", denied, []func(*sts.AssumeRoleInput){externalID("3415")}},
		{"kim", "Ext", denied, nil},
		{"kim", "Named", ok, nil},
		{"lee", "Named", denied, nil},
		{"kim", "Star", ok, nil},
		{"third", "Star", denied, nil},
		{"kim", "Less", denied, nil},
		{"lee", "Less", ok, nil},
		{"kim", "Service", denied, nil},
		{"kim", "Missing", denied, nil},
		{"kim", "Path", ok, nil},
		{"kim", "NoPath", denied, nil},
		{"kim", "Here", ok, nil},
		{"nobody", "Here", denied, nil},
		{"nobody", "HereNamed", ok, nil},
		{"kim", "Open", ok, []func(*sts.AssumeRoleInput){seconds(900)}},
		{"kim", "Open", invalid, []func(*sts.AssumeRoleInput){seconds(899)}},
		{"kim", "Open", invalid, []func(*sts.AssumeRoleInput){seconds(3601)}},
		{"third", "Open", denied, []func(*sts.AssumeRoleInput){seconds(3601)}},
		{"kim", "Long", ok, []func(*sts.AssumeRoleInput){seconds(7200)}},
		{"kim", "Long", invalid, []func(*sts.AssumeRoleInput){seconds(7201)}},
		{"kim", "Open", invalid, []func(*sts.AssumeRoleInput){sessionName("a b")}},
		{"kim", "Open", invalid, []func(*sts.AssumeRoleInput){sessionName("a")}},
	} {
		if got := assume(t, callers[c.caller], arns[c.role], c.options...); got != c.want {
			t.Errorf("%s takes %s (%d options): %s, not %s", c.caller, c.role, len(c.options), got, c.want)
		}
		if c.want == invalid || roles[c.role].trust == "" {
			continue // no question of policies
		}
		if got := judge(t, &oracle, c.caller, users[c.caller], arns[c.role], roles[c.role], c.options); (got == awstest.Allowed) != (c.want == ok) {
			t.Errorf("%s takes %s: %s by iam-simulate, %s here", c.caller, c.role, got, c.want)
		}
	}
}

// judge asks iam-simulate.
func judge(t *testing.T, oracle *awstest.Simulator, name string, u assumer, arn string, r assumable, options []func(*sts.AssumeRoleInput)) string {
	t.Helper()
	q := awstest.Question{
		Principal: "arn:aws:iam::" + u.account + ":user/" + name, Action: "sts:AssumeRole", Resource: arn, Account: r.account,
		ResourcePolicy: r.trust, Context: map[string]any{"aws:PrincipalAccount": u.account},
	}
	if u.policy != "" {
		q.Identity = []string{u.policy}
	}
	var input sts.AssumeRoleInput
	for _, option := range options {
		option(&input)
	}
	if input.ExternalId != nil {
		q.Context["sts:ExternalId"] = *input.ExternalId
	}
	return oracle.Judge(t, q)
}
