package lineage_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// realRecords decodes one folder of shared/data, each event once.
func realRecords(t testing.TB, folder string, each func(r *cloudtrail.Record, use lineage.Use)) {
	t.Helper()
	const data = "../../shared/data"
	if _, err := os.Stat(data); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("real records are missing: %v", err)
		}
		t.Skipf("NOT TESTED against real records: %v", err)
	}
	paths, err := filepath.Glob(filepath.Join(data, folder, "*.json.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no log files in %s: %v", folder, err)
	}
	seen := map[cloudtrail.ID]bool{}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		var d cloudtrail.Decoder
		for r, err := range d.Records(body) {
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if id := r.ID(""); !seen[id] {
				seen[id] = true
				who := lineage.NewIdentity(&r.UserIdentity)
				each(r, lineage.NewUse(r, id, &who, lineage.Location{}))
			}
		}
	}
}

// The counts that shared/data's README gives, and what follows from them.
func TestFactsOfRealRecords(t *testing.T) {
	for _, c := range []struct {
		folder                                string
		records, calls, denied                int // events; AssumeRole calls, and those denied
		issued, signedIn, copies, keys, roles int
	}{
		{folder: "invictus", records: 2900, calls: 49, denied: 13, issued: 36, signedIn: 2, keys: 2, roles: 35},
		{folder: "stratus", records: 310, calls: 12, denied: 4, issued: 9, signedIn: 1, keys: 2, roles: 3},
		{folder: "otrf", records: 103, calls: 5, issued: 5},
		{folder: "umccr", records: 204, calls: 2, issued: 2, signedIn: 1, copies: 1, roles: 1},
		{folder: "boogy-clp", records: 1685, calls: 73, issued: 95, roles: 1},
	} {
		t.Run(c.folder, func(t *testing.T) {
			var records, calls, denied int
			count := map[lineage.Kind]int{}
			realRecords(t, c.folder, func(r *cloudtrail.Record, use lineage.Use) {
				records++
				if r.EventName == "AssumeRole" {
					calls++
					if r.ErrorCode != "" {
						denied++
					}
				}
				facts := lineage.Facts(r, use)
				names := true
				for _, f := range facts {
					count[f.Kind]++
					names = names && f.Kind == lineage.Name
					if f.Kind == lineage.Issuance && strings.HasPrefix(f.Grant.AccessKeyID, "AKIA") {
						t.Errorf("%s issued %s", r.EventID, f.Grant.AccessKeyID)
					}
				}
				if !names && lineage.AddsOnlyNames(r, use.Caller) {
					t.Errorf("%s %s adds more than names", r.EventID, r.EventName)
				}
			})
			for _, n := range []struct {
				what      string
				got, want int
			}{
				{"records", records, c.records},
				{"AssumeRole calls", calls, c.calls},
				{"denied calls", denied, c.denied},
				{"issuances", count[lineage.Issuance], c.issued},
				{"sign-ins", count[lineage.SignIn], c.signedIn},
				{"copies", count[lineage.Copy], c.copies},
				{"keys minted", count[lineage.KeyMinted], c.keys},
				{"roles changed", count[lineage.RoleChanged], c.roles},
			} {
				if n.got != n.want {
					t.Errorf("%d %s, want %d", n.got, n.what, n.want)
				}
			}
		})
	}
}
