package site

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Telling is a notice of a bucket.
type Telling struct {
	Bucket string
	Notice deploy.Notification
}

// Telling are the notices of one id to one queue, in a bucket, or where none is named in
// those of all trails that are seen here: what a hub left whose stack somebody deleted.
// unread are buckets that would not tell; those of other regions cannot tell the queue.
func (s *Site) Telling(ctx context.Context, id, queueARN, bucket string) (all []Telling, unread []string, err error) {
	names := []string{bucket}
	if bucket == "" {
		names = nil
		trails, err := s.trailsIn(ctx, "")
		if err != nil {
			return nil, nil, err
		}
		for _, t := range trails {
			names = append(names, t.Bucket)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	for _, name := range names {
		n, err := s.readNotifications(ctx, Bucket{Name: name})
		switch code := awserr.Code(err); {
		case err == nil:
		case bucket != "":
			return nil, nil, s.explainBucket(ctx, err, Bucket{Name: name}, "read the notifications of the bucket "+name, "s3:GetBucketNotification")
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case code == "NoSuchBucket" || code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed":
			continue
		default:
			unread = append(unread, name)
			continue
		}
		for _, one := range n.All {
			if one.ID == id && one.To == queueARN {
				all = append(all, Telling{name, one})
			}
		}
	}
	return all, unread, nil
}
