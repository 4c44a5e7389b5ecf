package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
)

// StoredCode is what there is to be removed of the function's code.
type StoredCode struct {
	Keys []string // of the packages that no other hub of the account and region runs
	// Alone is why all of it is left alone: the bucket is another's, or it cannot be told.
	// "" for none.
	Alone string

	bucket       Bucket
	named        bool // it is not of crosstrail's making, and stays
	kept, others int  // objects: that other hubs run, that are not crosstrail's
}

// LookForCode lists the packages in a bucket, "" for [deploy.CodeBucket], but those that
// are kept, by key, since other hubs of the account and region run them. Where there is no
// bucket, or none of ours, there are none.
func (s *Site) LookForCode(ctx context.Context, bucket string, keep ...string) (*StoredCode, error) {
	me, err := s.Caller(ctx)
	if err != nil {
		return nil, err
	}
	own := deploy.CodeBucket(me.Account, me.Region)
	c := &StoredCode{bucket: Bucket{cmp.Or(bucket, own), me.Region, me.Account}}
	c.named = c.bucket.Name != own
	var there bool
	if c.named {
		there, err = s.HasCodeBucket(ctx, c.bucket.Name)
	} else {
		there, _, err = s.codeBucket(ctx, c.bucket)
	}
	if err == nil && there {
		err = s.listCode(ctx, c, keep)
	}
	if e, ok := errors.AsType[*Error](err); ok && (e.Denied || e.Err == nil) {
		return &StoredCode{Alone: e.Error()}, nil
	}
	return c, err
}

func (s *Site) listCode(ctx context.Context, c *StoredCode, keep []string) error {
	b := c.bucket
	pages := s3.NewListObjectsV2Paginator(s.s3(""), &s3.ListObjectsV2Input{Bucket: &b.Name, ExpectedBucketOwner: &b.Owner})
	if c.named {
		pages = s3.NewListObjectsV2Paginator(s.s3(""), &s3.ListObjectsV2Input{Bucket: &b.Name, ExpectedBucketOwner: &b.Owner, Prefix: aws.String(deploy.CodePrefix)})
	}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.explain(ctx, err, "list the function's code", "s3:ListBucket", s.bucketARN(b.Name))
		}
		for i := range page.Contents {
			switch key := aws.ToString(page.Contents[i].Key); {
			case slices.Contains(keep, key):
				c.kept++
			case strings.HasPrefix(key, deploy.CodePrefix):
				c.Keys = append(c.Keys, key)
			default:
				c.others++
			}
		}
	}
	return nil
}

// Bucket is the name of the bucket.
func (c *StoredCode) Bucket() string { return c.bucket.Name }

// Removed is what became of the code bucket.
type Removed struct {
	Objects int
	Bucket  bool   // it is gone
	Left    string // why it is not, "" where it is or there was none
}

// RemoveCode removes the packages that were found; and the bucket, if nothing is left in
// it.
func (s *Site) RemoveCode(ctx context.Context, c *StoredCode) (Removed, error) {
	var r Removed
	b := c.bucket
	if b.Name == "" {
		return r, nil
	}
	for _, key := range c.Keys {
		_, err := s.s3("").DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Name, Key: &key, ExpectedBucketOwner: &b.Owner})
		if awserr.Code(err) == "NoSuchBucket" { // another operator was faster
			break
		}
		if err != nil {
			return r, s.explain(ctx, err, "remove the function's code", "s3:DeleteObject", s.bucketARN(b.Name)+"/"+key)
		}
		r.Objects++
	}
	switch {
	case c.named:
		r.Left = fmt.Sprintf("the bucket %s stays: it was not made by crosstrail", b.Name)
		return r, nil
	case c.others > 0:
		r.Left = fmt.Sprintf("the bucket %s stays: it holds %d objects that are not crosstrail's", b.Name, c.others)
		return r, nil
	case c.kept > 0:
		r.Left = fmt.Sprintf("the bucket %s stays: other hubs use it", b.Name)
		return r, nil
	}
	_, err := s.s3("").DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Owner})
	switch {
	case awserr.Code(err) == "BucketNotEmpty": // somebody put something, or keeps versions
		r.Left = fmt.Sprintf("the bucket %s stays: S3 says that it is not empty", b.Name)
		return r, nil
	case err != nil && awserr.Code(err) != "NoSuchBucket":
		return r, s.explain(ctx, err, "remove the bucket "+b.Name, "s3:DeleteBucket", s.bucketARN(b.Name))
	}
	r.Bucket = true
	return r, nil
}
