package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// The commands of sessions that share log files.

func (s scripted) logged(ts *testscript.TestScript, _ bool, args []string) {
	account, prefix := s.aws.Account(args[0]), ""
	b := account.Bucket(s.t, args[1])
	b.Ownership(s.t, types.ObjectOwnershipBucketOwnerEnforced)
	if args[3] != "" {
		prefix = args[3] + "/"
	}
	s.fill(ts, b, args[2], prefix)
	b.Policy(s.t, `{"Version":"2012-10-17","Statement":[{"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::`+b.Name+"/"+prefix+`AWSLogs/*"}]}`)
	account.Trail(s.t, b.Name+"-trail", b.Name, func(in *cloudtrail.CreateTrailInput) {
		if args[3] != "" {
			in.S3KeyPrefix = aws.String(args[3])
		}
	})
}

func (s scripted) of(account, bucket string) *awstest.Bucket {
	return &awstest.Bucket{Name: bucket, Owner: s3.NewFromConfig(s.aws.Account(account).Config())}
}

func (s scripted) altered(ts *testscript.TestScript, _ bool, args []string) {
	b := s.of(args[0], args[1])
	is, err := b.Owner.GetBucketPolicy(s.t.Context(), &s3.GetBucketPolicyInput{Bucket: &b.Name})
	ts.Check(err)
	if !strings.Contains(*is.Policy, args[2]) {
		ts.Fatalf("%s does not hold %s", *is.Policy, args[2])
	}
	b.Policy(s.t, strings.Replace(*is.Policy, args[2], args[3], 1))
}

func (s scripted) ownership(_ *testscript.TestScript, _ bool, args []string) {
	s.of(args[0], args[1]).Ownership(s.t, types.ObjectOwnership(args[2]))
}

func (s scripted) organized(_ *testscript.TestScript, _ bool, args []string) {
	members := map[string]string{}
	for _, id := range args[1:] {
		members[id] = "member " + id
	}
	s.aws.Account(args[0]).Organization(s.t, "management", members)
}

func (s scripted) locked(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.Account(args[0]).SCP(s.t, awstest.Deny("arn:aws:s3:::*", "s3:PutBucketPolicy"))
}

// profile keeps who calls as a profile in $WORK/aws-config.
func (s scripted) profile(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs("aws-config"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer f.Close()
	_, err = fmt.Fprintf(f, "[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", args[0], ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"))
	ts.Check(err)
}

// tagged tags a role of grants, and makes it where it is not there. A tag without a
// value is taken away.
func (s scripted) tagged(ts *testscript.TestScript, _ bool, args []string) {
	api, name := iam.NewFromConfig(s.aws.Account(args[0]).Config()), &args[1]
	if _, err := api.GetRole(s.t.Context(), &iam.GetRoleInput{RoleName: name}); err != nil {
		_, err = api.CreateRole(s.t.Context(), &iam.CreateRoleInput{
			RoleName: name, Path: aws.String("/crosstrail/"),
			AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + args[0] + `"},"Action":"sts:AssumeRole"}}`),
		})
		ts.Check(err)
	}
	for _, tag := range args[2:] {
		key, value, _ := strings.Cut(tag, "=")
		var err error
		if value == "" {
			_, err = api.UntagRole(s.t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{key}})
		} else {
			_, err = api.TagRole(s.t.Context(), &iam.TagRoleInput{RoleName: name, Tags: []iamtypes.Tag{{Key: &key, Value: &value}}})
		}
		ts.Check(err)
	}
}

// opened gives a role a policy more.
func (s scripted) opened(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[2])
	_, err := iam.NewFromConfig(s.aws.Account(args[0]).Config()).PutRolePolicy(s.t.Context(), &iam.PutRolePolicyInput{RoleName: &args[1], PolicyName: aws.String("more"), PolicyDocument: &text})
	ts.Check(err)
}
