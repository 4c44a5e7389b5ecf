package source_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source"
)

var sealedFrom = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

// sealedDemo is the demo's log since then, with its digests, as it lies in a bucket.
var sealedDemo = sync.OnceValue(func() (all struct {
	objects map[string][]byte
	digests []synth.Digest
	keys    *digest.KeySet
},
) {
	key := synth.SigningKey(1)
	all.objects, all.keys = map[string][]byte{}, &digest.KeySet{}
	for f := range synth.Demo().Files() {
		if !f.Delivered.Before(sealedFrom) {
			all.objects[f.Name] = f.Gzip()
		}
	}
	all.digests = synth.Digests(synth.Demo().Files(), synth.Trail{Bucket: "acme-logs", Key: key, From: sealedFrom})
	if err := all.keys.ReadKeys(bytes.NewReader(synth.PublicKeys(sealedFrom, sealedFrom.AddDate(0, 1, 0), key))); err != nil {
		panic(err)
	}
	return all
})

func sealed() (objects map[string][]byte, digests []synth.Digest, keys *digest.KeySet) {
	all := sealedDemo()
	return all.objects, all.digests, all.keys
}

func put(t testing.TB, path string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// However somebody laid out a copy, it is the same log.
func TestArchiveHoweverItWasCopied(t *testing.T) {
	objects, digests, keys := sealed()
	name := func(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }
	for layout, path := range map[string]func(key string) string{
		"as in the bucket":    func(key string) string { return key },
		"under a prefix":      func(key string) string { return "AWSLogs/of/acme/" + key },
		"without AWSLogs":     func(key string) string { return strings.TrimPrefix(key, "AWSLogs/") },
		"an account's folder": func(key string) string { return "logs/" + strings.SplitN(key, "/", 3)[2] },
		"all in one folder":   name,
		"a folder called so":  func(key string) string { return "AWSLogs/" + name(key) },
		"digests in one folder": func(key string) string {
			return strings.Replace(key, key[:strings.LastIndexByte(key, '/')], "digests", 1)
		},
	} {
		t.Run(layout, func(t *testing.T) {
			dir := t.TempDir()
			for key, body := range objects {
				if layout == "digests in one folder" {
					put(t, filepath.Join(dir, key), body)
					continue
				}
				put(t, filepath.Join(dir, path(key)), body)
			}
			for _, d := range digests {
				put(t, filepath.Join(dir, path(d.Name)), d.Gzip())
				put(t, filepath.Join(dir, path(d.Name)+".head.json"), d.Head())
			}
			put(t, filepath.Join(dir, "notes.txt"), []byte("not a log file"))
			a, err := source.OpenArchive(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			r, err := digest.Verify(t.Context(), a, keys, digest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Whole() || r.Files[digest.Verified] != len(objects) || r.Digests.Verified != len(digests) || r.Files.All() != len(objects) {
				t.Errorf("%d log files, %d digests: %v, %+v, %v", len(objects), len(digests), r.Files, r.Digests, r.Findings)
			}
		})
	}
}

// Two copies of one log under one folder are each held to the digests.
func TestArchiveWithTwoCopies(t *testing.T) {
	objects, digests, keys := sealed()
	dir := t.TempDir()
	var some string
	for _, in := range []string{"one", "two"} {
		for key, body := range objects {
			put(t, filepath.Join(dir, in, key), body)
			some = key
		}
		for _, d := range digests {
			put(t, filepath.Join(dir, in, d.Name), d.Gzip())
			put(t, filepath.Join(dir, in, d.Name+".head.json"), d.Head())
		}
	}
	verify := func() *digest.Report {
		a, err := source.OpenArchive(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		r, err := digest.Verify(t.Context(), a, keys, digest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := verify(); !r.Whole() || r.Files[digest.Verified] != 2*len(objects) {
		t.Errorf("%v, %v", r.Files, r.Findings)
	}
	put(t, filepath.Join(dir, "two", some), []byte("{}"))
	r := verify()
	if len(r.Findings) != 1 || r.Findings[0].Kind != digest.AlteredFile || r.Findings[0].File != filepath.Join(dir, "two", some) {
		t.Errorf("%v", r.Findings)
	}
}

// Files of other kinds are no log files, those without a name nobody's, and what a
// digest lists is found wherever it lies.
func TestArchiveOfOtherFiles(t *testing.T) {
	objects, digests, keys := sealed()
	dir := t.TempDir()
	for key, body := range objects {
		put(t, filepath.Join(dir, key), body)
	}
	for _, d := range digests {
		put(t, filepath.Join(dir, d.Name), d.Gzip())
		put(t, filepath.Join(dir, d.Name+".head.json"), d.Head())
	}
	put(t, filepath.Join(dir, "AWSLogs/111111111111/CloudTrail-Insight/us-east-1/2026/03/03/111111111111_CloudTrail-Insight_us-east-1_20260303T1200Z_aaaaaaaaaaaaaaaa.json.gz"), []byte("{}"))
	put(t, filepath.Join(dir, "AWSLogs/111111111111/elasticloadbalancing/us-east-1/2026/03/03/x.log.gz"), []byte("x"))
	put(t, filepath.Join(dir, "saved.json"), []byte("{}"))
	a, err := source.OpenArchive(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := digest.Verify(t.Context(), a, keys, digest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict() != digest.Unproved || r.Files[digest.Verified] != len(objects) || r.Files[digest.Unchecked] != 1 || len(r.Unchecked) != 1 || r.Unchecked[0].Reason != digest.Nameless {
		t.Errorf("%v, %v, %+v", r.Files, r.Findings, r.Unchecked)
	}
}

// A folder that cannot be read is told of, and a head file that is none.
func TestArchiveThatCannotBeRead(t *testing.T) {
	objects, digests, keys := sealed()
	dir := t.TempDir()
	for key, body := range objects {
		put(t, filepath.Join(dir, key), body)
	}
	for _, d := range digests {
		put(t, filepath.Join(dir, d.Name), d.Gzip())
		put(t, filepath.Join(dir, d.Name+".head.json"), d.Head())
	}
	put(t, filepath.Join(dir, digests[0].Name+".head.json"), []byte("<xml/>"))
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	a, err := source.OpenArchive(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if broken := a.Broken(); len(broken) != 1 || !strings.Contains(broken[0].Error(), "gone: ") {
		t.Errorf("broken: %v", broken)
	}
	var told []string
	r, err := digest.Verify(t.Context(), a, keys, digest.Options{OnError: func(o digest.Object, err error) { told = append(told, fmt.Sprint(err)) }})
	if err != nil {
		t.Fatal(err)
	}
	if r.Complete() || r.Digests.Unread != 1 || len(told) != 1 || !strings.Contains(told[0], "head-object") {
		t.Errorf("%+v, %v", r.Digests, told)
	}
}

func TestArchiveRefuses(t *testing.T) {
	for _, from := range []string{source.Stdin, filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := source.OpenArchive(t.Context(), from); err == nil {
			t.Errorf("%s is taken", from)
		}
	}
	if a, err := source.OpenArchive(t.Context(), t.TempDir()); err != nil {
		t.Error(err)
	} else if places, _ := a.Places(t.Context()); !slices.Equal(places, nil) {
		t.Errorf("an empty folder has %v", places)
	}
}
