package dynamo

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/lineage"
)

// TestWatchedByTwo: who changes a watch that somebody else changed meanwhile is told so,
// and changes nothing: whether he reads the other's before he writes, or not.
func TestWatchedByTwo(t *testing.T) {
	c := newCast(t)
	of := func(account string) *lineage.Watch {
		return &lineage.Watch{Accounts: []string{account}, Uses: lineage.NoUses}
	}
	first := of("111111111111")
	c.make(t, MakeOptions{Watch: first})
	one, two := c.open(t, c.writer), c.open(t, c.writer)
	if err := two.SetWatch(t.Context(), two.Watch(), of("222222222222")); err != nil {
		t.Fatal(err)
	}
	if err := one.SetWatch(t.Context(), one.Watch(), of("333333333333")); !errors.Is(err, ErrWatchChanged) || one.Watch().Accounts[0] != "222222222222" {
		t.Errorf("%v, and it takes %+v", err, one.Watch())
	}
	// By the item itself: the call that is waited for cannot be made meanwhile.
	put := func(w *lineage.Watch) {
		out, err := two.client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &two.table, Key: metaKey.attributes(), ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Error(err)
			return
		}
		delete(out.Item, attrWatch)
		if kept, _ := watchText(w); kept != "" {
			out.Item[attrWatch] = text(kept)
		}
		if _, err := two.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &two.table, Item: out.Item}); err != nil {
			t.Error(err)
		}
	}
	for _, next := range []*lineage.Watch{of("444444444444"), nil, of("555555555555")} {
		c.Before(t, "dynamodb:UpdateItem", 1, func() { put(next) })
		if err := one.SetWatch(t.Context(), one.Watch(), first); !errors.Is(err, ErrWatchChanged) || !reflect.DeepEqual(one.Watch(), next) {
			t.Errorf("%v, and it takes %+v; want %+v", err, one.Watch(), next)
		}
	}
	if err := one.SetWatch(t.Context(), one.Watch(), first); err != nil || !reflect.DeepEqual(c.open(t, c.writer).Watch(), first) {
		t.Errorf("%v, %+v, before %+v", err, one.Watch(), one.Before())
	}
}
