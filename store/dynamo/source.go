package dynamo

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Source hands out a table as log files of our own making, to be read into a store:
//
//	dynamodb://TABLE/<account>/<day>/<shard>/<n>.json.gz    up to 4,096 events
//	dynamodb://TABLE/scan/<segment>/<n>.json.gz             likewise, of a table of AWS's text
//	dynamodb://TABLE/<URI>                                  a log file that the table has read, without its records
//
// The version of the first two is the hash of what is in them: a store that has them
// already reads only what has changed.
//
// A record that does not tell the account that it was delivered to comes in an
// envelope of EventBridge that does, so that it is the same event. Two things do not
// come through: session tokens, and with them the identity of a record without an
// event id that held one, which is the hash of its bytes.
type Source struct {
	store   *Store
	windows []source.Window
	strays  bool // what AWS's program put, and no other
	alone   bool // each record by itself, as it was put
	coming  chan delivered
}

type delivered struct {
	item source.Item
	err  error
}

// Source is the table as a source: of ours the events of these windows, of all times
// where there are none, and the log files that they came in; of one of AWS's text
// all that is there, whatever the windows. It is read once.
func (s *Store) Source(windows ...source.Window) *Source {
	return &Source{store: s, windows: windows, strays: s.meta.Load() == nil}
}

// Strays is what the program of AWS's text has put into a table of ours, to be put
// into that table, and nowhere else, as ours: each record a log file of its own, named
// as [Make] names it. The whole table is read for it.
func (s *Store) Strays() *Source { return &Source{store: s, strays: true, alone: true} }

// Next returns the next log file, and io.EOF after the last. It reads ahead until
// the context of the first call ends.
func (s *Source) Next(ctx context.Context) (source.Delivery, error) {
	if s.coming == nil {
		s.coming = make(chan delivered)
		go s.read(ctx, s.coming)
	}
	select {
	case d, ok := <-s.coming:
		switch {
		case !ok && ctx.Err() != nil:
			return source.Delivery{}, ctx.Err()
		case !ok:
			return source.Delivery{}, io.EOF
		case d.err != nil:
			return source.Delivery{}, d.err
		}
		return source.Delivery{Items: []source.Item{d.item}}, nil
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

func (s *Source) read(ctx context.Context, to chan<- delivered) {
	defer close(to)
	give := func(i source.Item, err error) bool {
		select {
		case to <- delivered{i, err}:
			return err == nil
		case <-ctx.Done():
			return false
		}
	}
	if s.strays {
		s.scan(ctx, give)
		return
	}
	if s.readDays(ctx, give) && s.store.Watch() == nil {
		s.readFiles(ctx, give)
	}
}

// readDays gives the events, day by day; false: no more is wanted.
func (s *Source) readDays(ctx context.Context, give func(source.Item, error) bool) bool {
	days, err := s.store.daysIn(ctx, s.windows)
	if err != nil {
		return give(source.Item{}, err)
	}
	s.store.expectDays(len(days))
	for _, d := range days {
		for shard := range shards {
			if !s.readShard(ctx, d, shard, give) {
				return false
			}
		}
	}
	return true
}

// daysIn are the days with events of which windows want something.
func (s *Store) daysIn(ctx context.Context, windows []source.Window) ([]accountDay, error) {
	from, to := spanOf(windows)
	days, err := s.days(ctx, from, to)
	if len(windows) == 0 {
		return days, err
	}
	return slices.DeleteFunc(days, func(d accountDay) bool {
		return !slices.ContainsFunc(windows, func(w source.Window) bool {
			return (w.Account == "" || w.Account == d.account) &&
				(w.Since.IsZero() || d.day >= dayText(clampTime(w.Since))) && (w.Until.IsZero() || d.day <= dayText(clampTime(w.Until)))
		})
	}), err
}

func (s *Source) wants(e *event) bool {
	return len(s.windows) == 0 || slices.ContainsFunc(s.windows, func(w source.Window) bool {
		return (w.Account == "" || w.Account == e.ID.Recipient) && (w.Region == "" || w.Region == e.Region) && within(e.Time, w.Since, w.Until)
	})
}

// readShard gives the events of one partition of byTime.
func (s *Source) readShard(ctx context.Context, d accountDay, shard int, give func(source.Item, error) bool) bool {
	files := filing{table: s.store.table, path: []string{d.account, d.day, strconv.Itoa(shard)}, give: give}
	from, to := s.span(d)
	a := between(dayShard(d.account, d.day, shard), from, to)
	a.of = indexTime
	for page, err := range s.store.pages(ctx, a) {
		if err != nil {
			return give(source.Item{}, err)
		}
		for _, i := range page {
			e, raw, err := s.store.readWhole(ctx, i, false)
			if err == nil && e.dayKey() != a.partition {
				err = errOtherDay
			}
			if err != nil {
				if ctx.Err() != nil {
					return false
				}
				if !s.unread(keyOf(i), err, give) {
					return false
				}
				continue
			}
			if s.wants(e) && !files.add(e, raw) {
				return false
			}
		}
	}
	return files.flush()
}

// span is what of a day all windows together want.
func (s *Source) span(d accountDay) (from, to cloudtrail.Time) {
	return spanOf(slices.DeleteFunc(slices.Clone(s.windows), func(w source.Window) bool { return w.Account != "" && w.Account != d.account }))
}

// spanOf is the span of time in which all windows are; zero is open.
func spanOf(windows []source.Window) (from, to cloudtrail.Time) {
	for n, w := range windows {
		if n == 0 {
			from, to = w.Since, w.Until
			continue
		}
		if from = min(from, w.Since); w.Since.IsZero() {
			from = 0
		}
		if !to.IsZero() {
			to = max(to, w.Until)
		}
		if w.Until.IsZero() {
			to = 0
		}
	}
	return from, to
}

// readFiles gives the log files, without their records: their names tell what is
// covered. Of those that were read under a watch that is so no more not all is here.
func (s *Source) readFiles(ctx context.Context, give func(source.Item, error) bool) {
	empty := source.Pack([]byte(noRecords)) // as their names say
	for f, err := range s.store.filesRead(ctx) {
		if err != nil {
			give(source.Item{}, err)
			return
		}
		// What is a table's, too, and covers nothing is no log file.
		if strings.HasPrefix(f.URI, Scheme) && f.Kind != cloudtrail.LogFileKind {
			continue
		}
		if f.watch != "" || len(s.windows) > 0 && !slices.ContainsFunc(s.windows, func(w source.Window) bool { return w.May(f.LogFile) }) {
			continue
		}
		f.URI = Scheme + s.store.table + "/" + f.URI
		if !give(source.Item{LogFile: f.LogFile, Size: int64(len(empty)), Open: opener(empty)}, nil) {
			return
		}
	}
}

// Estimate is what [Store.Source] reads at most of these windows, as far as DynamoDB
// tells: it counts a table's bytes every six hours or so (API Reference,
// TableDescription).
func (s *Store) Estimate(ctx context.Context, windows ...source.Window) (Cost, error) {
	if s.meta.Load() == nil {
		t, err := s.describe(ctx)
		if err != nil {
			return Cost{}, err
		}
		return costOfBytes(float64(aws.ToInt64(t.TableSizeBytes))), nil
	}
	days, err := s.daysIn(ctx, windows)
	if err != nil {
		return Cost{}, err
	}
	one, err := s.perDay(ctx)
	return costOf(one.Units * float64(len(days))), err
}
