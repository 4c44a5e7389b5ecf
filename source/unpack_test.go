package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

func zip(tb testing.TB, body string) string {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, body); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// item is a file of that name with these bytes.
func item(name, body string) source.Item {
	return source.Item{
		LogFile: cloudtrail.LogFile{URI: name},
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(body)), nil
		},
	}
}

// unpack returns what an item holds, piece by piece.
func unpack(tb testing.TB, b *source.Budget, it source.Item) (pieces []string, note string, err error) {
	tb.Helper()
	var at int64
	note, err = source.NewUnpacker(b).Pieces(tb.Context(), it, func(p source.Piece) bool {
		if p.Offset != at {
			tb.Errorf("%s: a piece at %d, want %d", it.URI, p.Offset, at)
		}
		if cap(p.Plain)-len(p.Plain) < cloudtrail.Padding {
			tb.Errorf("%s: a piece without padding", it.URI)
		}
		at += int64(len(p.Plain))
		pieces = append(pieces, string(p.Plain))
		clear(p.Plain[len(p.Plain) : len(p.Plain)+cloudtrail.Padding]) // as the decoder may
		return true
	})
	return pieces, note, err
}

func TestUnpack(t *testing.T) {
	const log = `{"Records":[]}`
	noise := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 2000)
	long := `{"Records":["` + noise + `"]}`
	packed := zip(t, long)
	for _, test := range []struct {
		name, file, body string
		plain            string
		problem, note    string // parts of them
	}{
		{name: "plain", file: "a.json", body: log, plain: log},
		{name: "gzip", file: "a.json.gz", body: zip(t, log), plain: log},
		{name: "gzip by its magic, not its name", file: "a.json", body: zip(t, log), plain: log},
		{name: "gzip of several members", file: "a.gz", body: zip(t, log[:5]) + zip(t, "") + zip(t, log[5:]), plain: log},
		{name: "gzip with zeros behind it", file: "a.gz", body: zip(t, log) + strings.Repeat("\x00", 512), plain: log},
		{name: "gzip of nothing", file: "a.gz", body: zip(t, ""), problem: "empty: not even an empty log file; fetch it again"},
		{name: "not gzip but JSON", file: "a.json.gz", body: " \n" + log, plain: " \n" + log, note: "is not compressed, though its name says so"},
		{name: "not gzip and not JSON", file: "a.json.gz", body: "<html>denied</html>", problem: "neither gzip, as its name says, nor JSON: fetch it again"},
		{name: "empty", file: "a.json.gz", problem: "empty: not even an empty log file; fetch it again"},
		{name: "begins like gzip", file: "a.gz", body: "\x1f\x8b\x07 and no more", problem: "begins like gzip but is not"},
		{name: "two bytes of gzip", file: "a.gz", body: "\x1f\x8b", problem: "begins like gzip but is not"},
		{name: "zstd", file: "a.json.zst", body: "\x28\xb5\x2f\xfd....", problem: "is zstd, which is not read here: decompress it first"},
		{name: "zip", file: "logs.json", body: "PK\x03\x04....", problem: "is a zip archive"},
		{name: "cut short", file: "a.gz", body: packed[:len(packed)-9], plain: long[:len(long)-9], problem: "gzip cut short; the records before that were read: fetch the file again"},
		{name: "cut short in its trailer", file: "a.gz", body: packed[:len(packed)-3], plain: long, problem: "gzip cut short"},
		{name: "wrong CRC", file: "a.gz", body: packed[:len(packed)-8] + "\x00\x00\x00\x00" + packed[len(packed)-4:], plain: long, problem: "gzip checksum (CRC) is wrong"},
		{name: "wrong size", file: "a.gz", body: packed[:len(packed)-4] + "\xff\xff\xff\xff", plain: long, problem: "gzip checksum (CRC) is wrong"},
		{name: "wrong CRC in the first of two members", file: "a.gz", body: packed[:len(packed)-8] + "\x00\x00\x00\x00" + packed[len(packed)-4:] + zip(t, log), plain: long + log, problem: "gzip checksum (CRC) is wrong"},
		{name: "rubbish behind gzip", file: "a.gz", body: zip(t, log) + "<html>denied</html>", plain: log, problem: "something that is not gzip follows"},
		{name: "damaged", file: "a.gz", body: packed[:20] + "\xff\xff\xff\xff" + packed[24:], problem: "a.gz: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			pieces, note, err := unpack(t, source.NewBudget(0, 0, 1), item(test.file, test.body))
			plain := strings.Join(pieces, "")
			switch {
			case test.name == "cut short": // where exactly is deflate's business
				if !strings.HasPrefix(long, plain) || len(plain) < len(long)/2 {
					t.Errorf("%d bytes of %d", len(plain), len(long))
				}
			case test.name == "damaged":
			case plain != test.plain:
				t.Errorf("plain: %.100q, want %.100q", plain, test.plain)
			}
			if !strings.Contains(note, test.note) || test.note == "" && note != "" {
				t.Errorf("note: %q, want %q", note, test.note)
			}
			if test.problem == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := errors.AsType[*source.Error](err)
			if !ok || e.URI != test.file || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error: %v, want %q", err, test.problem)
			}
		})
	}
}

