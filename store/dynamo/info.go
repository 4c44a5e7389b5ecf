package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/lineage"
)

// Info is what a table is.
type Info struct {
	Table, ARN, Region string
	Status             string // ACTIVE, …
	Created            time.Time
	Items, Bytes       int64 // DynamoDB counts them anew every six hours
	OnDemand           bool
	ReadUnits          int64 // that are provisioned; 0: on demand
	WriteUnits         int64
	Missing            []string // indexes that are not there, or not yet
	DeletionProtection bool

	Foreign bool // it is a table of AWS's text: see [ErrForeign]; what follows is empty
	Format  int
	Watch   *lineage.Watch
	Retain  int // days that events are kept; 0: for ever

	PointInTime, Expiry Setting
}

// Setting is whether something is on.
type Setting string

// Unknown is where the caller may not ask.
const (
	On      Setting = "on"
	Off     Setting = "off"
	Unknown Setting = "unknown"
)

// Look tells what a table is, whosesoever it is. The errors are those of [Open].
func Look(ctx context.Context, cfg aws.Config, table string) (Info, error) {
	s, err := Open(ctx, cfg, table, Options{})
	if err != nil {
		return Info{}, err
	}
	return s.Info(ctx)
}

// Info tells what the table is.
func (s *Store) Info(ctx context.Context) (Info, error) {
	t, err := s.describe(ctx)
	if err != nil {
		return Info{}, err
	}
	if err := shape(t); err != nil {
		return Info{}, err
	}
	i := Info{
		Table: s.table, ARN: aws.ToString(t.TableArn), Region: s.region, Status: string(t.TableStatus),
		Created: aws.ToTime(t.CreationDateTime), Items: aws.ToInt64(t.ItemCount), Bytes: aws.ToInt64(t.TableSizeBytes),
		OnDemand:           onDemand(t),
		DeletionProtection: aws.ToBool(t.DeletionProtectionEnabled),
		Foreign:            true,
		PointInTime:        s.pointInTime(ctx),
		Expiry:             s.expiry(ctx),
	}
	if p := t.ProvisionedThroughput; p != nil && !i.OnDemand {
		i.ReadUnits, i.WriteUnits = aws.ToInt64(p.ReadCapacityUnits), aws.ToInt64(p.WriteCapacityUnits)
	}
	for _, x := range indexes() {
		if d := indexOf(t, x); d == nil || d.IndexStatus != types.IndexStatusActive {
			i.Missing = append(i.Missing, x.name)
		}
	}
	if m := s.meta.Load(); m != nil {
		i.Foreign, i.Format, i.Watch, i.Retain = false, format, m.watch, m.retain
	}
	return i, nil
}

func onDemand(t *types.TableDescription) bool {
	return t.BillingModeSummary != nil && t.BillingModeSummary.BillingMode == types.BillingModePayPerRequest
}

func indexOf(t *types.TableDescription, x index) *types.GlobalSecondaryIndexDescription {
	n := slices.IndexFunc(t.GlobalSecondaryIndexes, func(d types.GlobalSecondaryIndexDescription) bool {
		return aws.ToString(d.IndexName) == x.name
	})
	if n < 0 {
		return nil
	}
	return &t.GlobalSecondaryIndexes[n]
}

func (s *Store) pointInTime(ctx context.Context) Setting {
	out, err := s.client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &s.table})
	if err != nil || out.ContinuousBackupsDescription == nil {
		return Unknown
	}
	d := out.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	return setting(d != nil && d.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled)
}

func (s *Store) expiry(ctx context.Context) Setting {
	out, err := s.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &s.table})
	if err != nil || out.TimeToLiveDescription == nil {
		return Unknown
	}
	d := out.TimeToLiveDescription
	on := d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling
	return setting(on && aws.ToString(d.AttributeName) == attrExpires)
}

func setting(on bool) Setting {
	if on {
		return On
	}
	return Off
}
