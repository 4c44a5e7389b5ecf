//go:build unix

package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// childVariable makes the test's own program one that is killed.
const childVariable = "CROSSTRAIL_TEST_CHILD"

func TestMain(m *testing.M) {
	if task := os.Getenv(childVariable); task != "" {
		if err := child(task, os.Getenv("CROSSTRAIL_TEST_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killed is the organisation that is read while it is killed.
func killed() []synth.File { return organisation(11, synth.Options{Stories: 25, Days: 5}) }

// child does one of the things that are killed, and tells on standard output
// what it may rely on.
func child(task, dir string) error {
	ctx := context.Background()
	fmt.Println("begun")
	if task == "rebuild" {
		return local.Rebuild(ctx, dir, local.Options{}, pumpCopies(ctx))
	}
	s, err := local.Open(ctx, dir, local.Options{})
	if err != nil {
		return err
	}
	switch task {
	case "ingest":
		from := &deliveries{files: killed(), settled: func(name string) { fmt.Println(name) }}
		_, _, err = ingest.Pump(ctx, from, s, ingest.Options{Workers: 2, SettleEvery: 2 * time.Millisecond})
	case "verify":
		err = keepBitByBit(ctx, s, dir)
	case "retain":
		for _, floor := range floors(killed()) {
			if err == nil {
				_, err = s.Retain(ctx, floor)
				fmt.Println(int64(floor))
			}
		}
	}
	return errors.Join(err, s.Close())
}

func pumpCopies(ctx context.Context) func(*local.Copies, *local.Store) error {
	return func(from *local.Copies, to *local.Store) error {
		_, _, err := ingest.Pump(ctx, from, to, ingest.Options{Workers: 2})
		return err
	}
}

// floors are moments between which something of the files happened.
func floors(files []synth.File) []cloudtrail.Time {
	first := cloudtrail.Time(files[0].Delivered.Unix())
	var all []cloudtrail.Time
	for day := range cloudtrail.Time(4) {
		all = append(all, first+day*24*3600+12*3600)
	}
	return all
}

// kill runs a child, kills it after a while at random, and returns what it said.
func kill(t *testing.T, r *rand.Rand, task, dir string, within time.Duration) (said []string, ended bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVariable+"="+task, "CROSSTRAIL_TEST_DIR="+dir, "GORACE=atexit_sleep_ms=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "begun\n" {
		t.Fatalf("%q, %v: %s", line, err, stderr.String())
	}
	timer := time.AfterFunc(time.Duration(r.Int64N(int64(within))), func() { _ = cmd.Process.Kill() })
	rest, err := io.ReadAll(lines)
	timer.Stop()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() >= 0) {
		t.Fatalf("%s: %v: %s", task, err, stderr.String())
	}
	text := string(rest)
	text = text[:strings.LastIndexByte(text, '\n')+1] // a line cut short says nothing
	return strings.Fields(text), err == nil
}

// seeded chooses at random, see [storetest.Seed].
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(storetest.Seed(t), 0))
}

// seededFor is for one case of many: it chooses alike whichever others there are,
// and in whatever order.
func seededFor(seed uint64, name string) *rand.Rand {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // it never fails
	return rand.New(rand.NewPCG(seed, hash.Sum64()))
}

// kills is how often it is killed: with the race detector, which makes it slow,
// less often.
func kills(n int) int {
	if race.Detector {
		return n / 3
	}
	return n
}

func scaled(d time.Duration) time.Duration {
	if race.Detector {
		return 4 * d
	}
	return d
}

