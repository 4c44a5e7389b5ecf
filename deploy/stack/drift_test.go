package stack_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// What was changed by hand of a hub is seen, told, and put back; else nothing is.
func TestPutBack(t *testing.T) {
	account := cloud.Start(t).Account("600000000001")
	program := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(program, []byte("nothing calls it"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, err := awstest.Zip(program)
	if err != nil {
		t.Fatal(err)
	}
	account.Bucket(t, "drift-code").Put(t, awstest.Object{Key: "f.zip", Body: code})
	hub := &deploy.Hub{
		Name: "drifts", Table: "Drifts", MakeTable: true, Senders: deploy.Senders{Accounts: []string{"600000000002"}},
		Code: deploy.Code{Bucket: "drift-code", Key: "f.zip", Architecture: "arm64"},
	}
	st := stack.Stack{Name: hub.Name.HubStack(), Template: hub.Template(), Tags: map[string]string{stack.Tag: "drifts"}, Capabilities: []string{"CAPABILITY_IAM"}}
	c := client(account.Config())
	up(t, c, st)
	same := func() {
		t.Helper()
		p, err := c.Plan(t.Context(), st)
		if err != nil || p.Kind != stack.Unchanged {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	same()

	events, functions := eventbridge.NewFromConfig(account.Config()), lambda.NewFromConfig(account.Config())
	bus := "drifts"
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(events.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: &bus, EventBusName: &bus}))
	must(events.RemovePermission(t.Context(), &eventbridge.RemovePermissionInput{EventBusName: &bus, RemoveAllPermissions: true}))
	must(functions.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &bus, Environment: &lambdatypes.Environment{Variables: map[string]string{"CROSSTRAIL_STORE": "dynamodb://Another"}}, MemorySize: aws.Int32(128),
	}))
	must(functions.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: source(t.Context(), functions, bus), Enabled: aws.Bool(false)}))

	p, _, _ := up(t, c, st)
	for _, id := range []string{"Rule", "BusPolicyAccounts", "Function", "EventSource"} {
		if i := slices.IndexFunc(p.Changes, func(ch stack.Change) bool { return ch.LogicalID == id }); i < 0 || !p.Changes[i].Drifted {
			t.Errorf("%s is not put back: %+v", id, p.Changes)
		} else if id == "Function" && !slices.Contains(p.Changes[i].Properties, stack.Property{Name: "MemorySize", Before: "128", After: "512"}) {
			t.Errorf("what differs: %+v", p.Changes[i])
		}
	}
	same()
	rule, err := events.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: &bus, EventBusName: &bus})
	if err != nil || rule.State != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" {
		t.Errorf("the rule: %+v, %v", rule, err)
	}
	if b, err := events.DescribeEventBus(t.Context(), &eventbridge.DescribeEventBusInput{Name: &bus}); err != nil || aws.ToString(b.Policy) == "" {
		t.Errorf("the bus: %+v, %v", b, err)
	}
	f, err := functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &bus})
	if err != nil || f.Environment.Variables["CROSSTRAIL_STORE"] != "dynamodb://Drifts" || aws.ToInt32(f.MemorySize) != 512 {
		t.Errorf("the function: %+v, %v", f, err)
	}
	m, err := functions.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: source(t.Context(), functions, bus)})
	if err != nil || aws.ToString(m.State) != "Enabled" {
		t.Errorf("the event source: %+v, %v", m, err)
	}
}

func source(ctx context.Context, functions *lambda.Client, name string) *string {
	all, err := functions.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
	if err != nil || len(all.EventSourceMappings) != 1 {
		return nil
	}
	return all.EventSourceMappings[0].UUID
}

// Where CloudFormation knows no drift-aware change sets, plain ones do.
func TestNoDriftMode(t *testing.T) {
	cfg := cloud.Start(t).Account("600000000003").Config()
	refused := 0
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("old", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if asked, ok := in.Parameters.(*cloudformation.CreateChangeSetInput); ok && asked.DeploymentMode != "" {
				refused++
				return middleware.InitializeOutput{}, middleware.Metadata{}, &smithy.GenericAPIError{Code: "ValidationError", Message: "DeploymentMode is not supported"}
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	c := client(cfg)
	role := deploy.Role{Name: "Old", To: "111111111111"}
	st := stack.Stack{Name: "old-role-Old", Template: role.Template(), Tags: map[string]string{stack.Tag: "old"}, Capabilities: []string{"CAPABILITY_NAMED_IAM"}}
	up(t, c, st)
	role.ExternalID = "3414"
	st.Template = role.Template()
	up(t, c, st)
	if p, err := c.Plan(t.Context(), st); err != nil || p.Kind != stack.Unchanged || refused != 2 {
		t.Errorf("%+v, %v, refused %d times", p, err, refused)
	}
}
