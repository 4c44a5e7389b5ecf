//go:build unix

package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// keepBitByBit keeps the digests of a file beside the store, a few at a time,
// holds the log files to them and reads more log files meanwhile.
func keepBitByBit(ctx context.Context, s *local.Store, dir string) error {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "digests.json"))
	if err != nil {
		return err
	}
	var d source.Digests
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	files := killedVerifying()
	for len(d.Good) > 0 && err == nil {
		n := min(len(d.Good), 16)
		if err = s.KeepDigests(ctx, source.Digests{Good: d.Good[:n], Keys: d.Keys}); err != nil {
			break
		}
		fmt.Println(n)
		if _, err = s.HoldFiles(ctx, func(string, error) {}); err != nil {
			break
		}
		some := min(len(files), 3)
		_, _, err = ingest.Pump(ctx, &deliveries{files: files[:some]}, s, ingest.Options{Workers: 2})
		d.Good, files = d.Good[n:], files[some:]
	}
	return err
}

// killedVerifying is an organisation of which one log file was altered and one is
// missing.
func killedVerifying() []synth.File {
	files := distinct(organisation(25, synth.Options{Stories: 10, Days: 2}))
	return append([]synth.File{tamper(files[4])}, slices.Concat(files[:4], files[6:])...)
}

// TestKillVerify kills it while it keeps digests: what was kept is there, and once
// all is kept the store tells what it would have.
func TestKillVerify(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	_, d := trailed()
	fresh := open(t, t.TempDir(), local.Options{})
	pump(t, fresh, 2, killedVerifying())
	keepDigests(t, fresh, d)
	want := hold(t, fresh)
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	beside := t.TempDir()
	if err := os.WriteFile(filepath.Join(beside, "digests.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for kills, enough, n := 0, kills(12), 0; kills < enough; n++ {
		dir := filepath.Join(beside, fmt.Sprint(n))
		said, ended := kill(t, r, "verify", dir, scaled(150*time.Millisecond))
		if !ended {
			kills++
		}
		s := reopened(t, dir)
		onlyKnown(t, dir)
		if n, err := s.Digests(t.Context()); err != nil || n < int64(16*(len(said)-1)) {
			t.Errorf("after kill %d: %d digests, %v, of %d", kills, n, err, 16*len(said))
		}
		pump(t, s, 2, killedVerifying())
		keepDigests(t, s, d)
		if diff := cmp.Diff(want, hold(t, s)); diff != "" {
			t.Errorf("after kill %d (-want +got)\n%s", kills, diff)
		}
		closed(t, s)
		whole(t, dir)
		if t.Failed() {
			t.FailNow()
		}
	}
}
