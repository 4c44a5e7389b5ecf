package remote_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestKeys asks who is behind keys, from the account that the key itself names
// and the newest day on, and compares with the answer that all the log gives.
func TestKeys(t *testing.T) {
	asked, files, all := 0, 0, 0
	for seed := range seeds(6) {
		b := put(synth.New(seed, synth.Options{Prompt: true, Days: 3}))
		whole := b.whole(t)
		spans, err := whole.Spans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var newest lineage.Span
		for _, s := range spans {
			newest.Newest = max(newest.Newest, s.Newest)
		}
		seen := map[string]bool{}
		for n, row := range rows(t, whole) {
			key := row.Caller.AccessKeyID
			account := lineage.KeyAccount(key)
			if seen[key] || account == "" || len(b.at(account)) == 0 || n%3 != 0 {
				continue
			}
			seen[key] = true
			want, err := query.Who(t.Context(), whole, lineage.NewNarrowResolver(whole, lineage.NewHorizon(spans), nil), key)
			if err != nil {
				t.Fatal(err)
			}
			s := remote.New(b, remote.Options{})
			found, err := s.Seek(t.Context(), remote.Search{Accounts: []string{account}, Until: newest.Newest}, s.Found(key))
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				if row.ID.Recipient == account {
					t.Errorf("seed %d: %s is not found", seed, key)
				}
				continue // used against another account alone, which the key does not name
			}
			resolver, err := s.Settle(t.Context(), s.AskWho(key))
			if err != nil {
				t.Fatal(err)
			}
			got, err := query.Who(t.Context(), s, resolver, key)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range got.Answers {
				if !slices.ContainsFunc(want.Answers, func(w query.Answer) bool { return w.Session.ID == a.Session.ID && told(w.Chain) == told(a.Chain) }) {
					var others strings.Builder
					for _, w := range want.Answers {
						others.WriteString("\n" + w.Session.ID + " " + told(w.Chain))
					}
					t.Errorf("seed %d, %s:\nfetched: %s %s\nall:%s", seed, key, a.Session.ID, told(a.Chain), others.String())
				}
			}
			asked++
			files += s.Total().Files
			for _, f := range b.files {
				all += len(f)
			}
		}
	}
	t.Logf("%d keys asked about; %d of %d files a question", asked, files/asked, all/asked)
}

// TestReach follows keys down from where they were seen, and compares with what
// is reached by all of the log.
func TestReach(t *testing.T) {
	asked, sessions, files, all := 0, 0, 0, 0
	for seed := range seeds(6) {
		b := put(synth.New(seed, synth.Options{Prompt: true, Days: 2}))
		whole := b.whole(t)
		spans, err := whole.Spans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		careful := lineage.NewNarrowResolver(whole, lineage.NewHorizon(spans), nil)
		seen := map[string]bool{}
		for n, row := range rows(t, whole) {
			key := row.Caller.AccessKeyID
			if seen[key] || key == "" || row.Caller.Created == 0 || n%3 != 0 {
				continue
			}
			seen[key] = true
			want, err := query.Reach(t.Context(), whole, careful, key, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			s := remote.New(b, remote.Options{})
			if found, err := s.Seek(t.Context(), remote.Search{Accounts: []string{row.ID.Recipient}, Since: row.Time - 60, Until: row.Time + 60}, s.Found(key)); err != nil || !found {
				t.Fatal(found, err)
			}
			resolver, err := s.Settle(t.Context(), s.AskReach(key, query.ReachOptions{}))
			if err != nil {
				t.Fatal(err)
			}
			got, err := query.Reach(t.Context(), s, resolver, key, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if missing, extra := compare(got, want); missing+extra != "" {
				t.Errorf("seed %d, from %s: reached\n%s\nmissing:\n%s\ntoo much:\n%s", seed, key, reached(got), missing, extra)
			}
			asked++
			sessions += len(got.Sessions)
			files += s.Total().Files
			for _, f := range b.files {
				all += len(f)
			}
		}
	}
	t.Logf("%d keys asked about, %d sessions reached; %d of %d files a question", asked, sessions, files/asked, all/asked)
}

// compare is what is missing of what all of the log reaches, and what is too
// much. Where one key was given out in several accounts, whoever asks begins in
// one of them: what is reached from there counts.
func compare(got, want *query.ReachAnswer) (missing, extra string) {
	has := map[string]bool{}
	for _, s := range got.Sessions {
		has[s.Hop.ID+" of "+s.Origin] = true
	}
	all := map[string]bool{}
	from := make([]bool, len(want.Sessions))
	for i, s := range want.Sessions {
		id := s.Hop.ID + " of " + s.Origin
		all[id] = true
		from[i] = has[id] || s.Under >= 0 && from[s.Under]
		if from[i] && !has[id] {
			missing += "  " + id + "\n"
		}
	}
	for id := range has {
		if !all[id] {
			extra += "  " + id + "\n"
		}
	}
	return missing, extra
}

func reached(a *query.ReachAnswer) string {
	var b strings.Builder
	for _, s := range a.Sessions {
		fmt.Fprintf(&b, "  %s of %s under %d: %d calls, from %s to %s\n", s.Hop.ID, s.Origin, s.Under, s.Calls, s.First, s.Last)
	}
	return b.String()
}

// TestUsedSoon: of credentials whose issuance alone was found the log right behind
// it is looked through, before it is told that nobody used them.
func TestUsedSoon(t *testing.T) {
	v := &vast{accounts: 300, days: 30, end: cloudtrail.TimeOf(time.Date(2026, 5, 4, 18, 0, 0, 0, time.UTC)), told: map[string]string{}}
	key := breach(v, v.end-3600, "eu-west-1")
	issued := v.end - 3600 - 1500
	s := remote.New(v, remote.Options{})
	in := remote.Search{Accounts: []string{lineage.KeyAccount(key)}, Since: issued - 60, Until: issued + 60}
	if found, err := s.Seek(t.Context(), in, s.Found(key)); err != nil || !found {
		t.Fatal(found, err)
	}
	for _, unused := range []bool{true, false} {
		if !unused {
			if _, err := s.Settle(t.Context(), s.AskWho(key)); err != nil {
				t.Fatal(err)
			}
		}
		a, err := query.Who(t.Context(), s, lineage.NewNarrowResolver(s, nil, nil), key)
		if err != nil || len(a.Answers) != 1 || a.Answers[0].Unused != unused {
			t.Errorf("unused is to be %v: %+v %v", unused, a, err)
		}
	}
}
