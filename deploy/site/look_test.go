package site_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestRegions: those that are enabled, and no guess where they are not told.
func TestRegions(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	account.Regions(t, "us-east-1", "eu-west-1", "af-south-1")
	may := deploy.Permissions(deploy.WorkLook)
	all, err := operator(t, account, "operator", may...).Regions(t.Context())
	var on []string
	for _, r := range all {
		if r.Enabled {
			on = append(on, r.Name)
		}
	}
	if err != nil || strings.Join(on, " ") != "af-south-1 eu-west-1 us-east-1" || len(all) < 20 {
		t.Errorf("%s, %+v, %v", on, all, err)
	}
	if all, err := operator(t, account, "blind", without(may, "account:ListRegions")...).Regions(t.Context()); !told(err, " needs account:ListRegions", "--region REGION") || all != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestHear: in which regions EventBridge gets what a trail logs.
func TestHear(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	account.Bucket(t, bucket)
	regions := []string{"us-east-1", "eu-west-1"}
	may := deploy.Permissions(deploy.WorkLook)
	s := operator(t, account, "operator", may...)
	hears := func(s *site.Site) (all [2]site.Hears) {
		t.Helper()
		got, err := s.Hear(t.Context(), regions)
		if err != nil || len(got) != 2 || got[0].Region != "us-east-1" || got[1].Region != "eu-west-1" {
			t.Fatalf("%+v, %v", got, err)
		}
		return [2]site.Hears(got)
	}
	if got := hears(s); got[0].Trail != "" || !got[0].Sure || got[0].Why != "no trail logs there" {
		t.Errorf("no trail: %+v", got)
	}
	one := account.Trail(t, "one", bucket, func(in *cloudtrail.CreateTrailInput) { in.IsMultiRegionTrail = aws.Bool(false) })
	if got := hears(s); got[0].Trail != one || got[1].Trail != "" {
		t.Errorf("a trail of one region: %+v", got)
	}
	api := cloudtrail.NewFromConfig(account.Config())
	choose := func(how types.ReadWriteType) {
		t.Helper()
		if _, err := api.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{TrailName: &one, EventSelectors: []types.EventSelector{{IncludeManagementEvents: aws.Bool(true), ReadWriteType: how}}}); err != nil {
			t.Fatal(err)
		}
	}
	choose(types.ReadWriteTypeWriteOnly)
	if got := hears(s); got[0].Trail != "" || !strings.Contains(got[0].Why, "leaves out management events that read") {
		t.Errorf("one that writes alone: %+v", got)
	}
	choose(types.ReadWriteTypeAll)
	if got := hears(operator(t, account, "no-selectors", without(may, "cloudtrail:GetEventSelectors")...)); got[0].Trail != "" || got[0].Sure || !strings.Contains(got[0].Why, " needs cloudtrail:GetEventSelectors") {
		t.Errorf("not told what it logs: %+v", got)
	}
	if got := hears(operator(t, account, "no-status", without(may, "cloudtrail:GetTrailStatus")...)); got[0].Sure || !strings.Contains(got[0].Why, " needs cloudtrail:GetTrailStatus") {
		t.Errorf("not told whether it logs: %+v", got)
	}
	if got := hears(operator(t, account, "no-trails", without(may, "cloudtrail:DescribeTrails")...)); got[1].Sure || !strings.Contains(got[1].Why, " needs cloudtrail:DescribeTrails") {
		t.Errorf("not told of trails: %+v", got)
	}
	if _, err := api.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: &one}); err != nil {
		t.Fatal(err)
	}
	if got := hears(s); got[0].Trail != "" || !strings.Contains(got[0].Why, "start-logging --name "+one) {
		t.Errorf("one that does not log: %+v", got)
	}
	all := account.Trail(t, "all", bucket)
	if got := hears(s); got[0].Trail != all || got[1].Trail != all || !got[1].Sure {
		t.Errorf("one of every region: %+v", got)
	}
}

