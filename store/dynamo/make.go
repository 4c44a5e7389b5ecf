package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/lineage"
)

// MakeOptions are how a table is made. The zero value is good.
type MakeOptions struct {
	// Watch is which records the table takes; nil: every one. A table that has a
	// watch keeps its own.
	Watch *lineage.Watch
	// OnDemand says that a table with provisioned capacity, as that of AWS's text, is
	// to be paid by request from now on. A new table always is.
	OnDemand bool
	// Unprotected makes a table that may be deleted by one call.
	Unprotected bool
	// Note is told how far it has come; nil: nothing is told.
	Note func(string)
}

// Make makes a table, or gives one of AWS's text, or of ours, what it lacks:
// indexes, expiry, point-in-time recovery, protection against deletion, and the
// table's own item, which says that it is ours. The items of AWS's text stay as they
// are, and become ours beside them, whatever the watch. It may be stopped at any
// moment, and called again.
//
// Capacity, billing (but see [MakeOptions.OnDemand]), encryption, tags and whatever
// else the table has stay as they are. DynamoDB encrypts every table (Developer
// Guide, "Encryption at rest").
func Make(ctx context.Context, cfg aws.Config, table string, o MakeOptions) error {
	if !tableName().MatchString(table) {
		_, err := TableOf(Scheme + table)
		return err
	}
	s := newStore(cfg, table, Options{Note: o.Note})
	m := maker{s, o}
	return m.make(ctx)
}

type maker struct {
	*Store
	want MakeOptions
}

func (m *maker) make(ctx context.Context) error {
	t, err := m.describe(ctx)
	if errors.Is(err, ErrNoTable) {
		m.options.note("making the table %s", m.table)
		err = m.create(ctx)
	} else if err == nil {
		err = shape(t)
	}
	if err != nil {
		return err
	}
	if t, err = m.active(ctx); err != nil {
		return err
	}
	if err := m.readMeta(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *types.TableDescription) error{m.bill, m.index, m.expire, m.recover, m.protect} {
		if err := step(ctx, t); err != nil {
			return err
		}
	}
	if m.meta.Load() != nil {
		return nil
	}
	if err := m.adopt(ctx); err != nil {
		return err
	}
	return m.sign(ctx)
}

// sign puts the table's own item, the last of all: a table that has it is ready.
func (m *maker) sign(ctx context.Context) error {
	i := metaKey.attributes()
	i[attrFormat] = number(format)
	i[attrID] = text(rand.Text())
	watch, err := watchText(m.want.Watch)
	if err != nil {
		return err
	}
	if watch != "" {
		i[attrWatch] = text(watch)
	}
	if _, _, err := m.putNew(ctx, i); err != nil {
		return err
	}
	return m.readMeta(ctx)
}

func (m *maker) create(ctx context.Context) error {
	in := &dynamodb.CreateTableInput{
		TableName: &m.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions:      attributesOf(indexes()...),
		KeySchema:                 keySchema(attrEvent, attrTime),
		DeletionProtectionEnabled: aws.Bool(!m.want.Unprotected),
	}
	for _, x := range indexes() {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &x.name, KeySchema: keySchema(x.partition, x.sort), Projection: x.projection(),
		})
	}
	_, err := m.client.CreateTable(ctx, in)
	if _, ok := errors.AsType[*types.ResourceInUseException](err); ok {
		return nil // another made it this moment: it is looked at next
	}
	return m.explain(ctx, err)
}

func keySchema(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &partition, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func (x index) projection() *types.Projection {
	if x.whole {
		return &types.Projection{ProjectionType: types.ProjectionTypeAll}
	}
	return &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
}

// attributesOf are the attributes that are keys of the table or of indexes.
func attributesOf(of ...index) []types.AttributeDefinition {
	names := []string{attrEvent, attrTime}
	for _, x := range of {
		names = append(names, x.partition, x.sort)
	}
	var all []types.AttributeDefinition
	for n, name := range names {
		if slices.Index(names, name) == n {
			all = append(all, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
		}
	}
	return all
}

// A table that is being made or changed is looked at first so soon, and then ever
// less often: a new one takes some seconds, an index over a large one hours.
const (
	firstLook = 100 * time.Millisecond
	mostLook  = 10 * time.Second
)

// active waits until the table and all its indexes can be used.
func (m *maker) active(ctx context.Context) (*types.TableDescription, error) {
	began, said := time.Now(), ""
	for again := firstLook; ; again = min(again*3/2, mostLook) {
		t, err := m.describe(ctx)
		if err != nil {
			return nil, err
		}
		waits := ""
		if t.TableStatus != types.TableStatusActive {
			waits = "the table, which is " + string(t.TableStatus)
		}
		for _, x := range t.GlobalSecondaryIndexes {
			if x.IndexStatus != types.IndexStatusActive {
				waits = fmt.Sprintf("the index %s, which is %s", aws.ToString(x.IndexName), x.IndexStatus)
			}
		}
		if waits == "" {
			return t, nil
		}
		if waits != said || time.Since(began) > sayEvery {
			m.options.note("waiting for %s", waits)
			began, said = time.Now(), waits
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(again):
		}
	}
}
