package local_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/store/local"
)

// mount mounts a file system until the test ends. Where that may not be done,
// the test is skipped loudly, and fails in CI.
func mount(t *testing.T, from, at, kind string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount(from, at, kind, flags, data); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("SKIPPED WITHOUT THE RIGHT TO MOUNT: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
}

// TestDiskFull fills the disk at many stages of an ingest: it says so, nothing
// that was committed is lost, and with room again it goes on.
func TestDiskFull(t *testing.T) {
	files := organisation(11, synth.Options{Stories: 25, Days: 5})
	all := tell(t, files)
	want := ask(t, inMemory(t, files), all)
	dir := t.TempDir()
	mount(t, "tmpfs", dir, "tmpfs", 0, "size=12m")
	store, ballast := filepath.Join(dir, "s"), filepath.Join(dir, "ballast")
	full, settled := 0, []string(nil)
	for room := 100 << 10; ; room += 24 << 10 {
		var disk syscall.Statfs_t
		if err := syscall.Statfs(dir, &disk); err != nil {
			t.Fatal(err)
		}
		free := int(disk.Bavail) * int(disk.Bsize)
		write(t, ballast, make([]byte, max(free-room, 0)))
		s, err := local.Open(t.Context(), store, local.Options{})
		if err == nil {
			committed(t, s, all, files, settled)
			from := &deliveries{files: files, settled: func(name string) { settled = append(settled, name) }}
			_, _, err = ingest.Pump(t.Context(), from, s, ingest.Options{Workers: 2, SettleEvery: 5 * time.Millisecond})
			err = errors.Join(err, s.Close())
		}
		if err == nil {
			break
		}
		full++
		if text := err.Error(); !errors.Is(err, syscall.ENOSPC) && !strings.Contains(text, "disk is full") && !strings.Contains(text, "disk I/O error") {
			t.Fatalf("with %d bytes of room: %v", room, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if full > 60 {
			t.Fatalf("with %d bytes of room: %v", room, err)
		}
	}
	if full < 3 {
		t.Errorf("the disk was full %d times", full)
	}
	// It answers on a disk that is full.
	write(t, ballast, nil)
	fillDisk(t, ballast)
	same(t, "on a full disk", ask(t, read(t, store, nil), all), want)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	fill(t, store, local.Options{}, nil)
	onlyKnown(t, store)
	whole(t, store)
}

func fillDisk(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReadOnlyFolder reads where nothing can be written, and says why nothing is.
func TestReadOnlyFolder(t *testing.T) {
	dir, all, files := filled(t, local.Options{})
	want := lines(t, dir, all)
	at := t.TempDir()
	mount(t, dir, at, "", syscall.MS_BIND, "")
	if err := syscall.Mount("", at, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	sameTexts(t, "read-only", lines(t, at, all), want)
	whole(t, at)
	_, err := local.Open(t.Context(), at, local.Options{})
	if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), at) {
		t.Errorf("Open: %v", err)
	}
	if err := rebuild(t, at); !errors.Is(err, syscall.EROFS) {
		t.Errorf("Rebuild: %v", err)
	}
	sameTexts(t, "afterwards", lines(t, at, all), want)

	// A commit that is not in the catalogue itself cannot be read there.
	s := open(t, dir, local.Options{})
	if has, err := s.Has(t.Context(), cloudtrail.ParseLogFileName(files[0].Name)); err != nil || !has {
		t.Fatal(has, err)
	}
	pump(t, s, 1, organisation(6, synth.Options{Stories: 3}))
	if r, err := local.OpenReader(t.Context(), at, local.Options{}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("with a commit that only the writer knows: %v", err)
		_ = r.Close()
	}
}

// TestFolderOfOneUser: what is in a store is for its user alone.
func TestFolderOfOneUser(t *testing.T) {
	t.Parallel()
	dir, _, _ := filled(t, local.Options{})
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckOfWhatMayNotBeRead: that somebody may not read a store is no damage.
func TestCheckOfWhatMayNotBeRead(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can be somebody else")
		}
		t.Skip("SKIPPED, NOT TESTED AS ONE WHO MAY NOT READ: only root can be somebody else")
	}
	dir, _, _ := filled(t, local.Options{})
	for up := filepath.Dir(dir); up != filepath.Clean(os.TempDir()) && up != "/"; up = filepath.Dir(up) { // the test's own folders
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"catalogue.db", "events", "logs"} {
		path := filepath.Join(dir, name)
		if err := filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
			return errors.Join(err, os.Chmod(path, 0o777))
		}); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
		runtime.LockOSThread() // whose files may be read is a matter of the thread
		err := syscall.Setfsuid(65534)
		if err == nil {
			_, err = local.Check(t.Context(), dir, local.Options{}, func(f local.Finding) { t.Errorf("%s may not be read: %+v", name, f) })
		}
		if err := syscall.Setfsuid(0); err != nil {
			t.Fatal(err)
		}
		runtime.UnlockOSThread()
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s may not be read: %v", name, err)
		}
	}
}
