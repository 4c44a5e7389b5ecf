package iam_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// TestDoKey: a bucket under a key of one's own is shared with the key, by an
// operator who may do what the plan lists and no more.
func TestDoKey(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	account := stand.Account(owner)
	const root = `{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:root"},"Action":"kms:*","Resource":"*"}`
	const theirs = `,{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + third + `:root"},"Action":"kms:DescribeKey","Resource":"*"}`
	key := account.Key(t, `{"Version":"2012-10-17","Statement":[`+root+`]}`)
	b, _ := logged(t, stand, func(in *awscloudtrail.CreateTrailInput) { in.KmsKeyId = &key })
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	keys := kms.NewFromConfig(account.Config())
	keyPolicy := func() string {
		out, err := keys.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: &key, PolicyName: aws.String("default")})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}

	for _, w := range []share.Want{{To: reader, Via: share.BucketPolicy}, {To: third, Via: share.Role, ExternalID: "3414", Logs: share.Logs{All: true}}} {
		p := planned(t, iam.Open(account.Config()), w)
		cfg := account.User(t, "just-"+string(w.Via), awstest.Allow("*", p.Permissions...))
		c := iam.Open(cfg).Hasty()
		saved := ""
		c.Saved = func(resource, path string) {
			if resource == key {
				saved = path
			}
		}
		s, err := c.Observe(t.Context(), iam.Ask{})
		if err != nil || len(s.Unread) > 0 {
			t.Fatalf("who may do just that reads: %v, %+v", err, s)
		}
		before := keyPolicy()
		if err := c.Do(t.Context(), planned(t, c, w).Calls, nil); err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
		if again := planned(t, c, w); len(again.Calls) > 0 {
			t.Errorf("%+v, again: %s", w, operations(again.Calls))
		}
		after, wanted := keyPolicy(), w.Via == share.BucketPolicy // a role's key leaves it to IAM
		if strings.Contains(after, p.Grant.Sid("Decrypt")) != wanted || !strings.Contains(after, `"Root"`) {
			t.Errorf("%+v: the key's policy is %s", w, after)
		}
		if wanted {
			if text, err := os.ReadFile(saved); err != nil || string(text) != before {
				t.Errorf("saved %s: %v, %s", saved, err, text)
			}
		}
	}

	// Somebody else changes the key's policy in between.
	c := iam.Open(account.User(t, "operator", awstest.Allow("*", "*"))).Hasty()
	p := planned(t, c, share.Want{To: reader, Via: share.BucketPolicy, Expires: time.Now().Add(time.Hour).Truncate(time.Second)})
	changed := `{"Version":"2012-10-17","Statement":[` + root + theirs + `]}`
	if _, err := keys.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: &key, PolicyName: aws.String("default"), Policy: &changed}); err != nil {
		t.Fatal(err)
	}
	err := c.Do(t.Context(), p.Calls, nil)
	if err == nil || !strings.Contains(err.Error(), "the policy of the key "+key+" was changed by somebody after it was read") || !strings.Contains(err.Error(), "done before: PutBucketPolicy; not done: PutKeyPolicy") {
		t.Errorf("a concurrent change: %v", err)
	}
	if got := keyPolicy(); got != changed {
		t.Errorf("their change is lost: %s", got)
	}
}
