package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// breaking is a store that is broken by one record.
type breaking struct {
	*memory.Store
	finished map[string]error
}

func (b *breaking) Add(ctx context.Context, f source.File) (kept, duplicate int, err error) {
	for r := range f.Records {
		if r.EventID == "bad" {
			panic(string(r.Raw))
		}
		kept++
	}
	return kept, 0, nil
}

func (b *breaking) Finish(_ context.Context, f cloudtrail.LogFile, failed error) error {
	b.finished[f.URI] = failed
	return nil
}

type twoDeliveries []source.Delivery

func (d *twoDeliveries) Next(context.Context) (next source.Delivery, err error) {
	if len(*d) == 0 {
		return next, io.EOF
	}
	next, *d = (*d)[0], (*d)[1:]
	return next, nil
}

// TestGuarded: a panic costs the delivery that it came about, and tells nothing of
// what was read.
func TestGuarded(t *testing.T) {
	broken := &breaking{memory.New(), map[string]error{}}
	store := &guarded{Store: broken}
	settled := map[string]error{}
	var all twoDeliveries
	for _, id := range []string{"bad", "good"} {
		d := source.Delivery{
			Items: []source.Item{{LogFile: cloudtrail.LogFile{URI: id}, Open: func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader([]byte(record(id)))), nil
			}}},
			Settle: func(_ context.Context, err error) error { settled[id] = err; return nil },
		}
		store.guard(&d)
		all = append(all, d)
	}
	files, _, err := ingest.Pump(t.Context(), &all, store, ingest.Options{Workers: 1})
	if err != nil || files.Read != 2 {
		t.Errorf("%+v, %v", files, err)
	}
	if err := settled["bad"]; err == nil || broken.finished["bad"] == nil || !strings.Contains(err.Error(), "breaking).Add") || strings.Contains(err.Error(), "ListBuckets") {
		t.Errorf("bad: %v", err)
	}
	if err, ok := settled["good"]; !ok || err != nil || broken.finished["good"] != nil {
		t.Errorf("good: %v, %v", settled, broken.finished)
	}
}

// TestReason leads to the function's environment, and not to the program's flags.
func TestReason(t *testing.T) {
	for text, want := range map[string]string{
		"sessionToken=" + secret:     "sessionToken=REDACTED",
		strings.Repeat("long ", 1e4): "long ",
	} {
		if got := reason(errors.New(text)); !strings.Contains(got, want) || len(got) > mostText+len("…") {
			t.Errorf("%s", got)
		}
	}
	read := func(budget *source.Budget) error {
		_, err := source.NewUnpacker(budget).Pieces(t.Context(), source.Item{LogFile: cloudtrail.LogFile{URI: "a"}, Size: 5 << 20, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(logFile(strings.Repeat(" ", 4<<20)))), nil
		}}, func(source.Piece) bool { return true })
		return err
	}
	lacking := read(source.NewBudget(4<<20, 0, 1))
	large, _ := errors.AsType[*source.TooLargeError](lacking)
	c := config{memory: memoryFor(large.Memory) << 20}
	if err := read(source.NewBudget(c.budget(), 0, 1)); err != nil {
		t.Errorf("with the memory that would do: %v", err)
	}
	all := errors.Join(lacking, read(source.NewBudget(0, 1<<20, 1)), errors.New("another"))
	want := fmt.Sprintf("a: larger than 1 MiB when decompressed, which is what the memory of the function leaves for one file, not read: if it is what you expect, "+
		"give the function more, as far as can be told: aws lambda update-function-configuration --memory-size %d\n"+
		"a: larger than 1 MiB when decompressed, not read: if it is what you expect, raise "+envMaxFile+"\nanother", c.memory>>20)
	if diff := cmp.Diff(want, reason(all)); diff != "" {
		t.Error(diff)
	}
}
