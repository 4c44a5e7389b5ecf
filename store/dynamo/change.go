package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// bill turns a table to payment by request, where that is wanted.
func (m *maker) bill(ctx context.Context, t *types.TableDescription) error {
	if onDemand(t) {
		return nil
	}
	if !m.want.OnDemand {
		p := t.ProvisionedThroughput
		m.options.note("the table keeps its provisioned capacity, %d read and %d write units a second, and its new indexes get the same; more is throttled, and waits",
			aws.ToInt64(p.ReadCapacityUnits), aws.ToInt64(p.WriteCapacityUnits))
		return nil
	}
	m.options.note("turning the table to payment by request")
	_, err := m.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &m.table, BillingMode: types.BillingModePayPerRequest})
	if err != nil {
		return m.explain(ctx, err)
	}
	_, err = m.active(ctx)
	return err
}

// index adds the indexes that are not there, one at a time, as DynamoDB wants it (API
// Reference, UpdateTable: "Create a new global secondary index" is one operation).
func (m *maker) index(ctx context.Context, _ *types.TableDescription) error {
	for _, x := range indexes() {
		for tried := 0; ; tried++ {
			if err := m.writer.slow.wait(ctx, m.Store, tried); err != nil {
				return err
			}
			t, err := m.active(ctx)
			if err != nil {
				return err
			}
			if d := indexOf(t, x); d != nil {
				if err := m.check(x, d); err != nil {
					return err
				}
				break
			}
			if err := m.add(ctx, t, x); err != nil && !isBusy(err) {
				// Another may have added it this moment.
				if t, e := m.describe(ctx); e != nil || indexOf(t, x) == nil {
					return err
				}
			}
		}
	}
	return nil
}

// isBusy reports whether something else is being done to the table, by another who
// makes it maybe, or to many tables of the account.
func isBusy(err error) bool {
	_, inUse := errors.AsType[*types.ResourceInUseException](err)
	_, many := errors.AsType[*types.LimitExceededException](err)
	return inUse || many
}

func (m *maker) add(ctx context.Context, t *types.TableDescription, x index) error {
	m.options.note("adding the index %s: DynamoDB fills it from what is in the table", x.name)
	create := &types.CreateGlobalSecondaryIndexAction{IndexName: &x.name, KeySchema: keySchema(x.partition, x.sort), Projection: x.projection()}
	if p := t.ProvisionedThroughput; !onDemand(t) && p != nil {
		create.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: p.ReadCapacityUnits, WriteCapacityUnits: p.WriteCapacityUnits}
	}
	_, err := m.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: &m.table, AttributeDefinitions: attributesOf(x),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: create}},
	})
	return m.explain(ctx, err)
}

// check refuses an index of our name that is another.
func (m *maker) check(x index, d *types.GlobalSecondaryIndexDescription) error {
	k := d.KeySchema
	same := len(k) == 2 && aws.ToString(k[0].AttributeName) == x.partition && aws.ToString(k[1].AttributeName) == x.sort
	if same && (!x.whole || d.Projection != nil && d.Projection.ProjectionType == types.ProjectionTypeAll) {
		return nil
	}
	return fmt.Errorf("%s%s has an index %s that is none of crosstrail's: its keys must be %s and %s, with %s attributes projected; delete that index, or take another table",
		Scheme, m.table, x.name, x.partition, x.sort, x.projection().ProjectionType)
}

// expire lets DynamoDB delete what has expired.
func (m *maker) expire(ctx context.Context, _ *types.TableDescription) error {
	out, err := m.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &m.table})
	if err != nil {
		return m.explain(ctx, err)
	}
	if d := out.TimeToLiveDescription; d != nil {
		switch other := aws.ToString(d.AttributeName); {
		case d.TimeToLiveStatus != types.TimeToLiveStatusEnabled && d.TimeToLiveStatus != types.TimeToLiveStatusEnabling:
		case other == attrExpires:
			return nil
		default:
			m.options.note("the table lets items expire by their attribute %s, and keeps it so: what crosstrail is told to keep for a time only will not expire", other)
			return nil
		}
	}
	_, err = m.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &m.table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(attrExpires), Enabled: aws.Bool(true)},
	})
	if err != nil && m.expiry(ctx) == On {
		return nil // another did it this moment
	}
	return m.explain(ctx, err)
}

// recover turns point-in-time recovery on. A moment after a table was made backups
// may not be enabled yet.
func (m *maker) recover(ctx context.Context, _ *types.TableDescription) error {
	if m.pointInTime(ctx) == On {
		return nil
	}
	for tried := 1; ; tried++ {
		_, err := m.client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &m.table, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
		})
		api, ok := errors.AsType[smithy.APIError](err)
		if !ok || api.ErrorCode() != "ContinuousBackupsUnavailableException" {
			return m.explain(ctx, err)
		}
		if err := m.writer.slow.wait(ctx, m.Store, tried); err != nil {
			return err
		}
	}
}

// protect protects the table against being deleted by one call.
func (m *maker) protect(ctx context.Context, t *types.TableDescription) error {
	if m.want.Unprotected || aws.ToBool(t.DeletionProtectionEnabled) {
		return nil
	}
	_, err := m.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &m.table, DeletionProtectionEnabled: aws.Bool(true)})
	if err != nil {
		return m.explain(ctx, err)
	}
	_, err = m.active(ctx)
	return err
}
