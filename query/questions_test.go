package query_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/memory"
)

func originID(c *lineage.Chain) string {
	if c.Origin == nil {
		return "-"
	}
	return c.Origin.ID
}

// The people behind what was asked for, with what it was taken for.
func TestWho(t *testing.T) {
	store, resolver := tell(t, story(), 1)
	for asked, want := range map[string]string{
		"list":               "event: list " + jsmithID,
		" list \n":           "event: list " + jsmithID,
		"list@" + prod:       "event: list " + jsmithID,
		"issue-work@" + home: "event: issue-work " + jsmithID,
		workKey:              "key: " + workSession + " " + jsmithID,
		jsmithKey:            "key:  " + jsmithID,
		adminSession:         "session: " + adminSession + " " + jsmithID,
		otherSession:         "session: " + otherSession + " " + malloryID,
		"arn:aws:sts::222222222222:assumed-role/Deploy/work": "session: " + workSession + " " + jsmithID + ", " + otherSession + " " + malloryID,
		"work":                                 "name: " + workSession + " " + jsmithID + ", " + otherSession + " " + malloryID,
		"mallory":                              "name:  " + malloryID,
		"AROAADMIN":                            "name: " + adminSession + " " + jsmithID,
		"Admin":                                "name: " + adminSession + " " + jsmithID,
		adminRole:                              "name: " + adminSession + " " + jsmithID,
		unusedKey:                              "key: " + unusedSession + " " + malloryID + " unused",
		unusedSession:                          "session: " + unusedSession + " " + malloryID + " unused",
		"list@" + home:                         "name: absent",
		"ASIAQQQQQQQQQQQQNONE":                 "key: absent",
		"nobody":                               "name: absent",
		"":                                     "name: absent",
		"0f81d4fa-7dec-11d0-a765-00a0c91e6bf6": "event: absent",
		"AROADEPLOY:work@2026-05-05T10:00:00Z": "session: absent",
	} {
		t.Run(asked, func(t *testing.T) {
			a, err := query.Who(t.Context(), store, resolver, asked)
			if err != nil {
				t.Fatal(err)
			}
			var parts []string
			for _, one := range a.Answers {
				text := one.Row.ID.Event
				if one.Session != nil {
					text = one.Session.ID
				}
				text += " " + originID(one.Chain)
				if one.Unused {
					text += " unused"
				}
				parts = append(parts, text)
			}
			if a.Absent != nil {
				parts = append(parts, "absent")
			}
			if diff := cmp.Diff(want, string(a.As)+": "+strings.Join(parts, ", ")); diff != "" {
				t.Errorf("who %q (-want +got):\n%s", asked, diff)
			}
		})
	}
}

// What is not there is met with what the data covers.
func TestAbsence(t *testing.T) {
	store, resolver := tell(t, story(), 1)
	a, err := query.Who(t.Context(), store, resolver, "arn:aws:sts::222222222222:assumed-role/Deploy/nobody")
	if err != nil {
		t.Fatal(err)
	}
	if a.Absent == nil || a.Absent.Account != prod || a.Absent.Files != 11 || len(a.Absent.Spans) != 1 ||
		a.Absent.Spans[0].Account != prod || a.Absent.Spans[0].Newest.String() != "2026-05-04T11:40:00Z" {
		t.Errorf("%+v", a.Absent)
	}
	a, err = query.Who(t.Context(), store, resolver, "AROADEPLOY:work@2026-05-05T10:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	if a.Absent == nil || a.Absent.Time.String() != "2026-05-05T10:00:00Z" || len(a.Absent.Spans) != 2 {
		t.Errorf("%+v", a.Absent)
	}
}

// reached is an answer in a few words.
func reached(a *query.ReachAnswer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", a.As)
	for _, o := range a.Origins {
		b.WriteString(" " + o.ID)
	}
	for _, s := range a.Sessions {
		fmt.Fprintf(&b, "\n%s < %s calls=%d writes=%d", s.Hop.ID, s.Parent, s.Calls, s.Writes)
		if s.Live {
			b.WriteString(" live")
		}
	}
	for _, k := range a.Keys {
		b.WriteString("\nkey " + k.Detail.Key)
	}
	if a.Absent != nil {
		b.WriteString(" absent")
	}
	return b.String()
}

