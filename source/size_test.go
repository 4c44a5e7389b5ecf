package source_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/source"
)

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"512MiB": 512 << 20, "512M": 512 << 20, "512m": 512 << 20, "1MB": 1_000_000, "1.5GiB": 3 << 29, "4096": 4096, "10b": 10, "1k": 1024, "2TiB": 2 << 40,
		"": 0, "MiB": 0, "-1": 0, "0": 0, "1XB": 0, "1MiBB": 0, "1bib": 0, "1e400": 0, "999999999TiB": 0, "1 MiB": 0, "NaN": 0, "Inf": 0, "1ib": 0, "1mi": 0,
	} {
		if got, err := source.ParseSize(in); (err != nil) != (want == 0) || got != want {
			t.Errorf("%q: %d, %v; want %d", in, got, err, want)
		}
	}
}
