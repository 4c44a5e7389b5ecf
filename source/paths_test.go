package source_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/source"
)

// tree writes files below a new folder, which it makes the current one.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED, NOT TESTED ON SYMBOLIC LINKS: %v", err)
	}
}

// walk returns what Paths hands out, one line an item: what it reads, what it
// passes over and why, what cannot be opened.
func walk(t *testing.T, args ...string) (lines, notes []string) {
	t.Helper()
	p, err := source.NewPaths(args, strings.NewReader("standard input"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		d, err := p.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return lines, notes
		}
		if err != nil || len(d.Items) != 1 || d.Settle != nil {
			t.Fatalf("%+v, %v", d, err)
		}
		it := d.Items[0]
		if it.Note != "" {
			notes = append(notes, it.Note)
		}
		if it.PassOver != "" {
			lines = append(lines, it.URI+": "+it.PassOver)
			continue
		}
		r, err := it.Open(t.Context())
		if err != nil {
			lines = append(lines, it.URI+" fails")
			continue
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if it.URI != source.Stdin && it.Size != int64(len(body)) {
			t.Errorf("%s: size %d, read %d", it.URI, it.Size, len(body))
		}
		lines = append(lines, it.URI+" = "+string(body))
	}
}

func check(t *testing.T, got, want []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestPathsWalksAFolder(t *testing.T) {
	const log = "logs/AWSLogs/111111111111/CloudTrail/eu-west-1/2026/01/02/111111111111_CloudTrail_eu-west-1_20260102T1005Z_abcdefghijklmnop.json.gz"
	const digest = "logs/AWSLogs/111111111111/CloudTrail-Digest/eu-west-1/2026/01/02/111111111111_CloudTrail-Digest_eu-west-1_trail_us-east-1_20260102T100500Z.json.gz"
	const insight = "logs/AWSLogs/111111111111/CloudTrail-Insight/eu-west-1/2026/01/02/111111111111_CloudTrail-Insight_eu-west-1_20260102T1005Z_abcdefghijklmnop.json.gz"
	tree(t, log, digest, insight, "logs/z.json", "logs/B.JSON", "logs/a.jsonl", "logs/b.ndjson", "logs/c.json.gz", "logs/d.gz",
		"logs/e.tar.gz", "logs/README.md", "logs/.DS_Store", "logs/sub/x.json")
	got, notes := walk(t, "logs")
	check(t, notes, nil)
	check(t, got, []string{
		"logs/.DS_Store: not a log file by its name",
		log + " = " + log,
		digest + ": a digest file",
		insight + ": an Insights file",
		"logs/B.JSON = logs/B.JSON",
		"logs/README.md: not a log file by its name",
		"logs/a.jsonl = logs/a.jsonl",
		"logs/b.ndjson = logs/b.ndjson",
		"logs/c.json.gz = logs/c.json.gz",
		"logs/d.gz = logs/d.gz",
		"logs/e.tar.gz: not a log file by its name",
		"logs/sub/x.json = logs/sub/x.json",
		"logs/z.json = logs/z.json",
	})
}

func TestPathsReadsWhatIsNamed(t *testing.T) {
	tree(t, "notes.txt", "b/two.json", "a/one.json")
	got, _ := walk(t, "./notes.txt", "-", "b/", "a/one.json")
	check(t, got, []string{
		"notes.txt = notes.txt", "- = standard input", "b/two.json = b/two.json", "a/one.json = a/one.json",
	})
}

func TestPathsRefuses(t *testing.T) {
	tree(t, "a.json")
	for arg, want := range map[string]string{
		"b.json": "b.json: there is no such file or folder: check the spelling",
		"gs://t": "gs://t: a source is a file, a folder, s3://bucket/prefix, dynamodb://TABLE, lookup-events, or - (standard input)",
	} {
		if _, err := source.NewPaths([]string{"a.json", arg}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", arg, err)
		}
	}
	if _, err := source.NewPaths([]string{"-", "a.json", "-"}, nil); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Error(err)
	}
}

func TestPathsFollowsLinks(t *testing.T) {
	tree(t, "logs/a.json", "logs/deep/b.json", "other/c.json", "alone.json")
	link(t, "../alone.json", "logs/link.json")
	link(t, "../other", "logs/other")
	link(t, "../../logs", "logs/deep/up")
	link(t, ".", "logs/self")
	link(t, "../other", "logs/twin")
	link(t, "nowhere", "logs/dangling.json")
	link(t, "circle", "logs/circle")
	got, notes := walk(t, "logs", "other")
	check(t, got, []string{
		"logs/a.json = logs/a.json",
		"logs/circle fails",
		"logs/dangling.json fails",
		"logs/deep/b.json = logs/deep/b.json",
		"logs/deep/up: a folder already read",
		"logs/link.json = alone.json",
		"logs/other/c.json = other/c.json",
		"logs/self: a folder already read",
		"logs/twin: a folder already read",
		"other: a folder already read",
	})
	slices.Sort(notes)
	check(t, notes, []string{
		"logs/deep/up: a symbolic link back to logs, which it is in: not followed",
		"logs/self: a symbolic link back to logs, which it is in: not followed",
		"logs/twin: the same folder as logs/other: read once",
		"other: the same folder as logs/other: read once",
	})
}

// TestPathsGoesOn has files and folders in its way that cannot be read.
func TestPathsGoesOn(t *testing.T) {
	tree(t, "logs/a.json", "logs/closed/b.json", "logs/locked.json", "logs/z.json")
	link(t, "gone", "logs/lost.json")
	want := []string{"logs/a.json = logs/a.json"}
	if os.Geteuid() == 0 { // who may read everything
		want = append(want, "logs/closed/b.json = logs/closed/b.json", "logs/locked.json = logs/locked.json")
	} else {
		for _, name := range []string{"logs/closed", "logs/locked.json"} {
			if err := os.Chmod(name, 0); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() { _ = os.Chmod("logs/closed", 0o700) })
		want = append(want, "logs/closed fails", "logs/locked.json fails")
	}
	got, _ := walk(t, "logs")
	check(t, got, append(want, "logs/lost.json fails", "logs/z.json = logs/z.json"))
}
