package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
)

// TestSelftestShowsMFA: a role that wants MFA is tried with a code, which is asked
// for once, and without.
func TestSelftestShowsMFA(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account("590000000001").Bucket(t, "acme-shown")
	b.Put(t, awstest.Object{Key: "AWSLogs/590000000002/CloudTrail/us-east-1/2026/11/02/one.json.gz", Body: []byte("x")})
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"590000000002"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`
	role := stand.Account("590000000001").Role(t, "shown", trust, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":"arn:aws:s3:::acme-shown","Condition":{"StringLike":{"s3:prefix":"AWSLogs/590000000002/*"}}},
		{"Effect":"Allow","Action":"s3:GetBucketLocation","Resource":"arn:aws:s3:::acme-shown"},
		{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::acme-shown/AWSLogs/590000000002/*"}]}`)
	signIn(t, stand.Environment(t, stand.Account("590000000002").User(t, "shown", awstest.Allow(role, "sts:AssumeRole"))))
	device, asked := stand.Account("590000000002").MFA(t, "shown"), 0
	var stdout, stderr bytes.Buffer
	s := &selftest{
		ui: newTerminal(strings.NewReader(""), &stdout, &stderr), form: "json", breadth: string(share.Minimal),
		aws: awsFlags{o: awscfg.Options{RoleARN: role, MFASerial: device.Serial, Code: func(context.Context, string) (string, error) {
			asked++
			return device.Code(), nil
		}}},
	}
	if err := s.run(t.Context(), []string{"s3://acme-shown/AWSLogs/590000000002/"}, time.Now()); err != nil {
		t.Fatalf("%v: %s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	result, err := share.ReadResult(stdout.Bytes())
	if err != nil || asked != 1 {
		t.Fatalf("%v: asked %d times", err, asked)
	}
	for _, got := range result.Tries {
		if got.Differs() || got.Got == share.NotTried || got.Got == share.Failed {
			text, _ := json.Marshal(got)
			t.Errorf("%s", text)
		}
	}
}
