package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// dataReads are the calls on objects, and the lists of them, that S3 logs as data
// events and that only read (S3 User Guide, "Amazon S3 CloudTrail events"). A trail
// may be told to log the writes alone (CloudTrail User Guide, "Logging data events"):
// of what was read those tell nothing.
var dataReads = []string{
	"GetObject", "HeadObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "GetObjectTorrent", "GetObjectRetention", "GetObjectLegalHold",
	"SelectObjectContent", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts", "HeadBucket",
}

// dataCalls are all of them.
var dataCalls = append(slices.Clone(dataReads),
	"RestoreObject", "PutObject", "PutObjectAcl", "PutObjectTagging", "PutObjectRetention", "PutObjectLegalHold", "DeleteObject", "DeleteObjects", "DeleteObjectTagging",
	"CopyObject", "UploadPart", "UploadPartCopy", "CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload",
)

// bucketReads are further calls that a reader makes, and that are logged always.
var bucketReads = []string{"GetBucketLocation", "GetBucketAcl", "GetBucketPolicy", "GetBucketPolicyStatus"}

func isDataCall(row *Row) bool {
	return row.EventSource == "s3.amazonaws.com" && slices.Contains(dataCalls, row.EventName)
}

// dataSpan is from when, to when, and where the log is known to have data events
// that only read. Before and after nothing tells whether they were logged.
type dataSpan struct {
	first, last cloudtrail.Time // zero: there is none
	region      string
	beyond      cloudtrail.Time // where there is none: of one outside the span that is asked about
}

// dataOf looks for the data events of the grant's bucket in the owner's log, by
// whomever; of any bucket, where its own is not known.
func (b *usageBook) dataOf(ctx context.Context, g *Shared) (d dataSpan, err error) {
	key := g.Owner + "/" + g.Bucket
	if d, ok := b.data[key]; ok {
		return d, nil
	}
	s := b.span
	s.EventNames = dataReads
	if g.Owner != "" {
		s.Accounts = []string{g.Owner}
	}
	if d.first, d.region, err = b.firstData(ctx, g, s); err == nil && d.first != 0 {
		s.Newest = true
		d.last, _, err = b.firstData(ctx, g, s)
	} else if err == nil && (s.Since != 0 || s.Until != 0) {
		s.Since, s.Until, s.Newest = 0, 0, true
		d.beyond, _, err = b.firstData(ctx, g, s)
	}
	b.data[key] = d
	return d, err
}

func (b *usageBook) firstData(ctx context.Context, g *Shared, s Selection) (cloudtrail.Time, string, error) {
	for row, err := range b.reader.Rows(ctx, s) {
		if err != nil {
			return 0, "", fmt.Errorf("reading events: %w", err)
		}
		if isDataCall(row) && slices.Contains(dataReads, row.EventName) && (g.Bucket == "" || aboutBucket(row, g.Bucket)) &&
			(s.Since == 0 || row.Time >= s.Since) && (s.Until == 0 || row.Time <= s.Until) {
			return row.Time, row.Region, nil
		}
	}
	return 0, "", nil
}
