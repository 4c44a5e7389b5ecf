package site

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Metric is one of CloudWatch's.
type Metric struct {
	Namespace, Name string
	Dimensions      [][2]string
	Newest          bool // its largest value of the last quarter of an hour, and not the sum since
}

// Of a queue, a function and a table (SQS Developer Guide, "Available CloudWatch metrics";
// Lambda Developer Guide, "Types of metrics"; DynamoDB Developer Guide, "DynamoDB metrics
// and dimensions"), and of a rule of the default bus (EventBridge User Guide, "Monitoring
// Amazon EventBridge").

// OldestMessage is the age in seconds of the oldest message of a queue.
func OldestMessage(queue string) Metric {
	return Metric{"AWS/SQS", "ApproximateAgeOfOldestMessage", [][2]string{{"QueueName", queue}}, true}
}

// FunctionErrors counts the calls of a function that ended in an error.
func FunctionErrors(function string) Metric {
	return Metric{"AWS/Lambda", "Errors", [][2]string{{"FunctionName", function}}, false}
}

// FunctionThrottles counts those that were not let run.
func FunctionThrottles(function string) Metric {
	return Metric{"AWS/Lambda", "Throttles", [][2]string{{"FunctionName", function}}, false}
}

// WriteThrottles counts the writes that a table had no capacity for.
func WriteThrottles(table string) Metric {
	return Metric{"AWS/DynamoDB", "WriteThrottleEvents", [][2]string{{"TableName", table}}, false}
}

// RuleFailures counts the events that a rule could not deliver.
func RuleFailures(rule string) Metric {
	return Metric{"AWS/Events", "FailedInvocations", [][2]string{{"RuleName", rule}}, false}
}

// Measure asks for metrics since a time, in one region ("" is the caller's): a value for
// each that has one, by its place.
func (s *Site) Measure(ctx context.Context, region string, since time.Time, metrics ...Metric) (map[int]float64, error) {
	now := time.Now()
	in := &cloudwatch.GetMetricDataInput{StartTime: &since, EndTime: &now, ScanBy: types.ScanByTimestampDescending}
	for i, m := range metrics {
		one := &types.MetricStat{Metric: &types.Metric{Namespace: &m.Namespace, MetricName: &m.Name}, Period: aws.Int32(300), Stat: aws.String("Sum")}
		if m.Newest {
			one.Stat = aws.String("Maximum")
		}
		for _, d := range m.Dimensions {
			one.Metric.Dimensions = append(one.Metric.Dimensions, types.Dimension{Name: &d[0], Value: &d[1]})
		}
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: aws.String("m" + strconv.Itoa(i)), MetricStat: one})
	}
	values := map[int]float64{}
	pages := cloudwatch.NewGetMetricDataPaginator(cloudwatch.NewFromConfig(s.in(region)), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return values, s.explain(ctx, err, "read the metrics", "cloudwatch:GetMetricData", "*")
		}
		for i := range page.MetricDataResults {
			r := &page.MetricDataResults[i]
			at, err := strconv.Atoi(strings.TrimPrefix(aws.ToString(r.Id), "m"))
			if err != nil || at < 0 || at >= len(metrics) {
				continue
			}
			for n, v := range r.Values {
				switch {
				case !metrics[at].Newest:
					values[at] += v
				case n < len(r.Timestamps) && now.Sub(r.Timestamps[n]) < 15*time.Minute:
					values[at] = max(values[at], v)
				}
			}
		}
	}
	return values, nil
}

// Alarm is one of CloudWatch's.
type Alarm struct {
	Name, Description, State, Reason string
	Since                            time.Time
}

// Alarms are those of these names that are there.
func (s *Site) Alarms(ctx context.Context, names ...string) ([]Alarm, error) {
	var all []Alarm
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(s.cfg), &cloudwatch.DescribeAlarmsInput{AlarmNames: names})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, s.explain(ctx, err, "look at the alarms", "cloudwatch:DescribeAlarms", "*")
		}
		for i := range page.MetricAlarms {
			a := &page.MetricAlarms[i]
			all = append(all, Alarm{
				aws.ToString(a.AlarmName), aws.ToString(a.AlarmDescription), string(a.StateValue), aws.ToString(a.StateReason), aws.ToTime(a.StateUpdatedTimestamp).UTC(),
			})
		}
	}
	return all, nil
}
