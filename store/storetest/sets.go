package storetest

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

func duplicates(t *testing.T, s Store) {
	files := ordinary()
	all := want(t, files...)
	add(t, s, files...)
	for _, f := range files {
		f.URI = "again/" + f.URI
		if kept, _ := add(t, s, f); kept != 0 {
			t.Errorf("%s: kept %d of what was there", f.URI, kept)
		}
	}
	if kept, duplicate := add(t, s, files[0], files[0]); kept != 0 || duplicate != 6 {
		t.Errorf("the same file twice more: kept %d, duplicate %d", kept, duplicate)
	}
	commit(t, s)
	got := rows(t, s, query.Selection{})
	for i := range got { // the file named may be any that carries the record
		got[i].File = strings.TrimPrefix(got[i].File, "again/")
	}
	slices.SortFunc(all, byTime)
	same(t, "rows", got, all)
}

func variants(t *testing.T, s Store) {
	full, less := variantPair()
	again := full
	again.URI = "again.json"
	if kept, duplicate := add(t, s, less, full, again); kept != 2 || duplicate != 1 {
		t.Errorf("kept %d, duplicate %d; a variant is kept", kept, duplicate)
	}
	commit(t, s)
	both := want(t, full, less)
	if both[0].Fingerprint >= both[1].Fingerprint {
		t.Fatal("the record with more link fields should have the lesser fingerprint")
	}
	got := rows(t, s, query.Selection{})
	if len(got) == 1 && got[0].File == again.URI {
		got[0].File = full.URI
	}
	shown, other := both[0], both[1]
	shown.Forms, other.Forms, other.Variant = 1, 1, true
	same(t, "rows", got, []query.Row{shown})
	for name, sel := range map[string]query.Selection{
		"all": {Forms: true}, "by id": {Forms: true, EventIDs: []string{shown.ID.Event}}, "of a caller": {Forms: true, Principals: []string{user}},
	} {
		all := rows(t, s, sel)
		if len(all) > 0 && all[0].File == again.URI {
			all[0].File = full.URI
		}
		same(t, "every form, "+name, all, []query.Row{shown, other})
	}
	uses, err := s.Uses(t.Context(), user, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(uses, func(u lineage.Use) bool { return u.Fingerprint == both[0].Fingerprint }) ||
		!slices.ContainsFunc(uses, func(u lineage.Use) bool { return u.Fingerprint == both[1].Fingerprint }) {
		t.Errorf("Uses: not every variant: %v", uses)
	}
	prints := map[lineage.Fingerprint]bool{}
	for _, f := range factsOf(t, s, full, less) {
		prints[f.Fingerprint] = true
	}
	if !prints[both[0].Fingerprint] || !prints[both[1].Fingerprint] {
		t.Errorf("Facts: not every variant: %v", prints)
	}
}

func twoAccounts(t *testing.T, s Store) {
	record := issued(1, "2026-01-02T10:00:00Z", "ops", "ASIAEXAMPLE000000001")
	other := strings.Replace(record, `"recipientAccountId":"`+dev+`"`, `"recipientAccountId":"`+prod+`"`, 1)
	if kept, _ := add(t, s, file("a.json", other, record)); kept != 2 {
		t.Errorf("kept %d", kept)
	}
	commit(t, s)
	got := rows(t, s, query.Selection{})
	if len(got) != 2 || got[0].ID.Recipient != dev || got[1].ID.Recipient != prod {
		t.Errorf("rows: %+v", got)
	}
}

func raw(t *testing.T, s Store) {
	files := ordinary()
	// Standard input cannot be opened again.
	stdin := file(source.Stdin, used(50, "2026-01-02T10:01:00Z", "ops", "ASIAEXAMPLE000000001"), `{"eventID":"b"}`)
	stdin.Open = nil
	// A second piece of it, as JSON lines come in.
	more := stdin
	more.Body, more.First = []byte(used(51, "2026-01-02T10:01:00Z", "ops", "ASIAEXAMPLE000000001")+"\n"+`{"eventID":"d"}`+"\n"), 2
	files = append(files, stdin, more)
	add(t, s, files...)
	commit(t, s)
	// A store names what it was given without a name as it likes: the rows tell.
	at := map[string]lineage.Location{}
	for _, row := range rows(t, s, query.Selection{}) {
		at[row.ID.Event] = row.Location
	}
	for _, f := range slices.Concat(files, files) { // the second time from memory
		var d cloudtrail.Decoder
		for r, err := range d.Records(bytes.Clone(f.Body)) {
			if err != nil {
				t.Fatal(err)
			}
			id := r.ID(f.Account).Event
			got, err := s.Raw(t.Context(), at[id])
			// A store may take session tokens out before it keeps a record.
			if err != nil || string(got) != string(r.Raw) && string(got) != string(query.Redact([]byte(r.Raw))) {
				t.Errorf("%s at %v: %q, %v; want %q", id, at[id], got, err, r.Raw)
			}
			if f.Open != nil && at[id] != (lineage.Location{File: f.URI, Record: f.First + r.Ordinal}) {
				t.Errorf("%s is at %v, not in %s", id, at[id], f.URI)
			}
		}
	}
	for _, at := range []lineage.Location{{File: files[0].URI, Record: 3}, {File: files[0].URI, Record: -1}, {File: "nowhere"}, {File: source.Stdin, Record: 4}} {
		if got, err := s.Raw(t.Context(), at); err == nil {
			t.Errorf("%v: no such record, yet %q", at, got)
		}
	}
}

func logFiles(t *testing.T, s Store) {
	files := ordinary()
	files = append(files, file(uri(prod, "eu-west-1", "1015", "cccccccccccccccc")))
	for _, f := range files {
		if there, err := s.Has(t.Context(), f.LogFile); err != nil || there {
			t.Errorf("%s, before it was added: %v, %v", f.URI, there, err)
		}
	}
	add(t, s, files...)
	commit(t, s)
	want := map[cloudtrail.LogFile]int{}
	for _, f := range files {
		want[f.LogFile]++
		if there, err := s.Has(t.Context(), f.LogFile); err != nil || !there {
			t.Errorf("%s: %v, %v", f.URI, there, err)
		}
		newer := f.LogFile
		newer.Version = "2"
		if there, err := s.Has(t.Context(), newer); err != nil || there {
			t.Errorf("%s, another version: %v, %v", f.URI, there, err)
		}
	}
	for f, err := range s.LogFiles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want[f]--
	}
	for f, n := range want {
		if n != 0 {
			t.Errorf("%+v: %d times too few", f, n)
		}
	}
}

