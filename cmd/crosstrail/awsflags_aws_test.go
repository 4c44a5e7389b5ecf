package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source/directory"
)

// TestCodeIsAskedOnce: a command that reads both names and a bucket has a session
// for each, with the least that it is for, and asks for one code.
func TestCodeIsAskedOnce(t *testing.T) {
	stand := stack.Start(t)
	role := stand.Account(hubAccount).Role(t, "reader", `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"`+readerAccount+`"},"Action":"sts:AssumeRole",
		"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`, awstest.Allow("*", "s3:*"))
	for _, entry := range stand.Environment(t, stand.Account(readerAccount).User(t, "kim", awstest.Allow(role, "sts:AssumeRole"))) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	device, asked := stand.Account(readerAccount).MFA(t, "kim"), 0
	a := &awsFlags{o: awscfg.Options{RoleARN: role, MFASerial: device.Serial, Code: func(context.Context, string) (string, error) {
		asked++
		return device.Code(), nil
	}}}
	ui := newTerminal(strings.NewReader(""), io.Discard, io.Discard)
	forNames, err := a.config(t.Context(), ui, directory.Policy)
	if err != nil {
		t.Fatal(err)
	}
	forBucket, err := a.bucketConfig(t.Context(), ui, "s3://acme-trail")
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []aws.Config{forNames, forBucket} {
		if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if n := stand.Requests(t)["sts:AssumeRole"]; asked != 1 || n != 2 {
		t.Errorf("the code was asked for %d times, for %d sessions", asked, n)
	}
}
