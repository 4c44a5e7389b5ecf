package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Delete deletes a table of the shape that ours have, whatever is in it, protected or
// not, and waits until it is gone. [ErrNoTable] where there is none.
func Delete(ctx context.Context, cfg aws.Config, table string, note func(string)) error {
	if !tableName().MatchString(table) {
		_, err := TableOf(Scheme + table)
		return err
	}
	m := maker{newStore(cfg, table, Options{Note: note}), MakeOptions{}}
	t, err := m.describe(ctx)
	if err != nil {
		return err
	}
	if err := shape(t); err != nil {
		return err
	}
	if aws.ToBool(t.DeletionProtectionEnabled) {
		if t, err = m.active(ctx); err != nil {
			return err
		}
		if _, err := m.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &m.table, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
			return m.explain(ctx, err)
		}
	}
	if t.TableStatus != types.TableStatusDeleting {
		if _, err := m.active(ctx); err != nil {
			return err
		}
		if _, err := m.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &m.table}); err != nil {
			return m.explain(ctx, err)
		}
	}
	m.options.note("waiting until the table is gone")
	for again := firstLook; ; again = min(again*3/2, mostLook) {
		if _, err := m.describe(ctx); errors.Is(err, ErrNoTable) {
			return nil
		} else if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
}