func TestReach(t *testing.T) {
	store, resolver := tell(t, story(), 1)
	work := "\n" + workSession + " <  calls=3 writes=1"
	admin := "\n" + adminSession + " < " + workSession + " calls=2 writes=2"
	key := "\nkey AKIAQQQQQQQQQQQQNEWK"
	other := "\n" + otherSession + " <  calls=1 writes=0 live"
	unused := "\n" + unusedSession + " <  calls=0 writes=0 live"
	for asked, want := range map[string]string{
		jsmithID:         "person " + jsmithID + work + admin + key,
		"JSmith":         "person " + jsmithID + work + admin + key,
		"mallory":        "person " + malloryID + other + unused,
		jsmithKey:        "key" + work + admin + key,
		workKey:          "key" + work + admin + key,
		adminKey:         "key" + strings.Replace(admin, workSession, "", 1) + key,
		"Admin":          "role" + strings.Replace(admin, workSession, "", 1) + key,
		adminRole:        "role" + strings.Replace(admin, workSession, "", 1) + key,
		workSession:      "session" + work + admin + key,
		unusedSession:    "session" + unused,
		"nobody":         "person absent",
		"203.0.113.0/24": "address absent",
	} {
		t.Run(asked, func(t *testing.T) {
			a, err := query.Reach(t.Context(), store, resolver, asked, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, reached(a)); diff != "" {
				t.Errorf("reach %q (-want +got):\n%s", asked, diff)
			}
			if a.AsOf.String() != "2026-05-04T11:40:00Z" {
				t.Errorf("as of %s, want the newest delivery", a.AsOf)
			}
		})
	}
	a, err := query.Reach(t.Context(), store, resolver, elsewhere, query.ReachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := reached(a); !strings.Contains(got, workSession) || !strings.Contains(got, otherSession) || !strings.Contains(got, "AROALOST:x") {
		t.Errorf("reach %s:\n%s", elsewhere, got)
	}
}

func TestShow(t *testing.T) {
	store, resolver := tell(t, story(), 3)
	a, err := query.Show(t.Context(), store, resolver, "issue-work")
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Shown) != 1 || originID(a.Shown[0].Chain) != jsmithID || len(a.Shown[0].SHA256) != 64 {
		t.Fatalf("%+v", a)
	}
	text := string(a.Shown[0].Record)
	if strings.Contains(text, secretToken) || !strings.Contains(text, `"sessionToken":"REDACTED"`) || !strings.HasPrefix(text, `{"eventVersion":"1.11"`) {
		t.Errorf("shown: %s", text)
	}
	if a, err = query.Show(t.Context(), store, resolver, "issue-work@"+prod); err != nil || a.Absent == nil || a.Absent.Account != prod || len(a.Shown) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// swapped is a store whose log file was written over: another record is where one was.
type swapped struct{ *memory.Store }

func (s swapped) Raw(ctx context.Context, at lineage.Location) ([]byte, error) {
	at.Record = (at.Record + 1) % 3
	return s.Store.Raw(ctx, at)
}

// TestAnotherRecord: the record of another event is shown for none.
func TestAnotherRecord(t *testing.T) {
	store, resolver := tell(t, story(), 3)
	a, err := query.Show(t.Context(), swapped{store}, resolver, "issue-work")
	if err == nil || !strings.Contains(err.Error(), "there is event ") {
		t.Errorf("%+v, %v", a, err)
	}
}

func sessionLines(t *testing.T, records []string, perFile int, f query.Filter) []string {
	t.Helper()
	store, resolver := tell(t, records, perFile)
	all, err := query.Sessions(t.Context(), store, resolver, f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s %s calls=%d writes=%d errors=%d %s..%s", s.ID, s.RoleARN, s.AccountID, originID(s.Chain),
			s.Calls, s.Writes, s.Errors, s.First, s.Last))
	}
	return lines
}

