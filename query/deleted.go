package query

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// LeftBehind is a long-term key or a role that was made or changed on the way.
type LeftBehind struct {
	*lineage.Fact                 // the first call; a role's others are counted
	Calls         int             // that made or changed it
	Deleted       cloudtrail.Time // when a later call took it away, zero if none is in the logs
}

// deletions are the calls that took keys and roles away, by account and key id
// or role name.
type deletions map[[2]string][]cloudtrail.Time

// readDeletions reads them from a moment on. A key id that is masked in the
// record matches nothing.
func readDeletions(ctx context.Context, r Reader, since cloudtrail.Time) (deletions, error) {
	found := deletions{}
	for row, err := range r.Rows(ctx, Selection{Since: since, EventNames: []string{"DeleteAccessKey", "DeleteRole"}}) {
		if err != nil {
			return nil, fmt.Errorf("reading what was deleted: %w", err)
		}
		if row.IsError() || row.EventSource != "iam.amazonaws.com" {
			continue
		}
		name := ""
		err := requestOf(ctx, r, row, func(asked cloudtrail.JSON) {
			name = asked.Get("roleName").Text()
			if row.EventName == "DeleteAccessKey" {
				name = asked.Get("accessKeyId").Text()
			}
			name = strings.Clone(name) // the decoder reuses its memory
		})
		if err != nil {
			return nil, err
		}
		at := [2]string{row.ID.Recipient, name}
		found[at] = append(found[at], row.Time)
	}
	return found, nil
}

// leftBehind folds calls by what they made or changed, by name, and finds what
// of it was deleted after the last of them.
func leftBehind(ctx context.Context, r Reader, facts []*lineage.Fact, name func(*lineage.Fact) string) ([]LeftBehind, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	gone, err := readDeletions(ctx, r, facts[0].Time)
	if err != nil {
		return nil, err
	}
	var all []LeftBehind
	at, last := map[[2]string]int{}, map[[2]string]cloudtrail.Time{}
	for _, f := range facts {
		key := [2]string{f.ID.Recipient, name(f)}
		if _, ok := at[key]; !ok {
			at[key] = len(all)
			all = append(all, LeftBehind{Fact: f})
		}
		all[at[key]].Calls++
		last[key] = max(last[key], f.Time)
	}
	for key, n := range at {
		for _, t := range gone[key] {
			if t >= last[key] {
				all[n].Deleted = cmp.Or(all[n].Deleted, t)
			}
		}
	}
	return all, nil
}

func keyOf(f *lineage.Fact) string { return f.Detail.Key }

// roleOf is the role's name: ARNs hold its path on some records alone.
func roleOf(f *lineage.Fact) string {
	return cmp.Or(f.Detail.Name, afterLast(f.Detail.ARN, '/'))
}
