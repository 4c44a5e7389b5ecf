package site

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Hears is whether EventBridge gets a region's management events: of the calls that
// hand out credentials, which count as reading (linkage.md 7.4).
type Hears struct {
	Region string
	Trail  string // ARN of one by which it does; "" for none
	Why    string // why it does not, or may not
	Sure   bool   // false: something could not be looked at
}

// atOnce is how many regions are asked at the same time.
const atOnce = 8

// Hear tells for each region whether a trail is there whose management events reach
// EventBridge: one that logs, reading too (EventBridge User Guide, "AWS service events
// delivered via AWS CloudTrail": a trail with logging enabled is required). A trail of
// every region is asked once; those of one region where they are.
func (s *Site) Hear(ctx context.Context, regions []string) ([]Hears, error) {
	if _, err := s.Caller(ctx); err != nil {
		return nil, err
	}
	seen, failed := make([][]Trail, len(regions)), make([]error, len(regions))
	var looks errgroup.Group
	looks.SetLimit(atOnce)
	for i, region := range regions {
		looks.Go(func() error {
			seen[i], failed[i] = s.trailsIn(ctx, region)
			return nil
		})
	}
	_ = looks.Wait() // each has its own error
	asked := map[string]logging{}
	var all []Hears
	for i, region := range regions {
		h := Hears{Region: region, Why: "no trail logs there", Sure: true}
		trails, err := seen[i], failed[i]
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || ctx.Err() != nil {
				return nil, err
			}
			all = append(all, Hears{Region: region, Why: e.Error()})
			continue
		}
		for _, t := range trails {
			l, ok := asked[t.ARN]
			if !ok {
				l, err = s.logs(ctx, t)
				if err != nil {
					return nil, err
				}
				asked[t.ARN] = l
			}
			if l.why == "" {
				h = Hears{Region: region, Trail: t.ARN, Sure: l.sure}
				break
			}
			h.Why, h.Sure = l.why, h.Sure && l.sure
		}
		all = append(all, h)
	}
	return all, nil
}

// Written is whether a trail writes log files of a region into a bucket.
type Written struct {
	Trail  string   // ARN of one that does; "" for none
	Why    string   // why it does not, or may not
	Sure   bool     // false: something could not be looked at
	Others []string // names of the trails that are seen there, and write elsewhere
}

// WrittenInto tells whether calls in a region come into a bucket. A trail of another
// account, as an organisation's, is seen by its members.
func (s *Site) WrittenInto(ctx context.Context, region, bucket string) (*Written, error) {
	trails, err := s.trailsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	w := &Written{Why: "no trail that is seen there writes into " + bucket}
	for _, t := range trails {
		if t.Bucket != bucket {
			w.Others = append(w.Others, t.Name)
			continue
		}
		l, err := s.logs(ctx, t)
		if err != nil {
			return nil, err
		}
		if l.why == "" && l.delivery == "" {
			return &Written{Trail: t.ARN, Sure: l.sure}, nil
		}
		w.Why, w.Sure = l.why, l.sure
		if l.why == "" {
			w.Why, w.Sure = "CloudTrail could not deliver the last log file of the trail "+t.Name+": "+l.delivery, false
		}
	}
	return w, nil
}

// logging is what is known of a trail: why it does not log what is wanted, and what
// delivering its last log file failed with.
type logging struct {
	why      string
	sure     bool
	delivery string
}

func (s *Site) logs(ctx context.Context, t Trail) (logging, error) {
	api := s.cloudtrail(t.Region)
	status, err := api.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &t.ARN})
	switch {
	case err != nil:
		return s.unsure(ctx, err, "look whether the trail "+t.Name+" logs", "cloudtrail:GetTrailStatus", t.ARN)
	case !aws.ToBool(status.IsLogging):
		return logging{why: "the trail " + t.Name + " does not log: aws cloudtrail start-logging --name " + t.ARN, sure: true}, nil
	}
	out, err := api.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &t.ARN})
	if err != nil {
		return s.unsure(ctx, err, "look what the trail "+t.Name+" logs", "cloudtrail:GetEventSelectors", t.ARN)
	}
	if !reads(out) {
		return logging{why: "the trail " + t.Name + " leaves out management events that read, as AssumeRole is", sure: true}, nil
	}
	return logging{sure: true, delivery: aws.ToString(status.LatestDeliveryError)}, nil
}

// unsure is a trail of which something could not be asked: it may log.
func (s *Site) unsure(ctx context.Context, err error, doing, action, resource string) (logging, error) {
	told := s.explain(ctx, err, doing, action, resource)
	if ctx.Err() != nil || awserr.Code(err) == "" {
		return logging{}, told
	}
	return logging{why: told.Error()}, nil
}

// reads reports whether some selector takes management events that read. A trail
// without any takes all (CloudTrail API Reference, EventSelector and
// AdvancedFieldSelector).
func reads(out *cloudtrail.GetEventSelectorsOutput) bool {
	for _, e := range out.EventSelectors {
		if (e.IncludeManagementEvents == nil || *e.IncludeManagementEvents) && e.ReadWriteType != types.ReadWriteTypeWriteOnly {
			return true
		}
	}
	for _, a := range out.AdvancedEventSelectors {
		management, reading := false, true
		for _, f := range a.FieldSelectors {
			switch strings.ToLower(aws.ToString(f.Field)) {
			case "eventcategory":
				management = len(f.Equals) == 1 && f.Equals[0] == "Management"
			case "readonly":
				reading = len(f.Equals) == 0 || f.Equals[0] == "true"
			}
		}
		if management && reading {
			return true
		}
	}
	return len(out.EventSelectors)+len(out.AdvancedEventSelectors) == 0
}
