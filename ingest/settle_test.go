package ingest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// diary is a store that writes down the order of what is asked of it, and fails
// to add one file.
type diary struct {
	*memory.Store
	refuse string

	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) Add(ctx context.Context, f source.File) (int, int, error) {
	d.note("add " + f.URI)
	if f.URI == d.refuse {
		return 0, 0, errors.New("disk full")
	}
	return d.Store.Add(ctx, f)
}

func (d *diary) Finish(_ context.Context, f cloudtrail.LogFile, _ error) error {
	d.note("finish " + f.URI)
	return nil
}

func (d *diary) Commit(ctx context.Context) error {
	d.note("commit begins")
	defer d.note("commit ends")
	return d.Store.Commit(ctx)
}

// settles makes a delivery whose settlement is written down.
func (d *diary) settles(name string, items ...source.Item) source.Delivery {
	return source.Delivery{Items: items, Settle: func(ctx context.Context, err error) error {
		if ctx.Err() != nil {
			d.note("too late for " + name)
		}
		d.note(strings.TrimSpace(fmt.Sprintf("settle %s %v", name, err)))
		return nil
	}}
}

// check holds every settlement to the rule: a whole commit stands between the
// end of each of its files and itself.
func (d *diary) check(t *testing.T, files map[string][]string) (settled map[string]int) {
	t.Helper()
	settled = map[string]int{}
	for at, line := range d.lines {
		rest, ok := strings.CutPrefix(line, "settle ")
		if !ok {
			if strings.HasPrefix(line, "too late") {
				t.Error(line)
			}
			continue
		}
		name, _, _ := strings.Cut(rest, " ")
		settled[name]++
		before := d.lines[:at]
		ends := lastIndex(before, "commit ends")
		begins := lastIndex(before[:max(ends, 0)], "commit begins")
		for _, uri := range files[name] {
			if last := max(lastIndex(before, "finish "+uri), lastIndex(d.lines, "add "+uri)); last < 0 || last > begins {
				t.Errorf("%s is settled at %d, the commit began at %d, %s was last touched at %d", name, at, begins, uri, last)
			}
		}
		if settled[name] > 1 {
			t.Errorf("%s is settled %d times", name, settled[name])
		}
	}
	return settled
}

func lastIndex(lines []string, line string) int {
	for i, l := range slices.Backward(lines) {
		if l == line {
			return i
		}
	}
	return -1
}

// from hands out what a function makes, until there is no more.
type from func(ctx context.Context, n int) (source.Delivery, error)

type counting struct {
	from
	n int
}

func (c *counting) Next(ctx context.Context) (source.Delivery, error) {
	c.n++
	return c.from(ctx, c.n-1)
}

// until waits for something that is to happen soon.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for range 2000 {
		if happened() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("it did not come to pass: %s", what)
}

func (d *diary) has(prefix string) bool { return d.count(prefix) > 0 }

