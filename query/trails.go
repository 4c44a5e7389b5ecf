package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// TrailChange is a call that stopped, changed or deleted a trail or the bucket
// that it writes to, or tried to.
type TrailChange struct {
	Line
	Trail  string // name or ARN, as the call gave it
	Bucket string // of a call about the bucket
}

// Calls about trails, and about the buckets that they write to, by the names
// that CloudTrail logs them under (CloudTrail API Reference; S3 User Guide,
// "Amazon S3 CloudTrail events").
var (
	trailCalls  = [...]string{"StopLogging", "StartLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"}
	bucketCalls = [...]string{
		"DeleteBucket", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl",
		"PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle",
		"PutBucketEncryption", "DeleteBucketEncryption", "PutBucketVersioning", "PutBucketReplication",
		"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock", "PutBucketObjectLockConfiguration",
		"DeleteObject", "DeleteObjects",
	}
)

// mostChanges is how many are told; the rest are counted.
const mostChanges = 500

// trailChanges finds the calls, by time. A bucket is known to be a trail's by
// the log files that were read from it, and by the calls that set up trails.
func trailChanges(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, buckets map[string]bool) (all []TrailChange, more int, err error) {
	if err := trailBuckets(ctx, r, buckets); err != nil {
		return nil, 0, err
	}
	s := f.Selection()
	s.EventNames = slices.Concat(trailCalls[:], bucketCalls[:])
	m, err := newMatcher(&f, nil)
	if err != nil {
		return nil, 0, err
	}
	named := sortedKeys(buckets)
	var rows []Row
	for row, err := range r.Rows(ctx, s) {
		switch {
		case err != nil:
			return nil, 0, fmt.Errorf("reading what was done to trails: %w", err)
		case !m.row(row):
		case row.EventSource == "cloudtrail.amazonaws.com" && slices.Contains(trailCalls[:], row.EventName),
			row.EventSource == "s3.amazonaws.com" && slices.Contains(bucketCalls[:], row.EventName) && namesAny(row.Resources, named):
			if len(rows) == mostChanges {
				more++
				continue
			}
			rows = append(rows, keepRow(row))
		}
	}
	lines, err := linkRows(ctx, resolver, rows)
	if err != nil {
		return nil, 0, err
	}
	for _, l := range lines {
		change := TrailChange{Line: l}
		err := requestOf(ctx, r, l.Row, func(asked cloudtrail.JSON) {
			if l.Row.EventSource == "s3.amazonaws.com" {
				change.Bucket = strings.Clone(asked.Get("bucketName").Text())
				return
			}
			for _, name := range [...]string{"name", "trailName"} { // the decoder reuses its memory
				change.Trail += strings.Clone(asked.Get(name).Text())
			}
		})
		if err != nil {
			return nil, 0, err
		}
		all = append(all, change)
	}
	return all, more, nil
}

// trailBuckets adds the buckets that trails were told to write to.
func trailBuckets(ctx context.Context, r Reader, buckets map[string]bool) error {
	for row, err := range r.Rows(ctx, Selection{EventNames: []string{"CreateTrail", "UpdateTrail"}}) {
		if err != nil {
			return fmt.Errorf("reading how trails were set up: %w", err)
		}
		if row.EventSource != "cloudtrail.amazonaws.com" || row.IsError() || len(buckets) >= mostKept ||
			row.EventName != "CreateTrail" && row.EventName != "UpdateTrail" {
			continue
		}
		err := requestOf(ctx, r, row, func(asked cloudtrail.JSON) {
			if name := asked.Get("s3BucketName").Text(); name != "" {
				buckets[strings.Clone(name)] = true
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// requestOf reads what a call asked for, from its record.
func requestOf(ctx context.Context, r Reader, row *Row, read func(asked cloudtrail.JSON)) error {
	raw, err := r.Raw(ctx, row.Location)
	if err != nil {
		return fmt.Errorf("reading event %s again: %w", row.ID.Event, err)
	}
	var d cloudtrail.Decoder
	for rec, err := range d.Records(raw) {
		if err != nil || rec == nil {
			continue
		}
		read(rec.RequestParameters.Unquoted())
		break
	}
	return nil
}
