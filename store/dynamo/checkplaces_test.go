package dynamo

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestCheckPlaces: days and spans that are gone, or are not what they should be, are
// named, with the item to put there: with it all is whole.
func TestCheckPlaces(t *testing.T) {
	cfg := stack.Start(t).Account(account).Config()
	s := fresh(t, cfg, Options{Write: true})
	add(t, s, logFile(firstFile, tableIssued, tableUse))
	check := func() map[string]Finding {
		all := map[string]Finding{}
		if _, err := s.Check(t.Context(), func(f Finding) { all[f.Item] = f }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if found := check(); len(found) > 0 {
		t.Fatalf("of a whole table: %v", found)
	}
	day := daysKey(account, "2026-01-02")
	f := logFile(firstFile).LogFile
	reach := spanKey(f.Account, f.Region)
	put := func(i item) {
		if _, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.table, Item: i}); err != nil {
			t.Fatal(err)
		}
	}
	for name, harm := range map[string]func(k itemKey, i item){
		"deleted": func(k itemKey, _ item) {
			if _, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.table, Key: k.attributes()}); err != nil {
				t.Fatal(err)
			}
		},
		"forged": func(_ itemKey, i item) { put(changed(i, attrAccount, text("999999999999"))) },
		"narrow": func(k itemKey, i item) {
			if k == reach {
				put(changed(i, attrNewest, number(1), attrFirst, number(1)))
			}
		},
	} {
		var want []itemKey
		for _, k := range []itemKey{day, reach} {
			before, err := s.get(t.Context(), k, "")
			if err != nil || len(before) == 0 {
				t.Fatalf("%s: %s: %v, %v", name, k, before, err)
			}
			harm(k, before)
			if name != "narrow" || k == reach {
				want = append(want, k)
			}
		}
		found := check()
		for _, k := range want {
			one := found[k.String()]
			if one.Remedy != RemedyPut || one.Problem == "" {
				t.Errorf("%s: %s is not named: %v", name, k, found)
				continue
			}
			delete(found, k.String())
			put(fromJSON(t, one.Put))
		}
		if len(found) > 0 {
			t.Errorf("%s: named too: %v", name, found)
		}
		if found := check(); len(found) > 0 {
			t.Fatalf("%s: with what was to be put: %v", name, found)
		}
	}
}

func fromJSON(t *testing.T, put string) item {
	t.Helper()
	var all map[string]map[string]string
	if err := json.Unmarshal([]byte(put), &all); err != nil {
		t.Fatal(err)
	}
	i := item{}
	for name, value := range all {
		for as, v := range value {
			if i[name] = text(v); as == "N" {
				i[name] = &types.AttributeValueMemberN{Value: v}
			}
		}
	}
	return i
}