func (d *diary) count(prefix string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lines {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

func unreadable(uri string) source.Item {
	item := text(uri, "")
	item.Open = func(context.Context) (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
	return item
}

// TestPumpSettlesAsItGoes: deliveries of one file and of many, some damaged,
// some passed over, some named twice.
func TestPumpSettlesAsItGoes(t *testing.T) {
	d := &diary{Store: memory.New()}
	files := map[string][]string{}
	deliveries := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
		if n == 600 {
			return source.Delivery{}, io.EOF
		}
		name := fmt.Sprintf("d%d", n)
		var items []source.Item
		for i := range n % 7 {
			uri := fmt.Sprintf("f%d-%d", n, i)
			files[name] = append(files[name], uri)
			items = append(items, text(uri, one))
		}
		switch n % 5 {
		case 0:
			items = append(items, source.Item{PassOver: "a digest"})
		case 1:
			items = append(items, unreadable("bad"+name))
			files[name] = append(files[name], "bad"+name)
		case 2:
			items = append(items, items...)
		}
		return d.settles(name, items...), nil
	}}
	_, _, err := ingest.Pump(t.Context(), deliveries, d, ingest.Options{Workers: 4, SettleEvery: 200 * time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	// Has of the memory store tells of a file that is added, so a second reading
	// in the same delivery may find it there: only the first is in the diary.
	if settled := d.check(t, files); len(settled) != 600 {
		t.Errorf("%d of 600 are settled", len(settled))
	}
	for _, line := range d.lines {
		if bad := strings.Contains(line, "cannot be opened"); bad != (strings.HasPrefix(line, "settle d") && strings.Contains(line, "badd")) {
			t.Errorf("settled as: %s", line)
		}
	}
	if n := len(slices.DeleteFunc(d.lines, func(l string) bool { return l != "commit begins" })); n < 3 {
		t.Errorf("%d commits: nothing was settled on the way", n)
	}
}

// TestPumpWaitsForAllOfADelivery: one file of many is slow; what came in the
// meantime is settled, its own delivery is not; nor is another one that names
// the slow file.
func TestPumpWaitsForAllOfADelivery(t *testing.T) {
	d := &diary{Store: memory.New()}
	goOn := make(chan struct{})
	slow := text("slow", two)
	slow.Open = func(context.Context) (io.ReadCloser, error) {
		<-goOn
		return nil, io.ErrClosedPipe
	}
	deliveries := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
		switch n {
		case 0:
			return d.settles("large", text("a", one), slow, text("b", three)), nil
		case 1:
			until(t, "the slow file is being read", func() bool { return d.has("finish b") })
			return d.settles("twin", slow), nil
		case 2:
			return d.settles("small", text("c", one)), nil
		}
		until(t, "the small one is settled", func() bool { return d.has("settle small") })
		if d.has("settle large") || d.has("settle twin") {
			t.Error("settled before the slow file was read")
		}
		close(goOn)
		return source.Delivery{}, io.EOF
	}}
	files, _, err := ingest.Pump(t.Context(), deliveries, d, ingest.Options{Workers: 3, SettleEvery: time.Millisecond})
	if err != nil || files != (ingest.Counts{Read: 5, Kept: 3, Duplicate: 1, Failed: 1}) {
		t.Errorf("%+v, %v", files, err)
	}
	d.check(t, map[string][]string{"large": {"a", "b", "slow"}, "twin": {"slow"}, "small": {"c"}})
	for _, name := range []string{"large", "twin"} {
		if !d.has("settle " + name + " slow: cannot be opened") {
			t.Errorf("%s is not settled with what went wrong: %q", name, d.lines)
		}
	}
}

// TestPumpStops: a stopped run commits, settles what is whole, and no more.
func TestPumpStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := &diary{Store: memory.New()}
	stuck := text("stuck", two)
	stuck.Open = func(ctx context.Context) (io.ReadCloser, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	endless := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
		if n == 50 {
			return d.settles("half", text("half", two), stuck), nil
		}
		uri := fmt.Sprintf("f%d", n)
		return d.settles(uri, text(uri, one)), nil
	}}
	files, records, err := ingest.Pump(ctx, endless, d, ingest.Options{Workers: 2, Progress: func(p ingest.Progress) {
		if p.Files.Read > 100 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || files.Read < 100 || records.Kept != 2 {
		t.Errorf("%v, %+v, %+v", err, files, records)
	}
	r := run{store: d.Store}
	if len(r.rows(t)) != 2 {
		t.Error("what was read until then is not there")
	}
	settled := d.check(t, map[string][]string{"f0": {"f0"}, "f99": {"f99"}})
	if settled["f0"] != 1 || settled["half"] != 0 {
		t.Errorf("settled: %v", settled)
	}
}

func TestPumpSettlesNothingMoreOnceTheStoreFails(t *testing.T) {
	d := &diary{Store: memory.New(), refuse: "f10"}
	deliveries := &counting{from: func(ctx context.Context, n int) (source.Delivery, error) {
		switch {
		case n == 10:
			until(t, "the first ones are settled", func() bool { return d.count("settle ") == 10 })
		case n > 10:
			<-ctx.Done()
		}
		uri := fmt.Sprintf("f%d", n)
		return d.settles(uri, text(uri, one)), ctx.Err()
	}}
	_, _, err := ingest.Pump(t.Context(), deliveries, d, ingest.Options{Workers: 2, SettleEvery: time.Millisecond})
	if err == nil || err.Error() != "store: disk full" {
		t.Errorf("error: %v", err)
	}
	if settled := d.check(t, nil); len(settled) != 10 {
		t.Errorf("settled: %v", settled)
	}
}

// TestPumpStoreFailsAmongSettlements: of what one commit holds, no more is
// settled once the store has failed.
func TestPumpStoreFailsAmongSettlements(t *testing.T) {
	d := &diary{Store: memory.New(), refuse: "bad"}
	settling := make(chan struct{})
	bad := text("bad", two)
	bad.Open = func(context.Context) (io.ReadCloser, error) {
		<-settling
		return io.NopCloser(strings.NewReader(two)), nil
	}
	settled := 0
	slow := func(context.Context, error) error {
		if settled++; settled == 1 {
			close(settling)
			until(t, "the store fails", func() bool { return d.has("add bad") })
			time.Sleep(20 * time.Millisecond) // until the pump knows
		}
		return nil
	}
	deliveries := &given{
		{Items: []source.Item{text("a", one)}, Settle: slow},
		{Items: []source.Item{text("b", one)}, Settle: slow},
		{Items: []source.Item{bad}},
	}
	_, _, err := ingest.Pump(t.Context(), deliveries, d, ingest.Options{Workers: 2, SettleEvery: 50 * time.Millisecond})
	if err == nil || settled != 1 {
		t.Errorf("%d settled, %v", settled, err)
	}
}

func TestPumpSettleFails(t *testing.T) {
	down := errors.New("no network")
	tried := 0
	deliveries := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
		if n == 3 {
			return source.Delivery{}, io.EOF
		}
		return source.Delivery{Items: []source.Item{text(fmt.Sprint(n), one)}, Settle: func(context.Context, error) error {
			if tried++; tried == 2 {
				return nil
			}
			return down
		}}, nil
	}}
	var told []string
	_, records, err := ingest.Pump(t.Context(), deliveries, memory.New(), ingest.Options{OnError: func(err error) { told = append(told, err.Error()) }})
	if !errors.Is(err, down) || !strings.Contains(err.Error(), "they will come again: 2, the first") || records.Kept != 1 || tried != 3 {
		t.Errorf("%v, %+v, %d settlements", err, records, tried)
	}
	if len(told) != 2 || told[0] != "not settled, so it will come again: no network" {
		t.Errorf("told: %q", told)
	}
}

