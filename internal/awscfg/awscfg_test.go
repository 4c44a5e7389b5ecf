package awscfg_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

var stack awstest.Stack

const (
	owner  = "999999999999"
	member = "111111111111"
)

// become puts a caller into the environment, where the SDK looks.
func become(t *testing.T, stand *awstest.AWS, cfg aws.Config) {
	t.Helper()
	for _, entry := range stand.Environment(t, cfg) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

const wantsMFA = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + member + `"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`

// TestCodeOnce: sessions with policies of their own, one code.
func TestCodeOnce(t *testing.T) {
	stand := stack.Start(t)
	role := stand.Account(owner).Role(t, "reader", wantsMFA, awstest.Allow("*", "s3:ListAllMyBuckets"))
	become(t, stand, stand.Account(member).User(t, "kim", awstest.Allow(role, "sts:AssumeRole")))
	device, asked := stand.Account(member).MFA(t, "kim"), 0
	o := awscfg.Options{RoleARN: role, MFASerial: device.Serial, Code: func(context.Context, string) (string, error) {
		asked++
		return device.Code(), nil
	}}
	caller, err := awscfg.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for policy, may := range map[string]bool{"": true, awstest.Allow("*", "s3:ListAllMyBuckets"): true, awstest.Allow("*", "iam:ListRoles"): false} {
		cfg := o.Assume(caller, policy)
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
		if err != nil || !strings.Contains(*who.Arn, "assumed-role/reader/crosstrail") {
			t.Fatal(who, err)
		}
		if _, err = s3.NewFromConfig(cfg).ListBuckets(t.Context(), nil); (err == nil) != may {
			t.Errorf("with the policy %q: %v", policy, err)
		}
	}
	if asked != 1 {
		t.Errorf("the code was asked for %d times", asked)
	}
}

// TestRefused: credentials that cannot be had are told as that, with what to do
// about the likeliest cause first.
func TestRefused(t *testing.T) {
	stand := stack.Start(t)
	role := stand.Account(owner).Role(t, "reader", wantsMFA, "")
	become(t, stand, stand.Account(member).User(t, "kim", awstest.Allow(role, "sts:AssumeRole")))
	device := stand.Account(member).MFA(t, "kim")
	shown := func(code string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) { return code, nil }
	}
	for _, c := range []struct {
		name       string
		o          awscfg.Options
		text, hint string
	}{
		{"a wrong code", awscfg.Options{RoleARN: role, MFASerial: device.Serial, Code: shown("000000")}, "the code of the MFA device " + device.Serial + " was not taken: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.", "used before"},
		{"nobody to ask", awscfg.Options{RoleARN: role, MFASerial: device.Serial}, "there is nobody to ask", ""},
		{"no code", awscfg.Options{RoleARN: role}, "role " + role + " could not be assumed: AccessDenied: ", "sts:AssumeRole"},
		{"no such role", awscfg.Options{RoleARN: role + "x", MFASerial: device.Serial, Code: shown(device.Code())}, "role " + role + "x could not be assumed: AccessDenied: ", "sts:AssumeRole"},
		{"nothing there", awscfg.Options{RoleARN: role, Endpoint: "http://127.0.0.1:1"}, "role " + role + " could not be assumed: Post \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: ", "--endpoint-url http://127.0.0.1:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller, err := awscfg.Load(t.Context(), c.o)
			if err != nil {
				t.Fatal(err)
			}
			caller.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			_, err = s3.NewFromConfig(c.o.Assume(caller, "")).ListBuckets(t.Context(), nil)
			none, ok := errors.AsType[*awscfg.CredentialsError](err)
			if !ok || !strings.Contains(none.Error(), c.text) || strings.Contains(none.Error(), "operation error S3") {
				t.Errorf("%v", none)
			}
			if hints := c.o.Hints(err); c.hint != "" && (len(hints) == 0 || !strings.Contains(hints[0], c.hint)) {
				t.Errorf("%q", hints)
			}
		})
	}
}
