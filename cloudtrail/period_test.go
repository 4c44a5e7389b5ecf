package cloudtrail_test

import (
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

func TestJoinPeriods(t *testing.T) {
	for _, c := range []struct{ all, want []cloudtrail.Period }{
		{all: nil, want: nil},
		{all: []cloudtrail.Period{{5, 4}}, want: nil},
		{all: []cloudtrail.Period{{7, 9}, {1, 3}}, want: []cloudtrail.Period{{1, 3}, {7, 9}}},
		{all: []cloudtrail.Period{{4, 6}, {1, 3}}, want: []cloudtrail.Period{{1, 6}}}, // they touch
		{all: []cloudtrail.Period{{1, 9}, {2, 3}, {9, 9}, {11, 12}}, want: []cloudtrail.Period{{1, 9}, {11, 12}}},
	} {
		if got := cloudtrail.JoinPeriods(slices.Clone(c.all)); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.all, got, c.want)
		}
	}
}
