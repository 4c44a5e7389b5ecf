package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestTrails: a trail is found by its name and its ARN, and an organisation's by
// its members.
func TestTrails(t *testing.T) {
	stand := stack.Start(t)
	management := stand.Account(prod)
	management.Organization(t, "management", map[string]string{dev: "dev"})
	management.Bucket(t, "logs")
	arn := management.Trail(t, "main", "logs", func(in *cloudtrail.CreateTrailInput) {
		in.S3KeyPrefix, in.IsOrganizationTrail = aws.String("org"), aws.Bool(true)
	})
	management.Trail(t, "own", "logs")
	member := cloudtrail.NewFromConfig(stand.Account(dev).Config())
	for caller, want := range map[*cloudtrail.Client]int{cloudtrail.NewFromConfig(management.Config()): 2, member: 1} {
		listed, err := caller.DescribeTrails(t.Context(), nil)
		if err != nil || len(listed.TrailList) != want {
			t.Errorf("%v, %v, not %d", listed, err, want)
		}
		found, err := caller.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: &arn})
		if err != nil || *found.Trail.S3KeyPrefix != "org" || !*found.Trail.IsOrganizationTrail || *found.Trail.HomeRegion != awstest.Region {
			t.Errorf("%v, %v", found, err)
		}
		if _, err = caller.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: aws.String("ghost")}); code(err) != "TrailNotFoundException" {
			t.Errorf("one that is not: %v", err)
		}
	}
	if _, err := member.DeleteTrail(t.Context(), &cloudtrail.DeleteTrailInput{Name: &arn}); err == nil {
		t.Error("a member deletes it")
	}
}
