package cloudtrail_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

const sharedData = "../../shared/data"

// realFiles are the decompressed files of the shared data by name.
func realFiles(t testing.TB) map[string][]byte {
	names, err := filepath.Glob(filepath.Join(sharedData, "*", "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no real records at %s", sharedData)
		}
		t.Skipf("SKIPPED, NOT TESTED ON REAL RECORDS: none at %s", sharedData)
	}
	files := map[string][]byte{}
	for _, name := range names {
		files[name] = gunzip(t, name)
	}
	return files
}

func gunzip(t testing.TB, name string) []byte {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealFilesAgreeWithOracle(t *testing.T) {
	var d cloudtrail.Decoder
	total := 0
	for name, b := range realFiles(t) {
		values, err := readValues(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := values[0].get("Records").tree.([]value)
		n := 0
		for got, err := range d.Records(b) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			w := oracleRecord(want[n])
			w.Ordinal, w.Offset = n, got.Offset
			if *w != *got {
				t.Fatalf("%s record %d (-oracle +decoder):\n%s", name, n, cmp.Diff(w, got))
			}
			if raw := string(b[got.Offset:][:len(got.Raw)]); raw != string(got.Raw) {
				t.Fatalf("%s record %d: offset %d does not point at it", name, n, got.Offset)
			}
			if c := got.Clone(); *c != *got {
				t.Fatalf("%s record %d, clone:\n%s", name, n, cmp.Diff(got, c))
			}
			n++
		}
		if n != len(want) {
			t.Errorf("%s: %d records, want %d", name, n, len(want))
		}
		total += n
	}
	if want := 2900 + 310 + 103 + 206 + 1685; total != want {
		t.Errorf("%d records in all, want %d", total, want)
	}
}