func commits(t *testing.T, s Store) {
	files := ordinary()
	var so []source.File
	for _, f := range files {
		add(t, s, f)
		commit(t, s)
		so = append(so, f)
		all := want(t, so...)
		slices.SortFunc(all, byTime)
		same(t, "rows after "+f.URI, rows(t, s, query.Selection{}), all)
		if len(factsOf(t, s, so...)) == 0 {
			t.Errorf("no facts after %s", f.URI)
		}
	}
}

func atOnce(t *testing.T, s Store, most int) {
	many := min(most/20, 40) &^ 1
	var files []source.File
	for i := range many {
		var records []string
		for j := range 25 {
			// Every event is in two files, some sessions in many.
			n := (i/2)*25 + j
			key := "ASIAEXAMPLE0000000" + eventID(n % 7)[6:8]
			if n%5 == 0 {
				records = append(records, issued(n, "2026-01-02T10:00:00Z", "s"+key, key))
			} else {
				records = append(records, used(n, "2026-01-02T10:00:0"+string(rune('0'+n%10))+"Z", "s"+key, key))
			}
		}
		files = append(files, file("f"+eventID(i)+".json", records...))
	}
	var adding sync.WaitGroup
	counts := make(chan [2]int, len(files))
	for _, f := range files {
		adding.Go(func() {
			kept, duplicate := add(t, s, f)
			counts <- [2]int{kept, duplicate}
		})
	}
	adding.Wait()
	close(counts)
	var sum [2]int
	for c := range counts {
		sum[0] += c[0]
		sum[1] += c[1]
	}
	if sum != [2]int{many / 2 * 25, many / 2 * 25} {
		t.Errorf("kept and duplicate: %v", sum)
	}
	commit(t, s)
	var one []source.File
	for i := 0; i < len(files); i += 2 {
		one = append(one, files[i])
	}
	all, got := want(t, one...), rows(t, s, query.Selection{})
	for _, rows := range [][]query.Row{all, got} {
		for i := range rows {
			rows[i].File = "" // either
		}
	}
	slices.SortFunc(all, byTime)
	same(t, "rows", got, all)
	factsOf(t, s, one[:3]...)
}
