package site

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/deploy"
)

// Bucket is a bucket that is changed: only if it is its owner's that is meant.
type Bucket struct {
	Name, Region string
	Owner        string // its account; "": not looked at
}

func (b Bucket) owner() *string {
	if b.Owner == "" {
		return nil
	}
	return &b.Owner
}

// readNotifications reads a bucket's configuration, and what of it the SDK has no
// field for: that is dropped without a word otherwise.
func (s *Site) readNotifications(ctx context.Context, b Bucket) (deploy.Notifications, error) {
	var unknown []string
	var misread error
	out, err := s.s3(b.Region).GetBucketNotificationConfiguration(ctx,
		&s3.GetBucketNotificationConfigurationInput{Bucket: &b.Name, ExpectedBucketOwner: b.owner()},
		func(o *s3.Options) {
			o.APIOptions = append(o.APIOptions, seeing(true, func(body []byte) { unknown, misread = strangers(body) }))
		})
	if err != nil {
		return deploy.Notifications{}, err
	}
	if misread != nil {
		return deploy.Notifications{}, misread
	}
	n := ofS3(out)
	n.Unknown = unknown
	return n, nil
}

// Notifications are what a bucket tells, and whom, wherever it lies.
func (s *Site) Notifications(ctx context.Context, bucket string) (*deploy.Notifications, error) {
	region, err := s.regionOf(ctx, bucket)
	if err != nil {
		return nil, err
	}
	n, err := s.readNotifications(ctx, Bucket{Name: bucket, Region: region})
	if err != nil {
		return nil, s.explain(ctx, err, "read the notifications of the bucket "+bucket, "s3:GetBucketNotification", s.bucketARN(bucket))
	}
	return &n, nil
}

// mostNotifications is how large an answer is read: a bucket has 100 rules at most,
// each with two filters of 1,024 characters (S3 User Guide).
const mostNotifications = 4 << 20

// seeing shows the body of an answer as it came, a good one or one that refuses.
func seeing(good bool, see func([]byte)) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("crosstrail/seeing",
			func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
				out, metadata, err := next.HandleDeserialize(ctx, in)
				answer, ok := out.RawResponse.(*smithyhttp.Response)
				if err != nil || !ok || good != (answer.StatusCode/100 == 2) {
					return out, metadata, err
				}
				body, err := io.ReadAll(io.LimitReader(answer.Body, mostNotifications+1))
				_ = answer.Body.Close()
				if err == nil && len(body) > mostNotifications {
					err = errors.New("the answer does not end")
				}
				answer.Body = io.NopCloser(bytes.NewReader(body))
				see(body)
				return out, metadata, err
			}), middleware.After)
	}
}

// The elements of a configuration that the SDK reads, and puts again (S3 API Reference,
// GetBucketNotificationConfiguration, Response Syntax).
var known = func() map[string]bool {
	all := map[string]bool{"": true, "/EventBridgeConfiguration": true}
	for kind, to := range map[string]string{"TopicConfiguration": "Topic", "QueueConfiguration": "Queue", "CloudFunctionConfiguration": "CloudFunction"} {
		for _, below := range []string{"", "/Id", "/" + to, "/Event", "/Filter", "/Filter/S3Key", "/Filter/S3Key/FilterRule", "/Filter/S3Key/FilterRule/Name", "/Filter/S3Key/FilterRule/Value"} {
			all["/"+kind+below] = true
		}
	}
	return all
}()

// strangers are the elements of a configuration that are not known, by path.
func strangers(body []byte) ([]string, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	var at, all []string
	for in := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			slices.Sort(all)
			return slices.Compact(all), nil
		}
		if err != nil {
			return nil, fmt.Errorf("S3's answer is no XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			at = append(at, t.Name.Local)
			if path := strings.Join(at[1:], "/"); len(at) > 1 && !known["/"+path] {
				all = append(all, path)
			}
		case xml.EndElement:
			at = at[:len(at)-1]
		}
	}
}

// ofS3 is what the SDK read, in the order of S3's kinds.
func ofS3(out *s3.GetBucketNotificationConfigurationOutput) deploy.Notifications {
	n := deploy.Notifications{EventBridge: out.EventBridgeConfiguration != nil}
	add := func(kind deploy.Destination, id, to *string, events []types.Event, filter *types.NotificationConfigurationFilter) {
		one := deploy.Notification{ID: aws.ToString(id), Kind: kind, To: aws.ToString(to)}
		for _, e := range events {
			one.Events = append(one.Events, string(e))
		}
		if filter != nil {
			one.Filter = []deploy.Filter{}
			if filter.Key != nil {
				for _, r := range filter.Key.FilterRules {
					one.Filter = append(one.Filter, deploy.Filter{Name: string(r.Name), Value: aws.ToString(r.Value)})
				}
			}
		}
		n.All = append(n.All, one)
	}
	for _, q := range out.QueueConfigurations {
		add(deploy.ToQueue, q.Id, q.QueueArn, q.Events, q.Filter)
	}
	for _, t := range out.TopicConfigurations {
		add(deploy.ToTopic, t.Id, t.TopicArn, t.Events, t.Filter)
	}
	for _, f := range out.LambdaFunctionConfigurations {
		add(deploy.ToFunction, f.Id, f.LambdaFunctionArn, f.Events, f.Filter)
	}
	return n
}

// forS3 is what is put.
func forS3(n deploy.Notifications) *types.NotificationConfiguration {
	out := new(types.NotificationConfiguration)
	if n.EventBridge {
		out.EventBridgeConfiguration = new(types.EventBridgeConfiguration)
	}
	for _, one := range n.All {
		var events []types.Event
		for _, e := range one.Events {
			events = append(events, types.Event(e))
		}
		id, to, filter := &one.ID, &one.To, filterFor(one.Filter)
		switch one.Kind {
		case deploy.ToQueue:
			out.QueueConfigurations = append(out.QueueConfigurations, types.QueueConfiguration{Id: id, QueueArn: to, Events: events, Filter: filter})
		case deploy.ToTopic:
			out.TopicConfigurations = append(out.TopicConfigurations, types.TopicConfiguration{Id: id, TopicArn: to, Events: events, Filter: filter})
		case deploy.ToFunction:
			out.LambdaFunctionConfigurations = append(out.LambdaFunctionConfigurations, types.LambdaFunctionConfiguration{Id: id, LambdaFunctionArn: to, Events: events, Filter: filter})
		}
	}
	return out
}

func filterFor(rules []deploy.Filter) *types.NotificationConfigurationFilter {
	if rules == nil {
		return nil
	}
	key := new(types.S3KeyFilter)
	for _, r := range rules {
		key.FilterRules = append(key.FilterRules, types.FilterRule{Name: types.FilterRuleName(r.Name), Value: aws.String(r.Value)})
	}
	return &types.NotificationConfigurationFilter{Key: key}
}
