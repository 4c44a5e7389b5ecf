package lineage_test

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

const (
	minute = cloudtrail.Time(60)
	noon   = cloudtrail.Time(1689076800) // 2023-07-11T12:00:00Z
)

func delivered(account, region string, at cloudtrail.Time) cloudtrail.LogFile {
	return cloudtrail.LogFile{Kind: cloudtrail.LogFileKind, Account: account, Region: region, Delivered: at}
}

func files(list ...cloudtrail.LogFile) iter.Seq2[cloudtrail.LogFile, error] {
	return func(yield func(cloudtrail.LogFile, error) bool) {
		for _, f := range list {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func horizon(t *testing.T, files iter.Seq2[cloudtrail.LogFile, error], lost ...lineage.Lost) *lineage.LogHorizon {
	t.Helper()
	spans, err := lineage.Spans(files)
	if err != nil {
		t.Fatal(err)
	}
	return lineage.NewHorizon(spans, lost...)
}

func TestHorizon(t *testing.T) {
	set := []cloudtrail.LogFile{
		delivered("111111111111", "us-east-1", noon),
		delivered("111111111111", "us-east-1", noon+60*minute),
		delivered("111111111111", "us-east-1", noon+30*minute),
		delivered("222222222222", "eu-west-1", noon),
		{Kind: cloudtrail.LogFileKind, URI: "renamed.json.gz"},
		{Kind: cloudtrail.DigestFile, Account: "111111111111", Region: "us-east-1", Delivered: noon + 600*minute},
	}
	hole := lineage.Lost{Account: "111111111111", Region: "us-east-1", From: noon + 10*minute, Until: noon + 20*minute}
	touching := lineage.Lost{Account: "111111111111", Region: "us-east-1", From: noon + 15*minute, Until: noon + 25*minute}
	unlogged := lineage.Lost{Account: "333333333333", Region: "us-east-1", From: noon, Until: noon + minute}
	for _, c := range []struct {
		name            string
		account, region string
		at              cloudtrail.Time
		want            lineage.Coverage
	}{
		{"between two deliveries", "111111111111", "us-east-1", noon + 5*minute, lineage.Covered},
		{"in the first delivery's quarter of an hour", "111111111111", "us-east-1", noon - 15*minute, lineage.Covered},
		{"before it", "111111111111", "us-east-1", noon - 15*minute - 1, lineage.BeforeFirst},
		{"fifteen minutes behind the newest", "111111111111", "us-east-1", noon + 45*minute, lineage.Covered},
		{"fourteen minutes behind the newest", "111111111111", "us-east-1", noon + 46*minute, lineage.BehindNewest},
		{"after the newest", "111111111111", "us-east-1", noon + 600*minute, lineage.BehindNewest},
		{"a hole begins", "111111111111", "us-east-1", noon + 10*minute, lineage.Hole},
		{"a second before the hole", "111111111111", "us-east-1", noon + 10*minute - 1, lineage.Covered},
		{"where two holes overlap", "111111111111", "us-east-1", noon + 20*minute, lineage.Hole},
		{"the second hole ends", "111111111111", "us-east-1", noon + 25*minute, lineage.Hole},
		{"a second after it", "111111111111", "us-east-1", noon + 25*minute + 1, lineage.Covered},
		{"another region of a known account", "111111111111", "eu-west-1", noon, lineage.NoLogFiles},
		{"an unknown account", "999999999999", "us-east-1", noon, lineage.NoLogFiles},
		{"a hole where every file is lost", "333333333333", "us-east-1", noon, lineage.Hole},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, order := range [][]cloudtrail.LogFile{set, reversed(set)} {
				h := horizon(t, files(order...), touching, unlogged, hole)
				if got := h.At(c.account, c.region, c.at); got != c.want {
					t.Errorf("At(%s, %s, %v) = %d, want %d", c.account, c.region, c.at, got, c.want)
				}
			}
		})
	}
}

func reversed(set []cloudtrail.LogFile) []cloudtrail.LogFile {
	out := slices.Clone(set)
	slices.Reverse(out)
	return out
}

// Vector 40: what is pending is decided by the next delivery, never by waiting.
func TestHorizonMovesByDeliveriesAlone(t *testing.T) {
	first := delivered("111111111111", "us-east-1", noon)
	use := noon - 14*minute
	h := horizon(t, files(first))
	if got := h.At(first.Account, first.Region, use); got != lineage.BehindNewest {
		t.Errorf("at the newest delivery less 14 minutes: %d, want BehindNewest", got)
	}
	h = horizon(t, files(first, delivered(first.Account, first.Region, noon+5*minute)))
	if got := h.At(first.Account, first.Region, use); got != lineage.Covered {
		t.Errorf("after the next delivery: %d, want Covered", got)
	}
	if got := h.Newest(); got != noon+5*minute {
		t.Errorf("Newest() = %v, want %v", got, noon+5*minute)
	}
}

func TestHorizonWithoutNamesKnowsNothing(t *testing.T) {
	h := horizon(t, files(cloudtrail.LogFile{URI: "-"}))
	for _, h := range []*lineage.LogHorizon{h, nil} {
		if got := h.At("111111111111", "us-east-1", noon); got != lineage.UnknownCoverage {
			t.Errorf("At = %d, want UnknownCoverage", got)
		}
		if got := h.Newest(); !got.IsZero() {
			t.Errorf("Newest() = %v, want none", got)
		}
	}
}

func TestHorizonHandsOnTheErrorOfItsFiles(t *testing.T) {
	broken := errors.New("catalogue is gone")
	_, err := lineage.Spans(func(yield func(cloudtrail.LogFile, error) bool) { yield(cloudtrail.LogFile{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("Spans: %v, want %v", err, broken)
	}
}

// What is steady must be so: between the ends every moment reads alike, and
// beyond them, where there are ends, it may differ.
func TestHorizonSteady(t *testing.T) {
	const account, region = "111111111111", "us-east-1"
	h := horizon(t, files(delivered(account, region, noon), delivered(account, region, noon+60*minute)),
		lineage.Lost{Account: account, Region: region, From: noon + 10*minute, Until: noon + 20*minute})
	for at := noon - 30*minute; at < noon+90*minute; at += 30 {
		from, until := h.Steady(account, region, at)
		if from > at || until < at {
			t.Fatalf("%v is not within %v to %v", at, from, until)
		}
		for other := max(from, noon-40*minute); other <= min(until, noon+100*minute); other++ {
			if h.At(account, region, other) != h.At(account, region, at) {
				t.Fatalf("%v and %v read unlike, yet are steady", at, other)
			}
		}
	}
}
