package remote_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// bucket is a log as it lies in a bucket: files by account and region, by stamp.
type bucket struct {
	files map[[2]string][]source.Item
	lists atomic.Int64
}

// lateness is how late the organisations' files can be: a trail of theirs that
// writes every 13 minutes has records of nine minutes before.
const lateness = 22 * 60

// put makes a bucket of the log files of an organisation.
func put(org *synth.Org) *bucket {
	b := &bucket{files: map[[2]string][]source.Item{}}
	met := map[string]bool{}
	for f := range org.Files() {
		at := cloudtrail.ParseLogFileName("s3://logs/" + f.Name)
		if at.Kind != cloudtrail.LogFileKind || met[at.URI] {
			continue
		}
		met[at.URI] = true
		body := f.Gzip()
		where := [2]string{at.Account, at.Region}
		b.files[where] = append(b.files[where], source.Item{
			LogFile: at, Size: int64(len(body)),
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		})
	}
	for _, files := range b.files {
		slices.SortFunc(files, func(x, y source.Item) int { return cmp.Compare(x.Delivered, y.Delivered) })
	}
	return b
}

func (b *bucket) List(_ context.Context, windows ...source.Window) ([]source.Item, error) {
	b.lists.Add(1)
	var found []source.Item
	for _, f := range b.files[[2]string{windows[0].Account, windows[0].Region}] {
		if slices.ContainsFunc(windows, func(w source.Window) bool {
			return (w.Since == 0 || f.Delivered >= w.Since) && (w.Until == 0 || f.Delivered <= w.Until+lateness)
		}) {
			found = append(found, f)
		}
	}
	return found, nil
}

func (b *bucket) Accounts(context.Context) ([]string, error) {
	b.lists.Add(1)
	var all []string
	for at := range b.files {
		all = append(all, at[0])
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func (b *bucket) Regions(_ context.Context, account string) ([]string, error) {
	b.lists.Add(1)
	var all []string
	for at := range b.files {
		if at[0] == account {
			all = append(all, at[1])
		}
	}
	slices.Sort(all)
	return all, nil
}

func (b *bucket) Span(_ context.Context, account, region string) (lineage.Span, error) {
	span := lineage.Span{Account: account, Region: region}
	for _, f := range b.files[[2]string{account, region}] {
		span.Add(f.LogFile)
	}
	return span, nil
}

// whole reads all of the bucket.
func (b *bucket) whole(t testing.TB) *memory.Store {
	t.Helper()
	var all []source.Item
	for _, files := range b.files {
		all = append(all, files...)
	}
	s := memory.New()
	_, _, err := ingest.Pump(t.Context(), &items{all}, s, ingest.Options{OnError: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type items struct{ left []source.Item }

func (i *items) Next(context.Context) (source.Delivery, error) {
	if len(i.left) == 0 {
		return source.Delivery{}, io.EOF
	}
	next := i.left[0]
	i.left = i.left[1:]
	return source.Delivery{Items: []source.Item{next}}, nil
}

// at are the files of an account.
func (b *bucket) at(account string) []source.Item {
	var all []source.Item
	for at, files := range b.files {
		if at[0] == account {
			all = append(all, files...)
		}
	}
	return all
}
