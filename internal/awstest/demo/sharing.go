package demo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// Outsider is the account of an auditor who is in no organisation of ours.
const Outsider = "777777777777"

const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// Sharing lets the bucket's owner see who is in the organisation, gives the bucket
// its trail and the policy by which CloudTrail delivers,
// and makes whom the walk of docs/sharing.md needs: profiles of an AWS
// configuration file, which it gives back as text.
//
//	logs     an administrator of the account that owns the bucket
//	dev      an administrator of another account of the organisation
//	jsmith   a user there who may do nothing yet
//	auditor  an administrator of a third party's account
func Sharing(t testing.TB, to *awstest.AWS) (config string) {
	t.Helper()
	owner := to.Account(Owner)
	bucket := owner.Owned(Bucket)
	bucket.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	_, err := organizations.NewFromConfig(to.Account(Management).Config()).RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{
		AccountId: aws.String(Owner), ServicePrincipal: aws.String("cloudtrail.amazonaws.com"),
	})
	if err != nil {
		t.Fatalf("making %s an administrator of the organisation: %v", Owner, err)
	}
	trail := owner.Trail(t, "main", Bucket)
	bucket.Policy(t, `{"Version":"2012-10-17","Statement":[
		{"Sid":"AWSCloudTrailAclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::`+Bucket+`","Condition":{"StringEquals":{"aws:SourceArn":"`+trail+`"}}},
		{"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::`+Bucket+`/AWSLogs/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"`+trail+`"}}}]}`)
	return profiles(t, to, []person{{"logs", Owner, all}, {"dev", Analysts, all}, {"jsmith", Analysts, ""}, {"auditor", Outsider, all}})
}

// Profiles are those of the walk of docs/live.md.
//
//	prod     an administrator of Production
//	dev      one of Development
//	jsmith   a user there who may assume CrossAccountTest
//	session  jsmith's, in that role
func Profiles(t testing.TB, to *awstest.AWS, in Pair) (config string) {
	t.Helper()
	config = profiles(t, to, []person{{"prod", in.Production, all}, {"dev", in.Development, all}, {"jsmith", in.Development, awstest.Allow(in.auditRole(), "sts:AssumeRole")}})
	return config + fmt.Sprintf("[profile session]\nregion = %s\nendpoint_url = %s\nrole_arn = %s\nrole_session_name = TestSessionCrossAccount\nexternal_id = %s\nsource_profile = jsmith\n\n", awstest.Region, to.Endpoint, in.auditRole(), ExternalID)
}

// person is a user who is made, and a profile of that name.
type person struct{ name, account, policy string }

func profiles(t testing.TB, to *awstest.AWS, all []person) string {
	t.Helper()
	var b strings.Builder
	for _, p := range all {
		b.WriteString(profile(t, p.name, to.Endpoint, to.Account(p.account).User(t, p.name, p.policy)))
	}
	return b.String()
}

func profile(t testing.TB, name, endpoint string, cfg aws.Config) string {
	t.Helper()
	c, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatalf("the credentials of %s: %v", name, err)
	}
	return fmt.Sprintf("[profile %s]\nregion = %s\nendpoint_url = %s\naws_access_key_id = %s\naws_secret_access_key = %s\n\n", name, awstest.Region, endpoint, c.AccessKeyID, c.SecretAccessKey)
}