// TestPumpForgetsWhatIsSettled: a run that follows a queue goes on for months.
func TestPumpForgetsWhatIsSettled(t *testing.T) {
	var first weak.Pointer[[1 << 10]byte]
	settled := make(chan struct{})
	deliveries := &counting{from: func(_ context.Context, n int) (source.Delivery, error) {
		switch n {
		case 0:
			message := new([1 << 10]byte)
			first = weak.Make(message)
			return source.Delivery{Items: []source.Item{text("a", one)}, Settle: func(context.Context, error) error {
				message[0]++
				close(settled)
				return nil
			}}, nil
		case 1:
			<-settled
			return source.Delivery{Items: []source.Item{text("b", one), text("c", one), text("d", one)}}, nil
		}
		until(t, "what was settled is forgotten", func() bool {
			runtime.GC()
			return first.Value() == nil
		})
		return source.Delivery{}, io.EOF
	}}
	if _, _, err := ingest.Pump(t.Context(), deliveries, memory.New(), ingest.Options{Workers: 1, SettleEvery: time.Millisecond}); err != nil {
		t.Error(err)
	}
}

// stopping is a store that is stopped in the middle of a file.
type stopping struct {
	*memory.Store
	stop func()
}

func (s *stopping) Add(ctx context.Context, f source.File) (int, int, error) {
	s.stop()
	kept, duplicates, err := s.Store.Add(ctx, f)
	return kept, duplicates, cmp.Or(err, ctx.Err())
}

// TestPumpCountsWhatWasStopped: what a store took in of a file until the run was
// stopped is committed, so it counts.
func TestPumpCountsWhatWasStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := run{store: memory.New()}
	_, records, err := ingest.Pump(ctx, &given{{Items: []source.Item{text("a", one+"\n"+two)}}}, &stopping{r.store, cancel}, ingest.Options{})
	if n := len(r.rows(t)); !errors.Is(err, context.Canceled) || n != 2 || records != (ingest.Counts{Read: n, Kept: n}) {
		t.Errorf("%d rows, %+v, %v", n, records, err)
	}
}
