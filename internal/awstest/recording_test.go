package awstest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// record is what the test looks at.
type record struct {
	EventName, RecipientAccountID, ErrorCode, SharedEventID string
	UserIdentity                                            struct {
		Type, ARN, AccountID, AccessKeyID, UserName string
		SessionContext                              struct{ SessionIssuer struct{ ARN string } }
	}
	ResponseElements struct{ Credentials struct{ AccessKeyID string } }
}

// recorded is the account's history by an attribute, newest first.
func recorded(t *testing.T, cfg aws.Config, key types.LookupAttributeKey, value string) (list []record) {
	t.Helper()
	out, err := cloudtrail.NewFromConfig(cfg).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{LookupAttributes: with(key, value)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range out.Events {
		var r record
		if err := json.Unmarshal([]byte(*e.CloudTrailEvent), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// TestRecording: a role of another account is assumed and used, and both accounts'
// histories and log files have it.
func TestRecording(t *testing.T) {
	stand := stack.Start(t)
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "sts:AssumeRole"))
	role := stand.Account(prod).Role(t, "Admin", awstest.Trust("", dev), awstest.Allow("*", "s3:ListAllMyBuckets"))
	organization := stand.Account(prod).Organization(t, "management", map[string]string{dev: "development"})
	stand.Account(prod).Bucket(t, "trail-bucket")
	trail(t, stand.Account(prod).Config(), &cloudtrail.CreateTrailInput{Name: aws.String("main"), S3BucketName: aws.String("trail-bucket"), S3KeyPrefix: aws.String("here")})
	trail(t, stand.Account(prod).Config(), &cloudtrail.CreateTrailInput{Name: aws.String("all"), S3BucketName: aws.String("trail-bucket"), IsOrganizationTrail: aws.Bool(true)})

	stand.Record(t)
	session := stand.Assume(t, kim, role)
	keys, err := session.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s3.NewFromConfig(session).ListBuckets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err = s3.NewFromConfig(session).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("another")})
	if code(err) != "AccessDenied" {
		t.Fatal(err)
	}

	callers := recorded(t, stand.Account(dev).Config(), types.LookupAttributeKeyResourceName, keys.AccessKeyID)
	if len(callers) != 1 || callers[0].UserIdentity.UserName != "kim" || callers[0].ResponseElements.Credentials.AccessKeyID != keys.AccessKeyID {
		t.Errorf("the caller's record of the issuance: %+v", callers)
	}
	owners := recorded(t, stand.Account(prod).Config(), types.LookupAttributeKeyResourceName, keys.AccessKeyID)
	if len(owners) != 1 || owners[0].UserIdentity.Type != "AWSAccount" || owners[0].UserIdentity.AccountID != dev || owners[0].SharedEventID != callers[0].SharedEventID {
		t.Errorf("the role's owner's: %+v", owners)
	}
	uses := recorded(t, stand.Account(prod).Config(), types.LookupAttributeKeyAccessKeyId, keys.AccessKeyID)
	names := map[string]string{}
	for _, r := range uses {
		names[r.EventName] = r.ErrorCode
		if r.UserIdentity.SessionContext.SessionIssuer.ARN != role || !strings.HasSuffix(r.UserIdentity.ARN, ":assumed-role/Admin/awstest") {
			t.Errorf("a use by %+v", r.UserIdentity)
		}
	}
	if diff := cmp.Diff(map[string]string{"ListBuckets": "", "CreateBucket": "AccessDenied"}, names); diff != "" {
		t.Errorf("uses: %s", diff)
	}

	written := stand.Deliver(t)
	for _, want := range []struct{ prefix, account string }{
		{"here/AWSLogs/" + prod, prod},
		{"AWSLogs/" + organization + "/" + prod, prod},
		{"AWSLogs/" + organization + "/" + dev, dev},
	} {
		uri := "s3://trail-bucket/" + want.prefix + "/CloudTrail/us-east-1/"
		at := slices.IndexFunc(written, func(w string) bool { return strings.HasPrefix(w, uri) })
		if at < 0 {
			t.Errorf("no log file below %s: %q", uri, written)
			continue
		}
		issued := false
		for _, r := range logFile(t, stand.Account(prod).Config(), strings.TrimPrefix(written[at], "s3://trail-bucket/")) {
			if r.RecipientAccountID != want.account {
				t.Errorf("a record of account %s in %s", r.RecipientAccountID, written[at])
			}
			issued = issued || r.EventName == "AssumeRole"
		}
		if !issued {
			t.Errorf("the issuance is not in %s", written[at])
		}
	}
	if len(written) != 3 {
		t.Errorf("log files: %q", written)
	}
}

func trail(t *testing.T, cfg aws.Config, input *cloudtrail.CreateTrailInput) {
	t.Helper()
	if _, err := cloudtrail.NewFromConfig(cfg).CreateTrail(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	if _, err := cloudtrail.NewFromConfig(cfg).StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: input.Name}); err != nil {
		t.Fatal(err)
	}
}

func logFile(t *testing.T, cfg aws.Config, key string) []record {
	t.Helper()
	body, err := get(t, cfg, "trail-bucket", key)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Records []record }
	if err := json.NewDecoder(plain).Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Records
}
