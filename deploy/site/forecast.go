package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// Expecting is what is to be foretold.
type Expecting struct {
	Bucket, Region, Prefix string
	Day                    time.Time // any moment of it, UTC; zero: yesterday
	// Units are the write request units that a record costs, 0 for one that the table's
	// watch leaves out. UnitsAFile are those of a log file itself.
	Units      func(*cloudtrail.Record) float64
	UnitsAFile float64
}

// Forecast is what a day is likely to bring, drawn from a sample of a day's log files.
type Forecast struct {
	Day       string // 2026-11-02
	Files     int    // of that day
	Bytes     int64  // of them, as they lie there
	Exact     bool   // all were listed; else Files and Bytes are estimated
	Read      int    // files of the sample
	ReadBytes int64

	Records     float64 // a day
	Taken       float64 // of them, by the watch
	Units       float64 // write request units a day
	Invocations float64 // of the function a day, at most: a notice for each file, if none came together

	Empty      bool   // there is no log file of that day
	Unreadable string // why nothing could be read, "" where something could
}

// How is how a forecast was made, in words.
func (f *Forecast) How() string {
	switch {
	case f.Unreadable != "":
		return "no estimate: " + f.Unreadable
	case f.Empty:
		return "no estimate: there is no log file of " + f.Day + " (UTC)"
	}
	listed := fmt.Sprintf("%d log files, %s, of %s (UTC)", f.Files, size(f.Bytes), f.Day)
	if !f.Exact {
		listed = "about " + listed
	}
	if f.Exact && f.Read == f.Files {
		return "an estimate: " + listed + " were read"
	}
	return fmt.Sprintf("an estimate: of %s, %d with %s were read, and the rest taken to be like them by its size", listed, f.Read, size(f.ReadBytes))
}

// size is a number of bytes as people read it.
func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// What a forecast reads, at most: a second or two, and a hundredth of a cent.
const (
	mostListed = 20_000
	mostRead   = 48
	mostBytes  = 16 << 20
	mostOfOne  = 64 << 20 // of one file, decompressed
)

// Forecast looks at a day's log files: at a bounded list of them, and into a few that
// are spread over it. What AWS refuses, or what is not there, is in the forecast.
func (s *Site) Forecast(ctx context.Context, e Expecting) (*Forecast, error) {
	day := e.Day
	if day.IsZero() {
		day = time.Now().Add(-24 * time.Hour)
	}
	from := day.UTC().Truncate(24 * time.Hour)
	f := &Forecast{Day: from.Format(time.DateOnly)}
	empty, err := s.nothing(ctx, e)
	if err != nil {
		return f.failed(ctx, s.explain(ctx, err, "list log files", "s3:ListBucket", s.bucketARN(e.Bucket)))
	}
	if f.Empty = empty; empty {
		return f, nil
	}
	items, err := s.dayOf(ctx, e, from, f)
	if err != nil {
		return f.failed(ctx, err)
	}
	if f.Empty = len(items) == 0; f.Empty {
		return f, nil
	}
	sum, err := s.sample(ctx, e, items, f)
	if err != nil {
		return f.failed(ctx, err)
	}
	scale := float64(f.Bytes) / float64(max(f.ReadBytes, 1))
	f.Records, f.Taken = sum.records*scale, sum.taken*scale
	f.Units = sum.units*scale + e.UnitsAFile*float64(f.Files)
	f.Invocations = float64(f.Files)
	return f, nil
}

// failed is a forecast that could not be made. Only who gave up gets an error.
func (f *Forecast) failed(ctx context.Context, err error) (*Forecast, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f.Unreadable = "no log file could be read"
	if err != nil {
		f.Unreadable = err.Error()
	}
	return f, nil
}

// dayOf lists the log files that were delivered on a day, some of them where there are
// very many.
func (s *Site) dayOf(ctx context.Context, e Expecting, from time.Time, f *Forecast) ([]source.Item, error) {
	ctx, stop := context.WithCancel(ctx) // what lists on
	defer stop()
	log, err := bucket.Open(ctx, s.in(e.Region), bucket.Scheme+e.Bucket+"/"+e.Prefix, bucket.Options{})
	if err != nil {
		return nil, err
	}
	since, until := cloudtrail.TimeOf(from), cloudtrail.TimeOf(from.Add(24*time.Hour))
	lister := log.Within(source.Window{Since: since, Until: until - 1})
	lister.Known = func(context.Context, cloudtrail.LogFile) (bool, error) { return true, nil } // none is fetched ahead
	all, err := lister.Survey(ctx)
	if err != nil {
		return nil, err
	}
	var items []source.Item
	var size int64
	for seen := 0; seen < mostListed; seen++ {
		d, err := lister.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, i := range d.Items {
			if i.PassOver == "" && (i.Delivered == 0 || i.Delivered >= since && i.Delivered < until) {
				items, size = append(items, i), size+i.Size
			}
		}
	}
	if f.Exact = all.Exact; f.Exact {
		f.Files, f.Bytes = len(items), size
	} else {
		f.Files, f.Bytes = max(all.Files, len(items)), max(all.Bytes, size)
	}
	return items, nil
}

// nothing reports whether there is no object under the prefix.
func (s *Site) nothing(ctx context.Context, e Expecting) (bool, error) {
	out, err := s.s3(e.Region).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &e.Bucket, Prefix: &e.Prefix, MaxKeys: aws.Int32(1)})
	return err == nil && len(out.Contents) == 0, err
}

// counted is what was found in the files of a sample.
type counted struct{ records, taken, units float64 }

// leastShare is of which part of the bytes that it meant to read a sample has to have read:
// what a few small files hold says nothing of large ones.
const leastShare = 4 // a quarter

// sample reads some of the files, spread evenly over accounts, regions and hours. One
// that cannot be read is passed over; the first reason is an error where most are so.
func (s *Site) sample(ctx context.Context, e Expecting, items []source.Item, f *Forecast) (counted, error) {
	slices.SortFunc(items, func(a, b source.Item) int { return strings.Compare(a.URI, b.URI) })
	var sum counted
	var failed error
	var meant int64
	unpacker := source.NewUnpacker(source.NewBudget(0, mostOfOne, 1))
	decoder := new(cloudtrail.Decoder)
	step := float64(len(items)) / float64(min(mostRead, len(items)))
	for at := step / 2; int(at) < len(items) && f.ReadBytes < mostBytes; at += step {
		item := items[int(at)]
		meant += item.Size
		if item.Size > mostBytes {
			if failed == nil {
				failed = fmt.Errorf("log files as %s are too large to be read for one: %s", item.URI, size(item.Size))
			}
			continue
		}
		var one counted
		_, err := unpacker.Pieces(ctx, item, func(p source.Piece) bool {
			for r, err := range decoder.Records(p.Plain) {
				if err != nil {
					continue
				}
				one.records++
				if units := e.Units(r); units > 0 {
					one.taken, one.units = one.taken+1, one.units+units
				}
			}
			return true
		})
		switch {
		case ctx.Err() != nil:
			return sum, ctx.Err()
		case err != nil && failed == nil:
			failed = err
		}
		if err == nil {
			f.Read, f.ReadBytes = f.Read+1, f.ReadBytes+item.Size
			sum.records, sum.taken, sum.units = sum.records+one.records, sum.taken+one.taken, sum.units+one.units
		}
	}
	if f.ReadBytes >= meant/leastShare && f.Read > 0 {
		return sum, nil
	}
	return sum, failed
}
