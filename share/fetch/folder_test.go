package fetch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share/fetch"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestFolder is a reader with a role of exactly the minimal permissions, over and
// over: what is there whole is not fetched again, what changed is, and what is not
// ours is left.
func TestFolder(t *testing.T) {
	stand := stack.Start(t)
	const prefix = "trail/AWSLogs/" + reader + "/"
	b := stand.Account(owner).Bucket(t, "trails")
	mine := objects(prefix, 30)
	mine[3].KMSKey = stand.Account(owner).Key(t, "")
	mine[3].Body = random(3<<20, 3)
	b.Put(t, mine...)
	inParts(t, b, mine[4])
	b.Put(t, objects("trail/AWSLogs/"+other+"/", 2)...)
	b.Put(t, awstest.Object{Key: "trail/AWSLogs/" + reader + "3/x.json.gz", Body: []byte("another account's")})
	role := stand.Account(owner).Role(t, "reader", awstest.Trust("3414", reader), minimal("trails", strings.TrimSuffix(prefix, "/")))
	caller := stand.Account(reader).User(t, "kim", awstest.Allow(role, "sts:AssumeRole"))
	cfg := stand.Assume(t, caller, role, withExternalID("3414"))
	dir := filepath.Join(t.TempDir(), "logs")
	from := func() *bucket.Log { return reach(t, cfg, b.URI(strings.TrimSuffix(prefix, "/"))) }

	intoFolder(t, from(), dir).is(t, 30, 0, 0)
	same(t, files(t, dir), prefix, mine...)
	if info, err := os.Stat(filepath.Join(dir, "CloudTrail/us-east-1/2026/03/01/log-0.json.gz")); err != nil || info.Mode().Perm() != 0o600 || time.Since(info.ModTime()) > time.Hour {
		t.Error(info, err)
	}
	gets := stand.Requests(t)["s3:GetObject"]
	intoFolder(t, from(), dir).is(t, 0, 30, 0)
	intoFolder(t, reach(t, cfg, b.URI(prefix)), dir).is(t, 0, 30, 0)
	if now := stand.Requests(t)["s3:GetObject"]; now != gets || gets != 30 {
		t.Errorf("%d objects were fetched at first, %d in the end", gets, now)
	}

	for _, uri := range []string{"trail/AWSLogs/" + other, "trail/AWSLogs/", ""} {
		if out := intoFolder(t, reach(t, cfg, b.URI(uri)), t.TempDir()); out.err == nil || !strings.Contains(out.err.Error(), "refused: ") {
			t.Errorf("%s: %v", uri, out)
		}
	}

	// Without its notes it knows what the ETag tells, and of what came in parts nothing.
	notes := filepath.Join(dir, ".crosstrail-fetch", "notes")
	if err := os.Rename(notes, notes+".away"); err != nil {
		t.Fatal(err)
	}
	out := intoFolder(t, from(), dir)
	out.is(t, 0, 29, 1)
	if text := out.failed[b.URI(mine[4].Key)]; !strings.HasPrefix(text, "a file is there under its name that was not fetched from it") {
		t.Error(text)
	}
	if err := os.Rename(notes+".away", notes); err != nil {
		t.Fatal(err)
	}

	// A torn line, as kill -9 leaves, costs no other.
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	write(t, notes, string(text)+`{"uri":"s3://trails/trail/AWSLogs/`)
	mine[5].Body = random(999, 77)
	b.Put(t, mine[5])
	intoFolder(t, from(), dir).is(t, 1, 29, 0)
	same(t, files(t, dir), prefix, mine...)

	// What somebody changed is his.
	edited := filepath.Join(dir, strings.TrimPrefix(mine[7].Key, prefix))
	write(t, edited, string(mine[7].Body[1:])+"!")
	if err := os.Remove(filepath.Join(dir, strings.TrimPrefix(mine[8].Key, prefix))); err != nil {
		t.Fatal(err)
	}
	out = intoFolder(t, from(), dir)
	out.is(t, 1, 28, 1)
	if text, err := os.ReadFile(edited); err != nil || text[len(text)-1] != '!' || out.failed[b.URI(mine[7].Key)] == "" {
		t.Error(err, out)
	}
}

