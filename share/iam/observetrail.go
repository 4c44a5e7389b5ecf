package iam

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// trailARN is how CloudTrail names a trail of any region and account.
var trailARN = regexp.MustCompile(`^arn:[\w-]+:cloudtrail:[\w-]+:\d{12}:trail/[\w.-]+$`)

// trail finds the trail that is asked for. One of another region or account is
// told by its ARN alone, but for multi-region trails, which every region shows,
// and the organisation's, which its members see (CloudTrail API Reference,
// DescribeTrails): the shadows of one trail have one ARN.
func (o *observing) trail(ctx context.Context, ask Ask) error {
	region, in := "", &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)}
	if strings.HasPrefix(ask.Trail, "arn:") {
		if !trailARN.MatchString(ask.Trail) {
			return &Error{Text: fmt.Sprintf("%q is no ARN of a trail", ask.Trail), Hints: []string{"it looks like arn:aws:cloudtrail:us-east-1:111111111111:trail/NAME"}, Misread: true}
		}
		region, in.TrailNameList = part(ask.Trail, 3), []string{ask.Trail}
	}
	out, err := o.cloudtrail(region).DescribeTrails(ctx, in)
	resource := "*"
	if region != "" {
		resource = ask.Trail
	}
	switch code := awserr.Code(err); {
	case code == "TrailNotFoundException":
		return o.noTrail(ctx, ask, nil)
	case err != nil && ask.Trail == "" && ask.Bucket != "":
		if err := o.optional(ctx, err, "cloudtrail:DescribeTrails", resource); err != nil {
			return err
		}
		o.s.Bucket.Name = ask.Bucket
		return nil
	case err != nil:
		err = o.explain(ctx, err, "look for trails", "cloudtrail:DescribeTrails", resource)
		if e, ok := err.(*Error); ok && ask.Trail == "" {
			e.Hints = append([]string{"or name the bucket, which does without: --bucket NAME"}, e.Hints...)
		}
		return err
	}
	return o.choose(ctx, ask, trails(out.TrailList))
}

// trails are the trails of an answer, each once, in order of their names.
func trails(list []types.Trail) []share.Trail {
	var all []share.Trail
	for i := range list {
		t := &list[i]
		arn := aws.ToString(t.TrailARN)
		if slices.ContainsFunc(all, func(o share.Trail) bool { return o.ARN == arn }) {
			continue
		}
		region := aws.ToString(t.HomeRegion)
		if region == "" {
			region = part(arn, 3)
		}
		all = append(all, share.Trail{
			ARN: arn, Name: aws.ToString(t.Name), Account: part(arn, 4), Region: region,
			Bucket: aws.ToString(t.S3BucketName), Prefix: strings.Trim(aws.ToString(t.S3KeyPrefix), "/"),
			Organization: aws.ToBool(t.IsOrganizationTrail), KeyID: aws.ToString(t.KmsKeyId),
		})
	}
	slices.SortFunc(all, func(a, b share.Trail) int { return strings.Compare(a.Name+" "+a.ARN, b.Name+" "+b.ARN) })
	return all
}

// choose takes the one that is meant.
func (o *observing) choose(ctx context.Context, ask Ask, all []share.Trail) error {
	found := slices.DeleteFunc(slices.Clone(all), func(t share.Trail) bool {
		return ask.Trail != "" && ask.Trail != t.ARN && ask.Trail != t.Name || ask.Trail == "" && ask.Bucket != "" && ask.Bucket != t.Bucket
	})
	found = o.own(ctx, found)
	switch {
	case len(found) > 1:
		return several(ask, found)
	case len(found) == 0 && ask.Trail == "" && ask.Bucket != "":
		o.s.Bucket.Name = ask.Bucket
		return nil
	case len(found) == 0:
		return o.noTrail(ctx, ask, all)
	}
	t := found[0]
	if ask.Bucket != "" && ask.Bucket != t.Bucket {
		return &Error{
			Text:  fmt.Sprintf("the trail %s writes to the bucket %s, not to %s", t.Name, t.Bucket, ask.Bucket),
			Hints: []string{"leave one of --trail and --bucket away"}, Misread: true,
		}
	}
	o.s.Trail, o.s.Bucket.Name = t, t.Bucket
	return nil
}

// own are those whose log files are the caller's to share, all where there are none
// such: a member sees its organisation's trail (CloudTrail User Guide, Creating a
// trail for an organization), whose bucket is another account's.
func (o *observing) own(ctx context.Context, all []share.Trail) []share.Trail {
	if len(all) < 2 {
		return all
	}
	theirs := map[string]bool{}
	own := slices.DeleteFunc(slices.Clone(all), func(t share.Trail) bool {
		if t.Account == o.s.Caller.Account {
			return false
		}
		if _, asked := theirs[t.Bucket]; !asked {
			theirs[t.Bucket] = o.theirs(ctx, t.Bucket)
		}
		return theirs[t.Bucket]
	})
	if len(own) == 0 {
		return all
	}
	return own
}

// theirs reports whether a bucket is not of the caller's account: S3 refuses who
// expects to be its owner what nothing can be shared without. What fails otherwise
// does not tell, and is told where the bucket is read.
func (o *observing) theirs(ctx context.Context, bucket string) bool {
	region, err := o.region(ctx, bucket)
	if err == nil {
		_, err = o.s3(region).GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &bucket, ExpectedBucketOwner: &o.s.Caller.Account})
	}
	return awserr.Denied(awserr.Code(err)) || awserr.Status(err) == 404 && awserr.Code(err) != noControls
}

// several names them.
func several(ask Ask, found []share.Trail) error {
	text := fmt.Sprintf("there are %d trails", len(found))
	if ask.Bucket != "" {
		text = fmt.Sprintf("%d trails write to the bucket %s", len(found), ask.Bucket)
	} else if ask.Trail != "" {
		text = fmt.Sprintf("%d trails are named %s", len(found), ask.Trail)
	}
	e := &Error{Text: text + ": say which one", Which: found}
	for _, t := range found {
		e.Hints = append(e.Hints, "--trail "+TrailText(t))
	}
	return e
}

// TrailText is a trail as one is told of it, to tell it from others.
func TrailText(t share.Trail) string {
	text := "writes to s3://" + t.Bucket + "/"
	if t.Prefix != "" {
		text += t.Prefix + "/"
	}
	if t.Organization {
		text = "of the organisation, " + text
	}
	return t.ARN + " (" + text + ")"
}

// noTrail says which there are. One that was asked for by ARN was looked for
// alone.
func (o *observing) noTrail(ctx context.Context, ask Ask, all []share.Trail) error {
	region := o.cfg.Region
	if strings.HasPrefix(ask.Trail, "arn:") {
		region = part(ask.Trail, 3)
		if out, err := o.cloudtrail(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}); err == nil {
			all = trails(out.TrailList)
		}
	}
	e := &Error{Text: fmt.Sprintf("there is no trail that %s sees in %s", o.s.Caller.Account, region)}
	if ask.Trail != "" {
		e.Text = fmt.Sprintf("there is no trail %s that %s sees in %s", ask.Trail, o.s.Caller.Account, region)
	}
	for _, t := range o.own(ctx, all) {
		e.Hints = append(e.Hints, "there is "+t.Name+": --trail "+TrailText(t))
	}
	e.Hints = append(e.Hints, "a trail of one region is seen there alone: --aws-region REGION, or its ARN", "where another account's trail writes to a bucket of yours: --bucket NAME")
	return e
}
