package query_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// sealedSet is a set with what digest files tell of it.
type sealedSet struct {
	query.Reader
	sealed []query.Sealed
	lost   []lineage.Lost
}

func (s sealedSet) Sealed(context.Context) ([]query.Sealed, error) { return s.sealed, nil }

func (s sealedSet) Lack(ctx context.Context) (query.Lack, error) {
	lack, err := s.Reader.Lack(ctx)
	lack.Lost = s.lost
	return lack, err
}

// TestCoverageTellsQuietFromLost: of hours without a file digest files tell which
// had none; and each lost span names the sessions that it leaves open.
func TestCoverageTellsQuietFromLost(t *testing.T) {
	use := func(event, at, who string) string {
		return record(event, at, "ec2", "StopInstances", prod, who, elsewhere, false, ``)
	}
	s, _ := deliver(t, map[string][]string{
		logName(prod, "us-east-1", "20260504T0005Z", 1): nil,
		logName(prod, "us-east-1", "20260504T1255Z", 3): nil,
		logName(prod, "us-east-1", "20260504T1205Z", 2): {
			use("1", "2026-05-04T12:00:00Z", role("Lost", "AROALOST", "a", "", "2026-05-04T08:40:00Z")),
			use("2", "2026-05-04T12:01:00Z", role("Lost", "AROALOST", "a", "", "2026-05-04T08:40:00Z")),
			use("3", "2026-05-04T12:02:00Z", role("Lost", "AROALOST", "b", "", "2026-05-04T05:30:00Z")),
			use("4", "2026-05-04T12:03:00Z", role("Lost", "AROALOST", "c", "", "2026-05-04T02:30:00Z")),
			use("5", "2026-05-04T12:04:00Z", role("Lost", "AROALOST", "d", "", "2026-05-04T10:30:00Z")),
		},
	})
	at := func(clock string) cloudtrail.Time {
		moment, _ := cloudtrail.ParseTime("2026-05-04T" + clock + "Z")
		return moment
	}
	file := lineage.Lost{Account: prod, Region: "us-east-1", From: at("08:35:00"), Until: at("08:44:59"), Files: 2, File: "s3://b/listed.json.gz"}
	digest := lineage.Lost{Account: prod, Region: "us-east-1", From: at("10:00:00"), Until: at("11:00:00"), File: "s3://b/digest.json.gz"}
	other := lineage.Lost{Account: home, Region: "us-east-1", From: at("01:00:00"), Until: at("01:10:00"), Files: 1, File: "s3://b/dev.json.gz"}
	set := sealedSet{s, []query.Sealed{
		{Account: prod, Region: "us-east-1", From: at("04:30:00"), Until: at("09:59:59")},
		{Account: prod, Region: "us-east-1", From: at("03:00:00"), Until: at("04:29:59")}, // they touch
	}, []lineage.Lost{other, file, digest}}
	spans, err := s.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resolver := lineage.NewResolver(set, lineage.NewHorizon(spans, set.lost...))
	a, err := query.Coverage(t.Context(), set, resolver, query.Filter{}, nil, query.Clock(at("23:00:00")))
	if err != nil {
		t.Fatal(err)
	}
	hours := func(all []query.Hours) (out []string) {
		for _, h := range all {
			if h != (query.Hours{}) {
				out = append(out, h.From.String()[11:16]+"-"+h.Until.String()[11:16])
			}
		}
		return out
	}
	var got []string
	for _, l := range a.Logs {
		got = append(got, fmt.Sprintf("%s silent %v %d quiet %v %d lost %d", l.Account, hours(l.Silent), l.SilentHours, hours(l.Quiet), l.QuietHours, l.LostHours))
	}
	for _, l := range a.Lost {
		got = append(got, fmt.Sprintf("%s lost %s files=%d sessions=%d calls=%d %v", l.Account, hours([]query.Hours{{From: l.From, Until: l.Until}}), l.Files, l.Sessions, l.Calls, l.Examples))
	}
	for _, g := range a.Gaps {
		got = append(got, fmt.Sprintf("gap %q %s calls=%d %v", g.Hole, hours([]query.Hours{g.Span}), g.Calls, g.Examples))
	}
	want := []string{
		// 03:00 begins what is sealed, and 09:00 ends it: a file of theirs may be in a digest that is not there.
		prod + " silent [01:00-03:59 09:00-09:59] 4 quiet [04:00-07:59] 4 lost 3",
		home + " lost [01:00-01:10] files=1 sessions=0 calls=0 []",
		prod + " lost [08:35-08:44] files=2 sessions=1 calls=2 [AROALOST:a@2026-05-04T08:40:00Z]",
		prod + " lost [10:00-11:00] files=0 sessions=1 calls=1 [AROALOST:d@2026-05-04T10:30:00Z]",
		`gap "lost" [08:35-08:44] calls=2 [AROALOST:a@2026-05-04T08:40:00Z]`,
		`gap "" [] calls=1 [AROALOST:b@2026-05-04T05:30:00Z]`, // that hour is proved quiet
		`gap "lost" [10:00-11:00] calls=1 [AROALOST:d@2026-05-04T10:30:00Z]`,
		`gap "silent-hours" [01:00-03:59] calls=1 [AROALOST:c@2026-05-04T02:30:00Z]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Asked of another span or account, what is lost elsewhere is not told.
	a, err = query.Coverage(t.Context(), set, resolver, query.Filter{Accounts: []string{prod}, Since: at("09:00:00")}, nil, query.Clock(at("23:00:00")))
	if err != nil || len(a.Lost) != 1 || a.Lost[0].Lost != digest {
		t.Errorf("%+v, %v", a.Lost, err)
	}
}
