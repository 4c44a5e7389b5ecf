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

// trailSetUps are calls that name the bucket that a trail writes to.
var trailSetUps = [...]string{"CreateTrail", "UpdateTrail"}

// trailChanges finds the calls, by time, in any of their forms. A bucket is known to be a trail's by
// the log files that were read from it, and from the call on that told a trail
// to write to it.
func trailChanges(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, buckets map[string]bool) (all []TrailChange, more int, err error) {
	m, err := newMatcher(&f, nil)
	if err != nil {
		return nil, 0, err
	}
	// Before the span, and in other accounts, only how trails were set up is read.
	var rows []Row
	spans := []Selection{{Since: f.Since, Until: f.Until, EventNames: slices.Concat(trailSetUps[:], trailCalls[:], bucketCalls[:]), Forms: true}}
	if f.Since != 0 {
		spans = slices.Insert(spans, 0, Selection{Until: f.Since - 1, EventNames: trailSetUps[:], Forms: true})
	}
	for _, s := range spans {
		for row, err := range r.Rows(ctx, s) {
			if err != nil {
				return nil, 0, fmt.Errorf("reading what was done to trails: %w", err)
			}
			if err := trailBucket(ctx, r, row, buckets); err != nil {
				return nil, 0, err
			}
			switch {
			case !m.row(row) || !isTrailChange(row, buckets):
			case len(rows) == mostChanges:
				more++
			default:
				rows = append(rows, keepRow(row))
			}
		}
	}
	lines, err := linkRows(ctx, resolver, oneForm(rows))
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
		// A name may stand elsewhere in a resource than where the bucket's does.
		if l.Row.EventSource != "s3.amazonaws.com" || buckets[change.Bucket] {
			all = append(all, change)
		}
	}
	return all, more, nil
}

// oneForm leaves of each event the first of its forms: any that is a change is
// told, once.
func oneForm(rows []Row) []Row {
	least := map[cloudtrail.ID]lineage.Fingerprint{}
	for i := range rows {
		if print, ok := least[rows[i].ID]; !ok || rows[i].Fingerprint < print {
			least[rows[i].ID] = rows[i].Fingerprint
		}
	}
	return slices.DeleteFunc(rows, func(r Row) bool { return least[r.ID] != r.Fingerprint })
}

func isTrailChange(r *Row, buckets map[string]bool) bool {
	switch r.EventSource {
	case "cloudtrail.amazonaws.com":
		return slices.Contains(trailCalls[:], r.EventName)
	case "s3.amazonaws.com":
		if !slices.Contains(bucketCalls[:], r.EventName) {
			return false
		}
		for bucket := range buckets {
			if slices.ContainsFunc(r.Resources, func(v string) bool { return named(v, bucket) }) {
				return true
			}
		}
	}
	return false
}

// trailBucket adds the bucket that a call told a trail to write to.
func trailBucket(ctx context.Context, r Reader, row *Row, buckets map[string]bool) error {
	if row.EventSource != "cloudtrail.amazonaws.com" || row.IsError() || !slices.Contains(trailSetUps[:], row.EventName) || len(buckets) >= mostKept {
		return nil
	}
	return requestOf(ctx, r, row, func(asked cloudtrail.JSON) {
		if name := asked.Get("s3BucketName").Text(); name != "" {
			buckets[strings.Clone(name)] = true
		}
	})
}

// requestOf reads what a call asked for, from its record.
func requestOf(ctx context.Context, r Reader, row *Row, read func(asked cloudtrail.JSON)) error {
	raw, err := r.Raw(ctx, row.Location)
	if err == nil {
		err = isOf(row, raw)
	}
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
