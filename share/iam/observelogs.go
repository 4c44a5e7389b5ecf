package iam

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

const (
	// mostFolders is how many accounts are listed, at most: ten pages.
	mostFolders = 10_000
	// sampled is of how many accounts the newest log files are looked at.
	sampled = 2
	// mostOthers is how many log files of another owner are named.
	mostOthers = 5
)

var (
	accountFolder      = regexp.MustCompile(`^\d{12}$`)
	organizationFolder = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// logs looks which accounts have log files below the trail's prefix, and at a few
// of the newest: whose they are, and what key they are kept under.
func (o *observing) logs(ctx context.Context) error {
	root := "AWSLogs/"
	if o.s.Trail.Prefix != "" {
		root = o.s.Trail.Prefix + "/" + root
	}
	names, err := o.folders(ctx, root)
	if err != nil {
		return o.optional(ctx, err, "s3:ListBucket", o.arn())
	}
	var accounts []string // their folders
	for _, name := range names {
		switch {
		case accountFolder.MatchString(name):
			accounts = append(accounts, root+name+"/")
		case organizationFolder.MatchString(name):
			within, err := o.folders(ctx, root+name+"/")
			if err != nil {
				return o.optional(ctx, err, "s3:ListBucket", o.arn())
			}
			for _, account := range within {
				if accountFolder.MatchString(account) {
					accounts = append(accounts, root+name+"/"+account+"/")
				}
			}
		}
	}
	for _, folder := range accounts {
		o.s.Bucket.Folders = append(o.s.Bucket.Folders, strings.TrimSuffix(strings.TrimPrefix(folder, root), "/"))
	}
	for i, folder := range accounts {
		if i < sampled-1 || i == len(accounts)-1 { // the first, and the last
			if err := o.sample(ctx, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// folders are the names of the folders right below one.
func (o *observing) folders(ctx context.Context, under string) ([]string, error) {
	var names []string
	pages := s3.NewListObjectsV2Paginator(o.s3(o.s.Bucket.Region), &s3.ListObjectsV2Input{
		Bucket: &o.s.Bucket.Name, Prefix: &under, Delimiter: aws.String("/"),
	})
	for pages.HasMorePages() && len(names) < mostFolders {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.CommonPrefixes {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(aws.ToString(p.Prefix), under), "/"))
		}
	}
	return names, nil
}

// sample looks at the newest log files of an account, where its newest day is
// found by going down the folders region, year, month, day.
func (o *observing) sample(ctx context.Context, account string) error {
	at := account + "CloudTrail/"
	for range 4 {
		names, err := o.folders(ctx, at)
		if err != nil {
			return o.optional(ctx, err, "s3:ListBucket", o.arn())
		}
		if len(names) == 0 {
			return nil
		}
		name := slices.Max(names)
		if slices.Contains(names, o.s.Trail.Region) {
			name = o.s.Trail.Region
		}
		at += name + "/"
	}
	page, err := o.s3(o.s.Bucket.Region).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &o.s.Bucket.Name, Prefix: &at, FetchOwner: aws.Bool(o.owner != "")})
	if err != nil {
		return o.optional(ctx, err, "s3:ListBucket", o.arn())
	}
	if len(page.Contents) == 0 {
		return nil
	}
	o.owners(page.Contents)
	newest := slices.MaxFunc(page.Contents, func(a, b types.Object) int {
		return aws.ToTime(a.LastModified).Round(time.Second).Compare(aws.ToTime(b.LastModified).Round(time.Second))
	})
	return o.seal(ctx, aws.ToString(newest.Key))
}

// owners takes note of log files that do not belong to the bucket's owner: a
// bucket policy gives nobody of another account leave to read them.
func (o *observing) owners(objects []types.Object) {
	if o.s.Bucket.Ownership == share.Enforced || o.owner == "" {
		return
	}
	found := 0
	for i := range objects {
		if owner := objects[i].Owner; owner != nil && aws.ToString(owner.ID) != o.owner && found < mostOthers {
			o.s.Bucket.Others = append(o.s.Bucket.Others, aws.ToString(objects[i].Key))
			found++
		}
	}
}

// seal takes note of the key that a log file is kept under.
func (o *observing) seal(ctx context.Context, key string) error {
	out, err := o.s3(o.s.Bucket.Region).HeadObject(ctx, &s3.HeadObjectInput{Bucket: &o.s.Bucket.Name, Key: &key})
	if err != nil {
		if awserr.Status(err) == 404 {
			return nil // it is gone since
		}
		return o.optional(ctx, err, "s3:GetObject", o.arn()+"/"+key)
	}
	if id := aws.ToString(out.SSEKMSKeyId); id != "" {
		o.sealed = append(o.sealed, id)
	}
	return nil
}
