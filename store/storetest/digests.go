package storetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Keeper is a store that keeps what a verification learned.
type Keeper interface {
	Store
	KeepDigests(ctx context.Context, d source.Digests) error
	// Hold reads what is needed to tell of every log file that digests list.
	Hold(ctx context.Context) error
}

// RunDigests holds a store to what it must do with digest files.
func RunDigests(t *testing.T, open func(t *testing.T) Keeper) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open func(t *testing.T) Keeper)
	}{
		{"log files are held to what digests list", digestsTell},
		{"the order of log files and digests does not matter", digestsInAnyOrder},
		{"a file that comes again with other bytes stays altered", alteredStays},
		{"each version of a file has its own integrity", versionsDiffer},
		{"digests may be kept while log files come", digestsMeanwhile},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// neverVerified: of a set that nobody verified nothing is told.
func neverVerified(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	want := digestAnswer{Integrity: map[string]cloudtrail.Integrity{}}
	for _, f := range files {
		want.Integrity[f.URI] = ""
	}
	if d := gocmp.Diff(want, told(t, s, files)); d != "" {
		t.Errorf("never verified (-want +got)\n%s", d)
	}
}

func digestsTell(t *testing.T, open func(t *testing.T) Keeper) {
	s := open(t)
	f := hours(6)
	add(t, s, f[0], tampered(f[1]), f[3], f[4]) // f[2] is lost, f[4]'s digest is missing, f[5] is neither here nor listed
	commit(t, s)
	keep(t, s, source.Digests{
		Good:    []source.Digest{hourly(0, f[0]), hourly(1, f[1]), hourly(2, f[2]), hourly(3, f[3])},
		Missing: []source.MissingDigest{{URI: digestURI(4), From: moment("04:00:00"), Until: moment("05:00:00")}},
	})
	hold(t, s)
	lost := func(from, until string, files int, uri string) lineage.Lost {
		return lineage.Lost{Account: dev, Region: "us-east-1", From: moment(from), Until: moment(until), Files: files, File: uri}
	}
	want := digestAnswer{
		Integrity: map[string]cloudtrail.Integrity{
			f[0].URI: cloudtrail.Verified, f[1].URI: cloudtrail.Altered, f[2].URI: cloudtrail.Unverified,
			f[3].URI: cloudtrail.Verified, f[4].URI: cloudtrail.Unverified, f[5].URI: cloudtrail.Unverified,
		},
		Sealed: []query.Sealed{{Account: dev, Region: "us-east-1", From: moment("00:00:00"), Until: moment("03:59:59")}},
		Lost: []lineage.Lost{
			lost("01:10:00", "01:20:00", 1, "s3://b/"+f[1].URI),
			lost("02:10:00", "02:20:00", 1, "s3://b/"+f[2].URI),
			lost("03:45:00", "05:00:00", 0, digestURI(4)),
		},
		Altered: 1,
	}
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	// What was delivered after the newest log file here is not lost, but to come.
	keep(t, s, source.Digests{Good: []source.Digest{hourly(5, f[5])}})
	want.Sealed = append(want.Sealed, query.Sealed{Account: dev, Region: "us-east-1", From: moment("05:00:00"), Until: moment("05:59:59")})
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("with a digest of after the newest (-want +got)\n%s", d)
	}
	// What is found again is not lost.
	add(t, s, f[2])
	commit(t, s)
	keep(t, s, source.Digests{Good: []source.Digest{hourly(4, f[4])}})
	hold(t, s)
	want.Integrity[f[2].URI], want.Integrity[f[4].URI] = cloudtrail.Verified, cloudtrail.Verified
	want.Lost, want.Sealed = want.Lost[:1], want.Sealed[:1]
	want.Sealed[0].Until = moment("05:59:59")
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("after what was lost came (-want +got)\n%s", d)
	}
}