func TestSessions(t *testing.T) {
	want := []string{
		"AROALOST:x@2026-05-04T09:00:00Z arn:aws:iam::222222222222:role/Lost 222222222222 - calls=1 writes=1 errors=0 2026-05-04T09:30:00Z..2026-05-04T09:30:00Z",
		workSession + " " + deployRole + " 222222222222 " + jsmithID + " calls=3 writes=1 errors=0 2026-05-04T10:01:00Z..2026-05-04T10:05:00Z",
		adminSession + " " + adminRole + " 222222222222 " + jsmithID + " calls=2 writes=2 errors=1 2026-05-04T10:06:00Z..2026-05-04T10:07:00Z",
		otherSession + " " + deployRole + " 222222222222 " + malloryID + " calls=1 writes=0 errors=0 2026-05-04T11:10:00Z..2026-05-04T11:10:00Z",
	}
	if diff := cmp.Diff(want, sessionLines(t, story(), 1, query.Filter{})); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[3:], sessionLines(t, story(), 1, query.Filter{Newest: true, Limit: 1})); diff != "" {
		t.Errorf("the newest session (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:3], sessionLines(t, story(), 1, query.Filter{Origins: []string{"jsmith"}})); diff != "" {
		t.Errorf("jsmith's sessions (-want +got):\n%s", diff)
	}
}

// No answer depends on the order of the records, how they are cut into files,
// or how often they are there.
func TestOrderIsNothing(t *testing.T) {
	answers := func(records []string, perFile int) string {
		store, resolver := tell(t, records, perFile)
		var b strings.Builder
		for l, err := range query.Lines(t.Context(), store, resolver, query.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, l.Row.ID, originID(l.Chain), l.Chain.Evidence, len(l.Chain.Hops), l.Row.Resources)
		}
		s, err := query.Summarize(t.Context(), store, resolver, query.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.Origins {
			fmt.Fprintln(&b, o.Origin.ID, o.Activity, len(o.Nodes))
		}
		for _, g := range s.Unresolved {
			fmt.Fprintln(&b, g.Gap.Reason, g.Activity, g.Events)
		}
		for _, asked := range []string{"jsmith", "mallory", "Admin", elsewhere} {
			a, err := query.Reach(t.Context(), store, resolver, asked, query.ReachOptions{})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, reached(a))
		}
		since, _ := cloudtrail.ParseTime("2026-05-04T10:30:00Z")
		access, err := query.Access(t.Context(), store, resolver, query.Filter{Since: since})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, ways(access))
		return b.String()
	}
	records := story()
	want := answers(records, 1)
	if !strings.Contains(want, jsmithID) || !strings.Contains(want, malloryID) {
		t.Fatalf("answers:\n%s", want)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 4 {
		shuffled := slices.Concat(records, records[:i])
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, answers(shuffled, 1)); diff != "" {
			t.Fatalf("shuffle %d (-want +got):\n%s", i, diff)
		}
	}
}

// What a service does on behalf of a long-term key bears a date of its own: it is
// no session of the person's.
func TestForwardedCallsAreNoSession(t *testing.T) {
	forwarded := strings.Replace(user("jsmith", "AIDAJSMITH", "ASIAQQQQQQQQQQQQFORW"), `"userName"`,
		`"invokedBy":"secretsmanager.amazonaws.com","sessionContext":{"attributes":{"creationDate":"2026-05-04T10:00:00Z"}},"userName"`, 1)
	records := []string{
		record("direct", "2026-05-04T10:00:00Z", "secretsmanager", "GetSecretValue", home, user("jsmith", "AIDAJSMITH", jsmithKey), jsmithAddress, true, ``),
		record("forwarded", "2026-05-04T10:00:01Z", "kms", "Decrypt", home, forwarded, "secretsmanager.amazonaws.com", true, ``),
	}
	if lines := sessionLines(t, records, 2, query.Filter{}); len(lines) != 0 {
		t.Errorf("sessions: %v", lines)
	}
	store, resolver := tell(t, records, 2)
	s, err := query.Summarize(t.Context(), store, resolver, query.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Origins) != 1 || s.Origins[0].Events != 2 || len(s.Origins[0].Nodes) != 1 {
		t.Fatalf("origins: %+v", s.Origins)
	}
	var vias []string
	for _, c := range s.Origins[0].Nodes[0].Calls {
		vias = append(vias, c.EventName+" "+c.Via)
	}
	if diff := cmp.Diff([]string{"Decrypt secretsmanager.amazonaws.com", "GetSecretValue "}, vias); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