// TestForged: a note is not believed where S3's MD5 tells, and what is a link in the
// folder of notes is not written to.
func TestForged(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "forged")
	all := objects("AWSLogs/", 3)
	b.Put(t, all...)
	from := func() *bucket.Log { return reach(t, stand.Account(owner).Config(), b.URI("AWSLogs/")) }
	dir := t.TempDir()
	intoFolder(t, from(), dir).is(t, 3, 0, 0)

	path := filepath.Join(dir, strings.TrimPrefix(all[1].Key, "AWSLogs/"))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	forged := random(int(info.Size()), 99)
	write(t, path, string(forged))
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	out := intoFolder(t, from(), dir)
	out.is(t, 0, 2, 1)
	if text, err := os.ReadFile(path); err != nil || string(text) != string(forged) || !strings.Contains(out.failed[b.URI(all[1].Key)], "was changed since") {
		t.Error(err, out)
	}

	for _, name := range []string{"notes", "lock", ""} {
		dir := t.TempDir()
		victim := filepath.Join(dir, "keep", "data")
		write(t, victim, "mine")
		at, to := filepath.Join(dir, ".crosstrail-fetch", name), "../keep/data"
		if name == "" {
			to = "keep"
		} else if err := os.Mkdir(filepath.Join(dir, ".crosstrail-fetch"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
		if f, err := fetch.OpenFolder(dir); err == nil || !strings.Contains(err.Error(), "and is not followed") {
			t.Errorf("%q: %v, %v", name, f, err)
		}
		if text, err := os.ReadFile(victim); err != nil || string(text) != "mine" {
			t.Errorf("%q: %q, %v", name, text, err)
		}
	}
}

// TestBusy: two runs do not write into one folder.
func TestBusy(t *testing.T) {
	dir := t.TempDir()
	first, err := fetch.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.OpenFolder(dir); !errors.Is(err, fetch.ErrBusy) {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	again, err := fetch.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestNames: no key leads out of the folder, and none is passed over in silence.
func TestNames(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "hostile")
	cfg := stand.Account(owner).Config()
	refused := map[string]string{
		"p/a\\b.gz": "not every system takes", "p/a:b.gz": "not every system takes",
		"p/con.json.gz": "device on Windows", "p/x/LPT1": "device on Windows", "p/end.": "ends in a dot", "p/end ": "ends in a dot",
		"p/a\x1bb": "does not show", "p/.crosstrail-fetch/notes": "keeps notes", "p/.Crosstrail-Fetch/x": "keeps notes",
		"p/x/" + strings.Repeat("n", 256): "256 bytes", "p/a//b": "folder without a name", "p//etc/passwd": "folder without a name",
		"p/../../x": "leads out of the folder by \"..\"", "p/./x": "leads out", "p/nul\x00x": "does not show", "p/a\u2028b": "does not show", "p/\u202egz.exe": "turns a line round",
		"p/link/x": "", "p/taken/x": "folder of its key is a file's name", "p/isdir": "that of a folder too", "p/islink": "no file",
	}
	taken := []awstest.Object{{Key: "p/good.json.gz", Body: []byte("good")}, {Key: "p/Good.json.gz", Body: []byte("GOOD")}, {Key: "p/NUL-1.gz", Body: []byte("3")}, {Key: "p/ä b+c%d.gz", Body: []byte("4")}}
	b.Put(t, taken...)
	for key := range refused {
		b.Put(t, awstest.Object{Key: key, Body: []byte("evil")})
	}
	outside := t.TempDir()
	dir := filepath.Join(outside, "dest")
	write(t, filepath.Join(dir, "taken"), "mine")
	write(t, filepath.Join(dir, "isdir", "mine"), "mine")
	if err := errors.Join(os.Symlink("..", filepath.Join(dir, "link")), os.Symlink("../target", filepath.Join(dir, "islink"))); err != nil {
		t.Fatal(err)
	}
	out := intoFolder(t, reach(t, cfg, b.URI("p/")), dir)
	out.is(t, len(taken), 0, len(refused))
	for key, text := range refused {
		if said := out.failed[b.URI(key)]; said == "" || !strings.Contains(said, text) {
			t.Errorf("%q: %q", key, said)
		}
	}
	beside, err := os.ReadDir(outside)
	if err != nil || len(beside) != 1 {
		t.Error("something is outside: ", beside, err)
	}
	for _, o := range taken {
		if text, err := os.ReadFile(filepath.Join(dir, strings.TrimPrefix(o.Key, "p/"))); err != nil || string(text) != string(o.Body) {
			t.Error(o.Key, string(text), err)
		}
	}
}

// TestClash: of a key that is both a file and a folder one is told, in whatever
// order they come.
func TestClash(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "clash")
	b.Put(t, awstest.Object{Key: "a", Body: []byte("file")}, awstest.Object{Key: "a/b", Body: []byte("below")})
	dir := t.TempDir()
	for range 2 {
		out := intoFolder(t, reach(t, stand.Account(owner).Config(), b.URI("")), dir)
		if out.err != nil || out.Failed != 1 || out.Fetched+out.There != 1 {
			t.Error(out)
		}
		for _, text := range out.failed {
			if !strings.HasSuffix(text, "which is there already") {
				t.Error(text)
			}
		}
	}
}

// TestOneObject: SOURCE may be a folder without its slash, one object, or how names begin.
func TestOneObject(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "one")
	all := objects("AWSLogs/", 3)
	b.Put(t, all...)
	cfg := stand.Account(owner).Config()
	for uri, want := range map[string]string{
		all[1].Key: "log-1.json.gz",
		"AWSLogs/CloudTrail/us-east-1/2026/03/02/log": "log-1.json.gz",
		"AWSLogs/CloudTrail/us-east-1/2026/03/02":     "log-1.json.gz",
		"AWSLogs/CloudTrail/us-east-1/2026/":          "03/02/log-1.json.gz",
	} {
		dir := t.TempDir()
		if out := intoFolder(t, reach(t, cfg, b.URI(uri)), dir); out.err != nil || files(t, dir)[want] != string(all[1].Body) {
			t.Errorf("%s: %v", uri, out)
		}
	}
	blind := stand.Account(owner).User(t, "blind", awstest.Allow("arn:aws:s3:::one/*", "s3:GetObject"))
	dir := t.TempDir()
	intoFolder(t, reach(t, blind, b.URI(all[1].Key)), dir).is(t, 1, 0, 0)
	same(t, files(t, dir), "AWSLogs/CloudTrail/us-east-1/2026/03/02/", all[1])
	if out := intoFolder(t, reach(t, cfg, b.URI("nothing")), t.TempDir()); out.err == nil || !strings.Contains(out.err.Error(), "there is nothing under this prefix") {
		t.Error(out)
	}
}
