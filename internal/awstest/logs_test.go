package awstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// TestLogSearch: lines with any of some terms, in the case that they are in, the newest
// first if that is asked for.
func TestLogSearch(t *testing.T) {
	logs := cloudwatchlogs.NewFromConfig(stack.Start(t).Account(prod).Config())
	group, stream := aws.String("/aws/lambda/f"), aws.String("s")
	_, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group})
	must(t, err)
	_, err = logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
	must(t, err)
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream}
	now := time.Now().UnixMilli()
	for i, line := range []string{`{"level":"ERROR"}`, `{"level":"INFO"}`, "x Task timed out after 3 s", "an error timed out"} {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: &line, Timestamp: aws.Int64(now + int64(i))})
	}
	_, err = logs.PutLogEvents(t.Context(), in)
	must(t, err)
	const first, third = `{"level":"ERROR"}`, "x Task timed out after 3 s"
	for head, want := range map[bool][]string{true: {first, third}, false: {third, first}} {
		out, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: group, FilterPattern: aws.String(`?ERROR ?"Task timed out"`), StartFromHead: &head, StartTime: aws.Int64(now),
		})
		must(t, err)
		var got []string
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
		if !slices.Equal(got, want) {
			t.Errorf("from head %v: %q, want %q", head, got, want)
		}
	}
}