func TestUnpackReadErrors(t *testing.T) {
	it := item("a.json", "")
	it.Open = func(context.Context) (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
	if _, _, err := unpack(t, source.NewBudget(0, 0, 1), it); err == nil || err.Error() != "a.json: cannot be opened: io: read/write on closed pipe" {
		t.Error(err)
	}
	for _, body := range []string{`{"Records":[`, zip(t, `{"Records":[`)} {
		it.Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(body), broken{})), nil
		}
		pieces, _, err := unpack(t, source.NewBudget(0, 0, 1), it)
		if err == nil || err.Error() != "a.json: cannot be read: the disk is gone" {
			t.Error(err)
		}
		if strings.Join(pieces, "") != `{"Records":[` {
			t.Errorf("what was read before: %q", pieces)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// bomb is ten gigabytes in some ten megabytes.
func bomb(tb testing.TB) string {
	member := zip(tb, strings.Repeat(" ", 16<<20))
	return strings.Repeat(member, 640)
}

// TestBomb holds what one file may cost to its cap. All that is ever allocated
// is an upper bound on the peak.
func TestBomb(t *testing.T) {
	body := bomb(t)
	if n := len(body); n > 12<<20 {
		t.Fatalf("the bomb itself has %d bytes", n)
	}
	const limit = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pieces, _, err := unpack(t, source.NewBudget(0, limit, 1), item("bomb.json.gz", body))
	runtime.ReadMemStats(&after)
	const want = "bomb.json.gz: larger than 64 MiB when decompressed, not read: if it is what you expect, raise --max-file"
	if err == nil || err.Error() != want || len(pieces) > 0 {
		t.Errorf("%v, %d pieces; want %s", err, len(pieces), want)
	}
	// The body is held as delivered; a buffer that has grown leaves its
	// predecessors, a third of it, to the garbage collector.
	if most := 2*limit + 4*int64(len(body)); int64(after.TotalAlloc-before.TotalAlloc) > most {
		t.Errorf("allocated %d MiB under a cap of %d MiB", (after.TotalAlloc-before.TotalAlloc)>>20, limit>>20)
	}
}

func TestCapIsExact(t *testing.T) {
	for _, body := range []string{strings.Repeat(" ", 1<<20), zip(t, strings.Repeat(" ", 1<<20))} {
		if pieces, _, err := unpack(t, source.NewBudget(0, 1<<20, 1), item("a", body)); err != nil || len(pieces) != 1 {
			t.Errorf("as large as the cap: %v", err)
		}
		if _, _, err := unpack(t, source.NewBudget(0, 1<<20-1, 1), item("a", body)); err == nil {
			t.Error("one byte larger than the cap: no error")
		}
	}
	_, _, err := unpack(t, source.NewBudget(2<<20, 0, 2), item("a", strings.Repeat(" ", 4<<20)))
	if err == nil || !strings.Contains(err.Error(), "raise --memory") {
		t.Errorf("what binds is --memory: %v", err)
	}
}

// TestMemoryThatWouldDo: a file too large for the memory given is read with what
// the error says.
func TestMemoryThatWouldDo(t *testing.T) {
	for _, c := range []struct {
		memory  int64
		workers int
		size    int
	}{{2 << 20, 2, 4 << 20}, {2 << 20, 1, 1 << 20}, {64 << 20, 2, 40 << 20}, {1 << 20, 8, 3 << 20}} {
		one := item("a", strings.Repeat(" ", c.size))
		one.Size = int64(c.size)
		_, _, err := unpack(t, source.NewBudget(c.memory, 0, c.workers), one)
		e, ok := errors.AsType[*source.TooLargeError](err)
		if !ok {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if _, _, err := unpack(t, source.NewBudget(e.Memory, 0, c.workers), one); err != nil {
			t.Errorf("%+v: with %d: %v", c, e.Memory, err)
		}
	}
}

// TestLinesOfAnySize reads JSON lines larger than the cap, in pieces of whole
// lines.
func TestLinesOfAnySize(t *testing.T) {
	var all strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&all, `{"eventID":"%d","x":"%s"}`+"\n", i, strings.Repeat("x", i%500))
	}
	all.WriteString(`{"eventID":"last, without a line end"}`)
	budget := source.NewBudget(0, 1<<20, 1)
	for name, body := range map[string]string{"plain": all.String(), "gzip": zip(t, all.String())} {
		pieces, _, err := unpack(t, budget, item("a", body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Join(pieces, "") != all.String() || len(pieces) < 4 {
			t.Errorf("%s: %d pieces, which are not the whole", name, len(pieces))
		}
		for _, p := range pieces[:len(pieces)-1] {
			if p[len(p)-1] != '\n' || p[0] != '{' {
				t.Errorf("%s: a piece of no whole lines: %.20q…%q", name, p, p[len(p)-20:])
			}
		}
	}
	// What is not JSON lines is not cut.
	pretty := "{\n\"Records\": [\n" + strings.Repeat("{},\n", 400_000) + "{}]}"
	if _, _, err := unpack(t, budget, item("a", pretty)); err == nil || !strings.Contains(err.Error(), "--max-file") {
		t.Errorf("a pretty-printed log file: %v", err)
	}
	if pieces, _, err := unpack(t, source.NewBudget(0, 0, 1), item("a", pretty)); err != nil || len(pieces) != 1 {
		t.Errorf("a pretty-printed log file under the cap: %d pieces, %v", len(pieces), err)
	}
}

// TestWorkersShareTheCap has every worker meet a large file: they go beyond
// their shares one after another, and all get through.
func TestWorkersShareTheCap(t *testing.T) {
	budget := source.NewBudget(0, 0, 4)
	body := zip(t, `{"Records":["`+strings.Repeat("x", 20<<20)+`"]}`)
	done := make(chan error)
	for range 4 {
		go func() {
			_, _, err := unpack(t, budget, item("large.gz", body))
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestUnpackStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	it := item("endless", "")
	reads := 0
	it.Open = func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(readerFunc(func(p []byte) (int, error) {
			if reads++; reads == 100 {
				cancel()
			}
			return copy(p, "  "), nil
		})), nil
	}
	_, err := source.NewUnpacker(source.NewBudget(0, 0, 1)).Pieces(ctx, it, func(source.Piece) bool { return true })
	if !errors.Is(err, context.Canceled) || reads > 101 {
		t.Errorf("%v after %d reads", err, reads)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestPack(t *testing.T) {
	for _, body := range []string{"", `{"Records":[]}`, zip(t, `{"Records":[]}`)} {
		packed := source.Pack([]byte(body))
		if body == "" {
			continue
		}
		pieces, _, err := unpack(t, source.NewBudget(0, 0, 1), item("-", string(packed)))
		if err != nil || strings.Join(pieces, "") != `{"Records":[]}` {
			t.Errorf("%q: %q, %v", body, pieces, err)
		}
	}
}