// TestKillIngest kills it while it commits and merges, again and again, and
// lets the next one go on.
func TestKillIngest(t *testing.T) {
	t.Parallel()
	r, files := seeded(t), killed()
	all := tell(t, files)
	want := ask(t, inMemory(t, files), all)
	kills, enough := 0, kills(30)
	for kills < enough {
		dir, ended := t.TempDir(), false
		for !ended {
			var settled []string
			settled, ended = kill(t, r, "ingest", dir, scaled(120*time.Millisecond))
			if !ended {
				kills++
			}
			s, err := local.Open(t.Context(), dir, local.Options{})
			if err != nil {
				t.Fatalf("after kill %d: %v", kills, err)
			}
			onlyKnown(t, dir)
			committed(t, s, all, files, settled)
			if ended || kills >= enough {
				pump(t, s, 2, files)
				same(t, fmt.Sprintf("after kill %d", kills), ask(t, s, all), want)
				ended = true
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			whole(t, dir)
			if t.Failed() {
				t.FailNow()
			}
		}
	}
	t.Logf("%d kills", kills)
}

// TestKillRetain kills retention: it has happened, or it has not.
func TestKillRetain(t *testing.T) {
	t.Parallel()
	r, files := seeded(t), killed()
	all := tell(t, files)
	template := t.TempDir()
	fill(t, template, local.Options{}, files[:len(files)/3], files[len(files)/3:2*len(files)/3], files[2*len(files)/3:])
	want := map[cloudtrail.Time][]string{0: rowTexts(t, inMemory(t, files), query.Selection{})}
	for _, floor := range floors(files) {
		want[floor] = rowTexts(t, inMemory(t, files), query.Selection{Since: floor})
	}
	for kills, enough := 0, kills(15); kills < enough; {
		dir := filepath.Join(t.TempDir(), "s")
		copyFolder(t, template, dir)
		done, ended := kill(t, r, "retain", dir, scaled(60*time.Millisecond))
		if !ended {
			kills++
		}
		s, err := local.Open(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatalf("after kill %d: %v", kills, err)
		}
		onlyKnown(t, dir)
		info, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(done); n > 0 && done[n-1] > fmt.Sprint(int64(info.Floor)) {
			t.Errorf("after kill %d: the floor is %v; it was %s", kills, info.Floor, done[n-1])
		}
		if got := rowTexts(t, s, query.Selection{}); !slices.Equal(got, want[info.Floor]) {
			t.Errorf("after kill %d, floor %v: %s", kills, info.Floor, difference(got, want[info.Floor]))
		}
		last := floors(files)[3]
		if _, err := s.Retain(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		pump(t, s, 2, files) // what went does not come back
		other := local.Options{}
		fresh := open(t, t.TempDir(), other)
		if _, err := fresh.Retain(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		pump(t, fresh, 2, files)
		same(t, fmt.Sprintf("after kill %d", kills), ask(t, s, all), ask(t, fresh, all))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		whole(t, dir)
		if t.Failed() {
			t.FailNow()
		}
	}
}

// TestKillRebuild kills a rebuild: the store answers as before, from the old
// files or from the new.
func TestKillRebuild(t *testing.T) {
	t.Parallel()
	r, files := seeded(t), killed()
	all := tell(t, files)
	dir := t.TempDir()
	fill(t, dir, local.Options{}, files[:len(files)/2], files[len(files)/2:])
	want := ask(t, read(t, dir, nil), all)
	for kills, enough := 0, kills(12); kills < enough; {
		if _, ended := kill(t, r, "rebuild", dir, scaled(80*time.Millisecond)); !ended {
			kills++
		}
		if r.IntN(2) == 0 { // else the next one begins on what is left
			fill(t, dir, local.Options{}, nil)
			onlyKnown(t, dir)
		}
		if _, err := os.Stat(filepath.Join(dir, "rebuild.tmp", "whole")); err == nil {
			continue // it is being put in place
		}
		reader := read(t, dir, nil)
		same(t, fmt.Sprintf("after kill %d", kills), ask(t, reader, all), want)
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	fill(t, dir, local.Options{}, nil)
	onlyKnown(t, dir)
	whole(t, dir)
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// committed holds a store to what it says is there: all of it, and once.
func committed(t *testing.T, s *local.Store, all *told, files []synth.File, settled []string) {
	t.Helper()
	there := map[cloudtrail.ID]bool{}
	for row, err := range s.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if there[row.ID] {
			t.Errorf("twice: %v", row.ID)
		}
		there[row.ID] = true
		if !all.forms[rowText(row)] {
			t.Errorf("no file tells this: %s", rowText(row))
		}
	}
	is := map[string]bool{}
	for _, f := range files {
		has, err := s.Has(t.Context(), cloudtrail.ParseLogFileName(f.Name))
		if err != nil {
			t.Fatal(err)
		}
		is[f.Name] = has
		if !has {
			continue
		}
		for id := range all.ids[f.Name] {
			if !there[id] {
				t.Errorf("%s is there, but not its event %v", f.Name, id)
			}
		}
		for k, fact := range all.facts[f.Name] {
			if !slices.Contains(factTexts(t, s, k), fact) {
				t.Errorf("%s is there, but not its fact under %q: %s", f.Name, k, fact)
			}
		}
	}
	for _, name := range settled {
		if !is[name] {
			t.Errorf("%s was settled, and is not there", name)
		}
	}
}

var ours = regexp.MustCompile(`^(lock|catalogue\.db(-wal|-shm)?|index/\d+\.parts|events/[0-9A-Tunkow]+-[0-9A-Tunkow]+-\d+\.parquet|logs/(other|seals|\d{4}-\d\d)/\d{4}\.pack)$`)

// onlyKnown holds a folder to the files that a store has.
func onlyKnown(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if d.IsDir() {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("left behind: %s", name)
			}
			return err
		}
		if !ours.MatchString(name) {
			t.Errorf("left behind: %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// whole holds a store to a check that finds nothing.
func whole(t *testing.T, dir string) {
	t.Helper()
	checked, err := local.Check(t.Context(), dir, local.Options{}, func(f local.Finding) { t.Errorf("check: %+v", f) })
	if err != nil || checked.Files == 0 {
		t.Errorf("check: %+v, %v", checked, err)
	}
	events, err := filepath.Glob(filepath.Join(dir, "[ei]*", "*.par*"))
	if err != nil {
		t.Fatal(err)
	}
	parquet := 0
	for _, name := range events {
		if strings.HasSuffix(name, ".parquet") {
			parquet++
		}
	}
	if parts := len(events) - parquet; parts < parquet || checked.Files < len(events) {
		t.Errorf("%d Parquet files, %d parts files, %d files checked", parquet, parts, checked.Files)
	}
}
