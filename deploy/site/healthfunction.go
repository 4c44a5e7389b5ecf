package site

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Function is the hub's function.
type Function struct {
	Name, ARN, Role    string
	State, StateReason string // Active, Pending, Inactive or Failed
	LastUpdate         string // Successful, Failed or InProgress
	LastUpdateReason   string
	Store, From        string // what its environment says: dynamodb://TABLE, s3://bucket/prefix
	Off                bool   // no call of it is let run: its reserved concurrency is zero
	Sources            []EventSource
}

// EventSource is how Lambda takes messages for the function.
type EventSource struct {
	ARN, State, Last string // of the queue; Enabled, Disabled, …; what the last look came to
	Partial          bool   // the function may name the messages that failed; else they are lost
}

// Function looks at a function of the caller's account and region; nil where there is
// none.
func (s *Site) Function(ctx context.Context, name string) (*Function, error) {
	client := lambda.NewFromConfig(s.cfg)
	const doing = "look at the function "
	out, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(ctx, err, doing+name, "lambda:GetFunctionConfiguration", name)
	}
	f := &Function{
		Name: name, ARN: aws.ToString(out.FunctionArn), Role: aws.ToString(out.Role), State: string(out.State), StateReason: aws.ToString(out.StateReason),
		LastUpdate: string(out.LastUpdateStatus), LastUpdateReason: aws.ToString(out.LastUpdateStatusReason),
	}
	if out.Environment != nil {
		f.Store, f.From = out.Environment.Variables["CROSSTRAIL_STORE"], out.Environment.Variables["CROSSTRAIL_FROM"]
	}
	if c, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &name}); err == nil {
		f.Off = c.ReservedConcurrentExecutions != nil && *c.ReservedConcurrentExecutions == 0
	}
	pages := lambda.NewListEventSourceMappingsPaginator(client, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return f, s.explain(ctx, err, "look at what the function "+name+" is called with", "lambda:ListEventSourceMappings", "*")
		}
		for i := range page.EventSourceMappings {
			m := &page.EventSourceMappings[i]
			e := EventSource{ARN: aws.ToString(m.EventSourceArn), State: aws.ToString(m.State), Last: aws.ToString(m.LastProcessingResult)}
			for _, kind := range m.FunctionResponseTypes {
				e.Partial = e.Partial || kind == "ReportBatchItemFailures"
			}
			f.Sources = append(f.Sources, e)
		}
	}
	return f, nil
}

// LogLine is a line that a function printed, or Lambda about it.
type LogLine struct {
	Time time.Time
	Text string
}

// failures are the lines that tell of one, in any words (CloudWatch Logs User Guide,
// "Filter pattern syntax": a question mark before each of several terms): the function's
// own, and those that Lambda prints where the function could not.
const failures = `?ERROR ?"Task timed out" ?"Runtime exited" ?"Runtime.ExitError"`

// mostLogPages is how many pages of a log are looked through.
const mostLogPages = 20

// FailureLines are the last lines of a log since a time that tell of a failure, the
// newest last; none where the log is not there. CloudWatch Logs hands out the newest
// first, so that of a busy log it is the older ones that are left out.
func (s *Site) FailureLines(ctx context.Context, group string, since time.Time, most int) ([]LogLine, error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.cfg), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, FilterPattern: aws.String(failures), StartTime: aws.Int64(since.UnixMilli()), StartFromHead: aws.Bool(false),
	})
	var lines []LogLine
	for n := 0; pages.HasMorePages() && n < mostLogPages && len(lines) < most; n++ {
		page, err := pages.NextPage(ctx)
		if isMissing(err) {
			return nil, nil
		}
		if err != nil {
			return lines, s.explain(ctx, err, "read the log "+group, "logs:FilterLogEvents", group)
		}
		for i := range page.Events {
			e := &page.Events[i]
			lines = append(lines, LogLine{time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), strings.TrimSpace(aws.ToString(e.Message))})
		}
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Text, b.Text)) })
	lines = slices.CompactFunc(lines, func(a, b LogLine) bool { return a == b })
	return lines[max(0, len(lines)-most):], nil
}
