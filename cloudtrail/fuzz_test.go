package cloudtrail_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// agree holds the decoder's answer against the oracle's.
func agree(t *testing.T, d *cloudtrail.Decoder, in []byte) {
	t.Helper()
	var got []*cloudtrail.Record
	faults, stopped := 0, false
	for r, err := range d.Records(in) {
		if stopped {
			t.Fatal("something came behind the end")
		}
		switch _, bad := errors.AsType[*cloudtrail.RecordError](err); {
		case err == nil:
			got = append(got, r.Clone())
		case bad:
			got = append(got, nil)
			faults++
		default:
			stopped = true
		}
	}
	want := oracleInput(in)
	if want.unclear {
		return
	}
	if want.broken {
		if faults == 0 && !stopped {
			t.Fatalf("accepted what is no JSON: %q", in)
		}
		for n := len(want.records); n > 0 && want.records[n-1] == nil; n-- {
			want.records = want.records[:n-1] // "[00": encoding/json has seen a number
		}
		if len(got) < len(want.records) {
			t.Fatalf("%d records, %d stand before the fault", len(got), len(want.records))
		}
		got = got[:len(want.records)]
	} else if stopped != want.stopped {
		t.Fatalf("stopped: %v, want %v", stopped, want.stopped)
	}
	if len(got) != len(want.records) {
		t.Fatalf("%d records, want %d", len(got), len(want.records))
	}
	for i, w := range want.records {
		g := got[i]
		if w != nil && g != nil {
			w.Ordinal, w.Offset = i, g.Offset
			if *w == *g {
				continue
			}
		}
		if diff := cmp.Diff(w, g); diff != "" {
			t.Fatalf("record %d (-oracle +decoder):\n%s", i, diff)
		}
	}
}

// committed are the inputs under testdata, in AWS's shape.
func committed(t testing.TB) [][]byte {
	names, err := filepath.Glob(filepath.Join("testdata", "inputs", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no inputs under testdata: %v", err)
	}
	var all [][]byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func FuzzRecords(f *testing.F) {
	for _, b := range committed(f) {
		f.Add(b)
	}
	if names, _ := filepath.Glob(filepath.Join(sharedData, "*", "*.json.gz")); names != nil {
		for _, name := range names {
			if b := gunzip(f, name); len(b) < 8<<10 {
				f.Add(b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) { agree(t, new(cloudtrail.Decoder), in) })
}

// Every byte of the committed inputs is changed, removed and doubled in turn.
func TestMutations(t *testing.T) {
	var d cloudtrail.Decoder
	others := []byte("\"{}[],:\\\x00 x0-e\x7f\xe9\n")
	stride := 61
	if testing.Short() {
		stride = 211
	}
	n := 0
	for _, b := range committed(t) {
		in := make([]byte, 0, len(b)+1+cloudtrail.Padding)
		for pos := range b {
			n++
			if n%stride != 0 {
				continue
			}
			in = append(in[:0], b...)
			in[pos] = others[n/stride%len(others)]
			agree(t, &d, in)
			in = append(append(in[:0], b[:pos]...), b[pos+1:]...)
			agree(t, &d, in)
			in = append(append(in[:0], b[:pos+1]...), b[pos:]...)
			agree(t, &d, in)
		}
	}
}

func TestCommittedInputsAgreeWithOracle(t *testing.T) {
	var d cloudtrail.Decoder
	for _, b := range committed(t) {
		agree(t, &d, b)
	}
}
