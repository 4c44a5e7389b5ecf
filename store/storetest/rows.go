package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

func byTime(a, b query.Row) int {
	return cmp.Or(
		cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID.Event, b.ID.Event),
		cmp.Compare(a.ID.Recipient, b.ID.Recipient), cmp.Compare(a.Fingerprint, b.Fingerprint),
	)
}

func same(t *testing.T, what string, got, want []query.Row) {
	t.Helper()
	if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

func empty(t *testing.T, s Store) {
	check := func() {
		t.Helper()
		if got := rows(t, s, query.Selection{}); len(got) > 0 {
			t.Errorf("rows: %v", got)
		}
		if facts, err := s.Facts(t.Context(), []lineage.Key{"k", ""}, 0, 0); err != nil || len(facts) > 0 {
			t.Errorf("Facts: %v, %v", facts, err)
		}
		if uses, err := s.Uses(t.Context(), user, 0, 0); err != nil || len(uses) > 0 {
			t.Errorf("Uses: %v, %v", uses, err)
		}
		if _, err := s.Raw(t.Context(), lineage.Location{File: "nowhere"}); err == nil {
			t.Error("Raw of a file that is not there: no error")
		}
	}
	check()
	commit(t, s)
	check()
}

// ordinary are two files of ordinary records and one of odd ones.
func ordinary() []source.File {
	return []source.File{
		file(uri(prod, "eu-west-1", "1005", "aaaaaaaaaaaaaaaa"),
			used(7, "2026-01-02T10:00:03Z", "ops", "ASIAEXAMPLE000000001"),
			used(5, "2026-01-02T10:00:01Z", "ops", "ASIAEXAMPLE000000001",
				`"errorCode":"AccessDenied"`, `"errorMessage":"no"`, `"sharedEventID":"`+eventID(0x77)+`"`,
				`"sessionCredentialFromConsole":"true"`, `"requestID":"47B8E8D397DCE7A6"`),
			used(6, "2026-01-02T10:00:01Z", "other", "ASIAEXAMPLE000000002")),
		file(uri(dev, "us-east-1", "1010", "bbbbbbbbbbbbbbbb"),
			issued(1, "2026-01-02T10:00:00Z", "ops", "ASIAEXAMPLE000000001"),
			issued(2, "2026-01-02T10:00:00Z", "other", "ASIAEXAMPLE000000002")),
		file("elsewhere/odd.json", odd...),
	}
}

func rowsTell(t *testing.T, s Store) {
	files := ordinary()
	all := want(t, files...)
	if kept, duplicate := add(t, s, files...); kept != len(all) || duplicate != 0 {
		t.Errorf("kept %d, duplicate %d of %d", kept, duplicate, len(all))
	}
	commit(t, s)
	got := rows(t, s, query.Selection{})
	slices.SortFunc(all, byTime)
	same(t, "rows", got, all)
	if i := slices.IndexFunc(got, func(r query.Row) bool { return r.Caller == nil }); i >= 0 {
		t.Errorf("row %d has no caller", i)
	}
}

func rowsInOrder(t *testing.T, s Store) {
	files := ordinary()
	slices.Reverse(files)
	add(t, s, files...)
	commit(t, s)
	forth := rows(t, s, query.Selection{})
	if !slices.IsSortedFunc(forth, byTime) {
		t.Errorf("not in order: %v", forth)
	}
	back := rows(t, s, query.Selection{Newest: true})
	slices.Reverse(back)
	same(t, "backwards", back, forth)
	for range s.Rows(t.Context(), query.Selection{}) {
		break // a reader may stop
	}
}

// anyTimes has event times that no clock shows, few and many at a time: one
// such record must not cost the others their order.
func anyTimes(t *testing.T, s Store, most int) {
	r := rand.New(rand.NewPCG(9, 9))
	ages := []string{
		"0001-01-01T00:00:00Z", "1583-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z",
		"2026-01-02T10:00:00Z", "2106-02-07T06:28:14Z", "2106-02-07T06:28:15Z", "2106-02-07T06:28:16Z", "2161-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	}
	var all []query.Row
	for round := range 5 {
		var records []string
		for n := range []int{4, 40, most, 4, most / 12}[round] {
			at := ages[r.IntN(len(ages))]
			if r.IntN(3) > 0 {
				at = fmt.Sprintf("2026-01-02T10:%02d:%02dZ", r.IntN(60), r.IntN(60))
			}
			records = append(records, fmt.Sprintf(`{"eventID":"%x-%d-%d","eventTime":"%s"}`, r.Uint32(), round, n, at))
		}
		f := file(fmt.Sprintf("any-%d.json", round), records...)
		all = append(all, want(t, f)...)
		add(t, s, f)
		commit(t, s)
		slices.SortFunc(all, byTime)
		got := rows(t, s, query.Selection{})
		if d := gocmp.Diff(places(all), places(got)); d != "" {
			t.Fatalf("round %d: (-want +got)\n%.2000s", round, d)
		}
		back := rows(t, s, query.Selection{Newest: true})
		slices.Reverse(back)
		if d := gocmp.Diff(places(all), places(back)); d != "" {
			t.Fatalf("round %d, backwards: (-want +got)\n%.2000s", round, d)
		}
	}
}

// places are rows as lines of their time and id.
func places(all []query.Row) []string {
	var lines []string
	for _, r := range all {
		lines = append(lines, r.Time.String()+" "+r.ID.Event)
	}
	return lines
}

func rowsStay(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	first := rows(t, s, query.Selection{})
	add(t, s, file("more.json", used(99, "2026-01-02T10:00:09Z", "ops", "ASIAEXAMPLE000000001")))
	commit(t, s)
	all := want(t, files...)
	slices.SortFunc(all, byTime)
	same(t, "rows read before more was added", first, all)
}

func selections(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	at := func(text string) cloudtrail.Time {
		time, ok := cloudtrail.ParseTime(text)
		if !ok {
			t.Fatal(text)
		}
		return time
	}
	one, three := at("2026-01-02T10:00:01Z"), at("2026-01-02T10:00:03Z")
	for _, test := range []struct {
		name  string
		sel   query.Selection
		match func(r query.Row) bool
	}{
		{"since", query.Selection{Since: one}, func(r query.Row) bool { return r.Time >= one }},
		{"until", query.Selection{Until: one}, func(r query.Row) bool { return r.Time <= one }},
		{"span", query.Selection{Since: one, Until: three, Newest: true}, func(r query.Row) bool { return r.Time >= one && r.Time <= three }},
		{"event ids", query.Selection{EventIDs: []string{eventID(5), "short", "absent", "0123456789abcdefg"}}, func(r query.Row) bool {
			return r.ID.Event == eventID(5) || r.ID.Event == "short" || r.ID.Event == "0123456789abcdefg"
		}},
		{"accounts", query.Selection{Accounts: []string{dev, "x"}}, func(r query.Row) bool { return r.ID.Recipient == dev }},
		{"regions", query.Selection{Regions: []string{"eu-west-1"}}, func(r query.Row) bool { return r.Region == "eu-west-1" }},
		{"event names", query.Selection{EventNames: []string{"AssumeRole"}}, func(r query.Row) bool { return r.EventName == "AssumeRole" }},
		{"access keys", query.Selection{AccessKeys: []string{"ASIAEXAMPLE000000002"}}, func(r query.Row) bool {
			return r.Caller.AccessKeyID == "ASIAEXAMPLE000000002"
		}},
		{"a session's principal", query.Selection{Principals: []string{role + ":ops"}}, func(r query.Row) bool { return r.Caller.PrincipalID == role+":ops" }},
		{"a role's principal", query.Selection{Principals: []string{role}}, func(r query.Row) bool {
			return len(r.Caller.PrincipalID) > len(role) && r.Caller.PrincipalID[:len(role)] == role
		}},
		{"two fields", query.Selection{Regions: []string{"eu-west-1"}, Since: three}, func(r query.Row) bool { return r.Region == "eu-west-1" && r.Time >= three }},
	} {
		got := rows(t, s, test.sel)
		// A store may yield more than it is asked for.
		got = slices.DeleteFunc(got, func(r query.Row) bool { return !test.match(r) })
		all := slices.DeleteFunc(rows(t, s, query.Selection{Newest: test.sel.Newest}), func(r query.Row) bool { return !test.match(r) })
		if len(all) == 0 {
			t.Errorf("%s: the test selects nothing", test.name)
		}
		same(t, test.name, got, all)
	}
}

// variantPair is one event as a log file and EventBridge tell it: the second
// lacks a link field.
func variantPair() (full, less source.File) {
	record := issued(1, "2026-01-02T10:00:00Z", "ops", "ASIAEXAMPLE000000001")
	shared := `,"sharedEventID":"` + eventID(0x2001) + `"`
	short := string(bytes.Replace([]byte(record), []byte(shared), nil, 1))
	return file("full.json", record), file("less.json", short)
}
