package digest_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// A log that nobody touched is whole, every file of it.
func TestWhole(t *testing.T) {
	for _, s := range []*scene{copyOf(t, oneTrail()), copyOf(t, twoTrails())} {
		r := s.verify(digest.Options{}, keys(t))
		if !r.Whole() || !r.Complete() || len(r.Unchecked) > 0 || r.Files[digest.Verified] != len(s.logs) || r.Digests.Verified != len(s.digests) {
			t.Fatalf("%d log files, %d digests: %s", len(s.logs), len(s.digests), dump(r))
		}
	}
}
