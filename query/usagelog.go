package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// loggedOf is the time that the log of an account tells of, within the span that
// is asked about: by the stamps of its files or, where none has one, by its events.
func (b *usageBook) loggedOf(ctx context.Context, account string) (Logged, error) {
	if l, ok := b.read[account]; ok || account == "" {
		return l, nil
	}
	spans, err := readSpans(ctx, b.reader)
	if err != nil {
		return Logged{}, err
	}
	var l Logged
	for _, s := range spans {
		if s.Account != account || s.First.IsZero() {
			continue
		}
		if l.Since == 0 || s.First < l.Since {
			l.Since = s.First
		}
		l.Until = max(l.Until, s.Newest)
	}
	if l.Since == 0 {
		for _, end := range [...]struct {
			newest bool
			at     *cloudtrail.Time
		}{{false, &l.Since}, {true, &l.Until}} {
			for row, err := range b.reader.Rows(ctx, Selection{Accounts: []string{account}, Newest: end.newest}) {
				if err != nil {
					return Logged{}, fmt.Errorf("reading events: %w", err)
				}
				*end.at = row.Time
				break
			}
		}
	}
	lack, err := readLack(ctx, b.reader)
	if err != nil {
		return Logged{}, err
	}
	if l.Since != 0 {
		l.Since = max(l.Since, b.span.Since, lack.Floor)
		if b.span.Until != 0 {
			l.Until = min(l.Until, b.span.Until)
		}
		if l.Until < l.Since { // it tells nothing of that span
			l = Logged{}
		}
	}
	b.read[account] = l
	return l, nil
}

// dataCalls are the calls on objects, and the lists of them, that S3 logs as data
// events (S3 User Guide, "Amazon S3 CloudTrail events").
var dataCalls = []string{
	"GetObject", "HeadObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "GetObjectTorrent", "GetObjectRetention", "GetObjectLegalHold",
	"SelectObjectContent", "RestoreObject", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts", "HeadBucket",
	"PutObject", "PutObjectAcl", "PutObjectTagging", "PutObjectRetention", "PutObjectLegalHold", "DeleteObject", "DeleteObjects", "DeleteObjectTagging",
	"CopyObject", "UploadPart", "UploadPartCopy", "CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload",
}

// bucketReads are further calls that a reader makes, and that are logged always.
var bucketReads = []string{"GetBucketLocation", "GetBucketAcl", "GetBucketPolicy", "GetBucketPolicyStatus"}

func isDataCall(row *Row) bool {
	return row.EventSource == "s3.amazonaws.com" && slices.Contains(dataCalls, row.EventName)
}

// hasData reports whether the owner's log has any data event of the grant's
// bucket, by whomever; of any bucket, where its own is not known.
func (b *usageBook) hasData(ctx context.Context, g *Shared) (bool, error) {
	key := g.Owner + "/" + g.Bucket
	if has, ok := b.logged[key]; ok {
		return has, nil
	}
	s := b.span
	s.EventNames = dataCalls
	if g.Owner != "" {
		s.Accounts = []string{g.Owner}
	}
	has := false
	for row, err := range b.reader.Rows(ctx, s) {
		if err != nil {
			return false, fmt.Errorf("reading events: %w", err)
		}
		if isDataCall(row) && (g.Bucket == "" || aboutBucket(row, g.Bucket)) {
			has = true
			break
		}
	}
	b.logged[key] = has
	return has, nil
}
