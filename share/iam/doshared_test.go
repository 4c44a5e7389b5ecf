package iam_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

func expect(t *testing.T, name string, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, not %q", name, err, text)
	}
}

// TestDoChanged: somebody writes the same policy, at each moment in which he can.
func TestDoChanged(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	cfg := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	shared := share.Want{To: reader, Via: share.BucketPolicy}
	const others = `{"Version":"2012-10-17","Statement":[` + delivery + `,{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::acme-logs/*"}]}`
	const otherwise = `{"Version":"2012-10-17","Statement":[` + delivery + `]}`
	withMore := func(text string) string {
		return strings.Replace(text, delivery, delivery+`,{"Sid":"More","Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::acme-logs/*"}`, 1)
	}
	bucketPolicy := func() string {
		out, err := b.Owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &b.Name})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Policy
	}

	c := iam.Open(cfg).Hasty()
	p := planned(t, c, shared)
	b.Policy(t, others)
	expect(t, "a concurrent change", c.Do(t.Context(), p.Calls, nil), "the policy of the bucket acme-logs was changed by somebody after it was read: nothing was written over it; nothing was changed before")
	if got := bucketPolicy(); got != others {
		t.Errorf("their change is lost: %s", got)
	}

	p = planned(t, c, shared)
	stand.Before(t, "s3:GetBucketPolicy", 2, func() { b.Policy(t, otherwise) })
	expect(t, "a change while it is saved", c.Do(t.Context(), p.Calls, nil), "was changed by somebody after it was read: nothing was written over it; nothing was changed before")
	if got := bucketPolicy(); got != otherwise {
		t.Errorf("their change is lost: %s", got)
	}

	p = planned(t, c, shared)
	stand.Before(t, "s3:GetBucketPolicy", 3, func() { b.Policy(t, others) })
	expect(t, "a change right after", c.Do(t.Context(), p.Calls, nil), "was written, and AWS shows another")

	// Somebody who read before writes after: of what was done something is missing.
	p = planned(t, c, shared)
	stand.Before(t, "s3:GetBucketPolicy", 4, func() { b.Policy(t, otherwise) })
	err := c.Do(t.Context(), p.Calls, nil)
	expect(t, "a change after that", err, "somebody wrote the policy of the bucket acme-logs at the same time, and undid what was done: of what was written this is missing: "+p.Grant.Sid("List"))
	if _, halted := errors.AsType[*iam.Halted](err); halted {
		t.Errorf("all calls were made: %v", err)
	}
	p = planned(t, c, shared)
	stand.Before(t, "s3:GetBucketPolicy", 4, func() { b.Policy(t, withMore(p.Calls[0].Parameters["Policy"].(string))) })
	if err := c.Do(t.Context(), p.Calls, nil); err != nil {
		t.Errorf("what others add is theirs: %v", err)
	}
	b.Policy(t, others)
	if entries, err := os.ReadDir(filepath.Join(os.Getenv("XDG_STATE_HOME"), "crosstrail", "replaced")); err != nil || len(entries) != 4 {
		t.Errorf("saved: %v, %v", entries, err)
	}
}

// TestDoAtOnce: of several that were planned from one policy, and are done at once,
// what is said to be done is there.
func TestDoAtOnce(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	cfg := stand.Account(owner).User(t, "operator", awstest.Allow("*", "*"))
	const n = 6
	var clients [n]*iam.Client
	var plans [n]*share.Plan
	for i := range n {
		clients[i] = iam.Open(cfg).Hasty()
		plans[i] = planned(t, clients[i], share.Want{To: fmt.Sprintf("55555555555%d", i), Via: share.BucketPolicy})
	}
	var errs [n]error
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = clients[i].Do(t.Context(), plans[i].Calls, nil) })
	}
	all.Wait()
	text := observed(t, cfg, iam.Ask{}).Bucket.Text
	done := 0
	for i, p := range plans {
		if errs[i] == nil {
			done++
		} else if !strings.Contains(errs[i].Error(), "was changed by somebody after it was read") {
			t.Error(errs[i])
		}
		if there := strings.Contains(text, p.Grant.Sid("Get")); there != (errs[i] == nil) {
			t.Errorf("%s is there: %v, and was told: %v", p.Grant.To, there, errs[i])
		}
	}
	if done != 1 {
		t.Errorf("%d were done", done)
	}
}