// TestSelectors: what trails log by selectors of either form.
func TestSelectors(t *testing.T) {
	field := func(name string, values ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	advanced := func(fields ...types.AdvancedFieldSelector) *cloudtrail.GetEventSelectorsOutput {
		return &cloudtrail.GetEventSelectorsOutput{AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: fields}}}
	}
	for name, c := range map[string]struct {
		out  *cloudtrail.GetEventSelectorsOutput
		want bool
	}{
		"none":       {&cloudtrail.GetEventSelectorsOutput{}, true},
		"management": {advanced(field("eventCategory", "Management")), true},
		"reading":    {advanced(field("eventCategory", "Management"), field("readOnly", "true")), true},
		"writing":    {advanced(field("eventCategory", "Management"), field("readOnly", "false")), false},
		"data":       {advanced(field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")), false},
		"no management": {&cloudtrail.GetEventSelectorsOutput{EventSelectors: []types.EventSelector{
			{IncludeManagementEvents: aws.Bool(false), ReadWriteType: types.ReadWriteTypeAll},
		}}, false},
	} {
		if site.Reads(c.out) != c.want {
			t.Errorf("%s: not %v", name, c.want)
		}
	}
}

// TestOrganization: a member, the management account, and an account of none.
func TestOrganization(t *testing.T) {
	stand := stack.Start(t)
	if o, err := open(stand.Account(hub).Config()).Organization(t.Context()); err != nil || o != nil {
		t.Errorf("of none: %+v, %v", o, err)
	}
	id := stand.Account(third).Organization(t, "management", map[string]string{hub: "member"})
	may := deploy.Permissions(deploy.WorkLook)
	for account, unread := range map[string]bool{third: false, hub: true} {
		o, err := operator(t, stand.Account(account), "operator", may...).Organization(t.Context())
		if err != nil || o.ID != id || o.Management != third || o.Delegated || (o.Unread != "") != unread {
			t.Errorf("%s: %+v, %v", account, o, err)
		}
	}
	if _, err := operator(t, stand.Account(hub), "blind", without(may, "organizations:DescribeOrganization")...).Organization(t.Context()); !told(err, " needs organizations:DescribeOrganization") {
		t.Error(err)
	}
	o, err := operator(t, stand.Account(third), "half", without(may, "organizations:ListDelegatedAdministrators")...).Organization(t.Context())
	if err != nil || o.Management != third {
		t.Errorf("the management account needs nobody's leave: %+v, %v", o, err)
	}
	lists := operator(t, stand.Account(third), "lister", "organizations:DescribeOrganization", "organizations:ListAccounts")
	if got, err := lists.Members(t.Context(), []string{"o-another123", id}); err != nil || len(got) != 2 || !got[hub] || !got[third] {
		t.Errorf("members %v, %v", got, err)
	}
	if got, err := lists.Members(t.Context(), []string{"o-another123"}); err == nil {
		t.Errorf("of another organisation: %v", got)
	}
	if got, err := operator(t, stand.Account(third), "lists-not", may...).Members(t.Context(), []string{id}); !told(err, " needs organizations:ListAccounts") {
		t.Errorf("without leave: %v, %v", got, err)
	}
}

// newer answers as an S3 that knows more than the SDK.
type newer struct{ aws.HTTPClient }

func (n newer) Do(r *http.Request) (*http.Response, error) {
	answer, err := n.HTTPClient.Do(r)
	if err != nil || r.Method != http.MethodGet || !r.URL.Query().Has("notification") {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	body = bytes.Replace(body, []byte("</NotificationConfiguration>"), []byte("<StreamConfiguration><Stream>s</Stream></StreamConfiguration></NotificationConfiguration>"), 1)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, err
}

// TestUnknownKind: what the SDK would drop keeps us from writing.
func TestUnknownKind(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(hub)
	b := account.Bucket(t, bucket)
	_, ours := ready(t, account, "crosstrail", "AWSLogs/")
	replaced(t, b, rules(ours))
	cfg := account.Config()
	cfg.HTTPClient = newer{cfg.HTTPClient}
	s, at := open(cfg), site.Bucket{Name: bucket, Region: awstest.Region, Owner: hub}
	_, second := ready(t, account, "second", "org/")
	if c, err := s.Notify(t.Context(), at, second); !told(err, "StreamConfiguration, StreamConfiguration/Stream") || c.Changed {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := s.Unnotify(t.Context(), at, ours); !told(err, "StreamConfiguration") || c.Changed {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := s.NotifyEventBridge(t.Context(), at); !told(err, "StreamConfiguration") || c.Changed {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := s.Notify(t.Context(), at, ours); err != nil || c.Changed {
		t.Errorf("ours is there: %+v, %v", c, err)
	}
	f, err := s.LogsOf(t.Context(), site.Ask{Bucket: bucket})
	if err != nil || !slices.Contains(f.Notifications.Unknown, "StreamConfiguration") {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := s.Tried(t.Context(), f); err != nil || stand.Requests(t)["s3:PutBucketNotification"] != 1 {
		t.Errorf("something was put: %v, %v", err, stand.Requests(t))
	}
}

// TestLeaves: a key's policy may name services as their partition calls them.
func TestLeaves(t *testing.T) {
	for partition, suffix := range map[string]string{"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"} {
		f := &site.Found{Caller: site.Caller{Account: hub, Partition: partition}, KeyOwner: hub, Key: "arn:" + partition + ":kms:r:" + hub + ":key/k", BucketRegion: "r"}
		with := func(suffix string) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:` + partition + `:iam::` + hub + `:root"},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.r.` + suffix + `"}}}]}`
		}
		if lets, why := site.Leaves(with(suffix), f); !lets {
			t.Errorf("%s: %s", partition, why)
		}
		if lets, _ := site.Leaves(with("example.com"), f); lets {
			t.Errorf("%s: by a service that is not there", partition)
		}
	}
}

// TestAtOnce: a site that several use.
func TestAtOnce(t *testing.T) {
	s := open(stack.Start(t).Account(hub).Config())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			me, err := s.Caller(t.Context())
			got, hears := s.Hear(t.Context(), []string{"us-east-1", "eu-west-1", "eu-north-1"})
			if err != nil || me.Account != hub || hears != nil || len(got) != 3 || got[2].Region != "eu-north-1" {
				t.Errorf("%+v, %v; %+v, %v", me, err, got, hears)
			}
		})
	}
	all.Wait()
}

// TestSubscribedTo: the hub's subscription to another account's topic is the hub's own,
// and in the topic's region.
func TestSubscribedTo(t *testing.T) {
	to := stack.Start(t)
	account, spoke := to.Account(hub), to.Account(other)
	q := account.Queue(t, "crosstrail")
	topic := spoke.Topic(t, "crosstrail")
	topic.Policy(t, awstest.AllowAccount(hub, topic.ARN, "sns:Subscribe"))
	if is, err := open(account.Config()).SubscribedTo(t.Context(), topic.ARN, q.ARN); is != site.NotSubscribed || err != nil {
		t.Errorf("before: %s, %v", is, err)
	}
	if _, err := sns.NewFromConfig(account.Config()).Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic.ARN, Protocol: aws.String("sqs"), Endpoint: &q.ARN}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]site.Subscription{hub: site.Subscribed, other: site.NotSubscribed} {
		if is, err := open(to.Account(name).Config()).SubscribedTo(t.Context(), topic.ARN, q.ARN); is != want || err != nil {
			t.Errorf("asked by %s: %s, %v", name, is, err)
		}
	}
}