// digestsInAnyOrder does the same things in many orders, some twice.
func digestsInAnyOrder(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(8)
	var steps []func(t *testing.T, s Keeper)
	for i := range f {
		one := f[i]
		switch i {
		case 2: // lost
			continue
		case 3, 5:
			one = tampered(one)
		}
		steps = append(steps, func(t *testing.T, s Keeper) { add(t, s, one) })
	}
	for hour := range f {
		switch hour {
		case 6:
			missing := source.MissingDigest{URI: digestURI(6), From: moment("06:00:00"), Until: moment("07:00:00")}
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Missing: []source.MissingDigest{missing}}) })
		case 4: // it was missing, and is found: in whichever order
			missing := source.MissingDigest{URI: digestURI(4), From: moment("04:00:00"), Until: moment("05:00:00")}
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Missing: []source.MissingDigest{missing}}) })
			fallthrough
		default:
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Good: []source.Digest{hourly(hour, f[hour])}}) })
		}
	}
	var first digestAnswer
	for round := range 12 {
		random := rand.New(rand.NewPCG(7, uint64(round)))
		all := slices.Concat(steps, steps[:random.IntN(len(steps))])
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if round == 0 {
			all = steps // as they come: log files first
		}
		s := open(t)
		for _, step := range all {
			step(t, s)
			switch random.IntN(4) {
			case 0:
				commit(t, s)
			case 1:
				hold(t, s)
			}
		}
		commit(t, s)
		hold(t, s)
		got := told(t, s, f)
		if round == 0 {
			first = got
			if len(got.Lost) != 4 || got.Integrity[f[3].URI] != cloudtrail.Altered || got.Integrity[f[0].URI] != cloudtrail.Verified {
				t.Fatalf("as they come: %+v", got)
			}
			continue
		}
		if d := gocmp.Diff(first, got); d != "" {
			t.Fatalf("round %d (-in order +shuffled)\n%s", round, d)
		}
	}
}

// alteredStays: what the events came from was altered, whatever was read later.
func alteredStays(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(1)
	for name, order := range map[string][]source.File{"altered first": {tampered(f[0]), f[0]}, "altered last": {f[0], tampered(f[0])}} {
		s := open(t)
		keep(t, s, source.Digests{Good: []source.Digest{hourly(0, f[0])}})
		for _, one := range order {
			add(t, s, one)
			commit(t, s)
		}
		hold(t, s)
		got := told(t, s, f)
		if got.Integrity[f[0].URI] != cloudtrail.Altered || got.Altered != 1 || len(got.Lost) != 0 {
			t.Errorf("%s: %+v: its events are of both", name, got)
		}
	}
}

// versionsDiffer: what a bucket holds under one name in two versions is told apart
// where the rows tell it apart.
func versionsDiffer(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(2)
	forged := f[1]
	forged.LogFile = f[0].LogFile
	f[0].Version, forged.Version = "1", "2"
	s := open(t)
	add(t, s, f[0], forged)
	commit(t, s)
	keep(t, s, source.Digests{Good: []source.Digest{hourly(0, f[0])}})
	hold(t, s)
	got := map[string]cloudtrail.Integrity{}
	for _, row := range rows(t, s, query.Selection{}) {
		i, err := s.Integrity(t.Context(), row.File)
		if err != nil {
			t.Fatal(err)
		}
		got[row.ID.Event] = i
	}
	if d := gocmp.Diff(map[string]cloudtrail.Integrity{eventID(0): cloudtrail.Verified, eventID(1): cloudtrail.Altered}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// digestsMeanwhile keeps digests while others add.
func digestsMeanwhile(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(12)
	s := open(t)
	var working sync.WaitGroup
	for i := range f {
		one := f[i]
		if i%5 == 3 {
			one = tampered(one)
		}
		working.Go(func() {
			add(t, s, one)
			commit(t, s)
		})
		working.Go(func() { keep(t, s, source.Digests{Good: []source.Digest{hourly(i, f[i])}}) })
	}
	working.Wait()
	hold(t, s)
	got := told(t, s, f)
	for i := range f {
		want := cloudtrail.Verified
		if i%5 == 3 {
			want = cloudtrail.Altered
		}
		if got.Integrity[f[i].URI] != want {
			t.Errorf("file %d is %q, and not %q", i, got.Integrity[f[i].URI], want)
		}
	}
	if len(got.Sealed) != 1 || len(got.Lost) != 2 || got.Altered != 2 {
		t.Errorf("sealed %v, lost %v, altered %d", got.Sealed, got.Lost, got.Altered)
	}
}
