package memory_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/storetest"
)

var (
	_ ingest.Store = (*memory.Store)(nil)
	_ query.Reader = (*memory.Store)(nil)
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return memory.New() })
}

// TestDuplicatesThatDiffer has records of one event that differ in no link field
// but elsewhere, so that none of them is a variant: whichever comes first, the
// same row and the same facts are there.
func TestDuplicatesThatDiffer(t *testing.T) {
	const record = `{"Records":[{"eventVersion":"1.08","eventID":"%[1]d","eventTime":"2026-01-02T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","userAgent":"agent %[2]d",` +
		`"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERALICE1","accountId":"111111111111","userName":"alice"},"recipientAccountId":"111111111111",` +
		`"requestParameters":{"roleArn":"arn:aws:iam::111111111111:role/a","roleSessionName":"s","serialNumber":"device %[2]d"},` +
		`"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE%09[1]d"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEROLEADMIN1:s"}}}]}`
	const events, each = 20, 3
	load := func(order []int, commits bool) (rows []query.Row, facts []string) {
		s := memory.New()
		for _, i := range order {
			file := source.File{LogFile: cloudtrail.LogFile{URI: fmt.Sprint(i)}, Open: func(context.Context) (io.ReadCloser, error) { return nil, io.EOF }}
			file.Records = func(yield func(*cloudtrail.Record) bool) {
				var d cloudtrail.Decoder
				for r, err := range d.Records(fmt.Appendf(nil, record, i/each, i%each)) {
					if err != nil || !yield(r) {
						t.Error(err)
						return
					}
				}
			}
			if _, _, err := s.Add(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			if commits {
				if err := s.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		var keys []lineage.Key
		for row, err := range s.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			r := *row
			r.Location = lineage.Location{}
			rows = append(rows, r)
			f := lineage.Fact{Kind: lineage.Issuance, Use: r.Use, Grant: lineage.Grant{AccessKeyID: fmt.Sprintf("ASIAEXAMPLE%09s", r.ID.Event)}}
			keys = append(keys, f.Keys()...)
		}
		found, err := s.Facts(t.Context(), keys, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Kind == lineage.Issuance {
				facts = append(facts, fmt.Sprint(f.ID, f.UserAgent, f.Request.SerialNumber))
			}
		}
		slices.Sort(facts)
		return rows, slices.Compact(facts)
	}
	var order []int
	for i := range events * each {
		order = append(order, i)
	}
	rows, facts := load(order, false)
	if len(rows) != events || len(facts) != events {
		t.Fatalf("%d rows, %d facts of %d events", len(rows), len(facts), events)
	}
	slices.Reverse(order)
	for _, commits := range []bool{false, true} {
		otherRows, otherFacts := load(order, commits)
		if d := cmp.Diff(rows, otherRows); d != "" {
			t.Errorf("rows (-forth +back)\n%s", d)
		}
		if d := cmp.Diff(facts, otherFacts); d != "" {
			t.Errorf("facts (-forth +back)\n%s", d)
		}
	}
}

// TestRawOfAChangedFile refuses to show what is not what was read.
func TestRawOfAChangedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	write := func(agent string) {
		t.Helper()
		body := `{"Records":[{"eventVersion":"1.08","eventID":"a","eventTime":"2026-01-02T10:00:00Z","userAgent":"` + agent + `"}]}`
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := lineage.Location{File: path}
	write("one")
	s, _ := load(t, path)
	write("two")
	if _, err := s.Raw(t.Context(), at); err == nil || !strings.Contains(err.Error(), "changed since it was read") {
		t.Errorf("a changed record: %v", err)
	}
	s, _ = load(t, path)
	if err := os.WriteFile(path, []byte(`{"Records":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Raw(t.Context(), at); err == nil || !strings.Contains(err.Error(), "changed since it was read") {
		t.Errorf("a record that is gone: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Raw(t.Context(), at); err == nil || !strings.Contains(err.Error(), "removed") {
		t.Errorf("a file that is gone: %v", err)
	}
}
