package fetch

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// ErrBusy is that another run writes into the folder.
var ErrBusy = errors.New("another run of crosstrail share fetch is writing into this folder")

var errFolderToo = errors.New("its key is that of a folder too, which is there already")

// worthGoingOn is how much has to be there of a file for the rest to be asked for
// alone: less is sooner had than looked at.
const worthGoingOn = 1 << 20

// Folder is a [Dest] on this machine. Only its user can read what it holds.
//
//	DEST/AWSLogs/…                  the log files, with the time of the object
//	DEST/.crosstrail-fetch/notes    what was fetched: notes.go
//	DEST/.crosstrail-fetch/*.part   what is being fetched
//	DEST/.crosstrail-fetch/lock     one run at a time
type Folder struct {
	root  *os.Root
	lock  *flock.Flock
	notes *notes
	done  chan *finished // to who notes and renames
	ended chan struct{}
	made  string // the folder, where it was not there before
}

// OpenFolder makes the folder where there is none. It fails with [ErrBusy] where
// another run has it.
func OpenFolder(dir string) (*Folder, error) {
	_, absent := os.Lstat(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root, done: make(chan *finished), ended: make(chan struct{})}
	if err := f.open(dir); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if errors.Is(absent, fs.ErrNotExist) {
		f.made = dir
	}
	go f.settle()
	return f, nil
}

func (f *Folder) open(dir string) error {
	if err := f.root.MkdirAll(own, 0o700); err != nil {
		return err
	}
	if info, err := f.root.Lstat(own); err != nil || !info.IsDir() {
		return errors.Join(fmt.Errorf("%s is no folder, and is not followed: remove it, or fetch into another folder", own), err)
	}
	lock, err := openOwn(f.root, own+"/lock")
	if err != nil {
		return err
	}
	lock.Close() //nolint:errcheck // nothing was written
	f.lock = flock.New(filepath.Join(dir, own, "lock"), flock.SetPermissions(0o600))
	free, err := f.lock.TryLock()
	if err != nil {
		return err
	}
	if !free {
		return ErrBusy
	}
	f.notes, err = openNotes(f.root, own+"/notes")
	if err != nil {
		return errors.Join(err, f.lock.Unlock())
	}
	return nil
}

// Close lets go of the folder. One that was made in vain is taken away again.
func (f *Folder) Close() error {
	close(f.done)
	<-f.ended
	f.notes.mu.Lock()
	vain := len(f.notes.known) == 0
	f.notes.mu.Unlock()
	err := f.notes.file.Close()
	if vain {
		for _, name := range []string{own + "/notes", own + "/lock", own} {
			_ = f.root.Remove(name) // not where a part is there
		}
	}
	err = errors.Join(err, f.lock.Unlock(), f.root.Close())
	if vain && f.made != "" {
		_ = os.Remove(f.made) // not where anything is in it
	}
	return err
}

// Done takes away what is left of files that were not fetched to their end, and
// are not wanted any more.
func (f *Folder) Done() error {
	dir, err := f.root.Open(own)
	if err != nil {
		return err
	}
	defer dir.Close() //nolint:errcheck // only read from
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if strings.HasSuffix(name, ".part") {
			err = errors.Join(err, f.root.Remove(own+"/"+name))
		}
	}
	return err
}

// Knows implements [Dest].
func (f *Folder) Knows(o *bucket.Object, name string) bool {
	if safe(name) != nil {
		return false
	}
	info, err := f.root.Lstat(filepath.FromSlash(name))
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	whole, _ := f.notes.isWhole(noteOf(o, name, info))
	return whole
}

// openOwn opens a file of this package's own folder, made where it is not there. What
// is a link, or no file, is refused: somebody else put it there, to have another file
// written.
func openOwn(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // which follows no link
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file, and is not followed: remove it, or fetch into another folder", name)
	}
	file, err := root.OpenFile(name, os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if now, err := file.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, errors.Join(fmt.Errorf("%s was changed by somebody just now", name), err, file.Close())
	}
	return file, nil
}

func noteOf(o *bucket.Object, name string, info fs.FileInfo) note {
	return note{URI: o.URI, Name: name, ETag: o.ETag, Size: info.Size(), Modified: info.ModTime().UnixNano()}
}

// Take implements [Dest].
func (f *Folder) Take(ctx context.Context, from *bucket.Log, o *bucket.Object, name string, came func(int64)) (bool, error) {
	if err := safe(name); err != nil {
		return false, err
	}
	old, whole, err := f.look(o, name)
	if err != nil || whole {
		return false, err
	}
	at := filepath.FromSlash(name)
	if err := f.root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o700); err != nil {
		return false, f.clash(err)
	}
	part := own + "/" + partName(o)
	info, sealed, err := f.fetch(ctx, from, o, part, came)
	if err != nil {
		return false, err
	}
	fresh := noteOf(o, name, info)
	fresh.Sealed = sealed
	one := &finished{note: fresh, part: part, at: at, old: old, settled: make(chan error, 1)}
	f.done <- one
	return true, <-one.settled
}

// look looks at what is there under a name: nothing (old and whole are zero), what
// is to be replaced (old), or the object as it is (whole). It fails where that is
// not ours.
func (f *Folder) look(o *bucket.Object, name string) (old fs.FileInfo, whole bool, err error) {
	info, err := f.root.Lstat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, f.clash(err)
	case info.IsDir():
		return nil, false, errFolderToo
	case !info.Mode().IsRegular():
		return nil, false, errors.New("what is there under its name is no file")
	}
	here := noteOf(o, name, info)
	noted, sealed := f.notes.isWhole(here)
	switch {
	case sealed:
		return nil, true, nil
	case !noted && f.notes.isOurs(here):
		return info, false, nil
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, false, err
	}
	defer file.Close() //nolint:errcheck // only read from
	if info.Size() == o.Size {
		sum, err := sumOf(file)
		if err != nil {
			return nil, false, err
		}
		switch {
		case sum != strings.Trim(o.ETag, `"`):
		case noted:
			return nil, true, nil
		default:
			return nil, true, f.notes.add(false, here)
		}
	}
	return nil, false, fmt.Errorf("a file is there under its name that was not fetched from it, or was changed since (%d bytes, and the object has %d): it is left as it is; move it away, or fetch into another folder", info.Size(), o.Size)
}

// clash says what an error of a folder on the way is.
func (f *Folder) clash(err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return errors.New("a folder of its key is a file's name too, which is there already")
	}
	return ending(err)
}

func partName(o *bucket.Object) string {
	sum := shortHash(o.URI + "\x00" + o.ETag)
	return hex.EncodeToString(sum[:]) + ".part"
}

// fetch has an object whole under a temporary name, synced. It is sealed where S3
// tells no MD5 of it.
func (f *Folder) fetch(ctx context.Context, from *bucket.Log, o *bucket.Object, part string, came func(int64)) (info fs.FileInfo, sealed bool, err error) {
	file, err := openOwn(f.root, part)
	if err != nil {
		return nil, false, ending(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	kept, err := keptOf(file)
	if err != nil {
		return nil, false, ending(err)
	}
	at, sum, err := goOn(file, o)
	if err != nil {
		return nil, false, ending(err)
	}
	body, err := receive(ctx, from, o, at, min(at, kept), sum, partFile{file}, came)
	if err != nil {
		f.keep(file, part)
		return nil, false, err
	}
	if !o.Modified.IsZero() {
		if err := f.root.Chtimes(part, o.Modified, o.Modified); err != nil {
			return nil, false, ending(err)
		}
	}
	if err := file.Sync(); err != nil {
		return nil, false, ending(err)
	}
	info, err = file.Stat()
	return info, body.MD5 == "", err
}

// keptAt is the time of a part that was synced, and not written since: it is whole as
// far as it goes. One without may have holes, as after a power cut.
var keptAt = time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC)

// keep marks a part as synced. Where that fails it is not gone on with, which costs
// no more than time.
func (f *Folder) keep(file *os.File, part string) {
	if file.Sync() == nil {
		_ = f.root.Chtimes(part, keptAt, keptAt)
	}
}

// keptOf is how many bytes of a part are known to be what came.
func keptOf(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil || !info.ModTime().Equal(keptAt) {
		return 0, err
	}
	return info.Size(), nil
}

// goOn is where a file that is there in part goes on, with the MD5 of what is there.
func goOn(file *os.File, o *bucket.Object) (at int64, sum hash.Hash, err error) {
	sum = md5.New()
	info, err := file.Stat()
	if err != nil {
		return 0, nil, err
	}
	if n := info.Size(); n < worthGoingOn || n >= o.Size {
		return 0, sum, file.Truncate(0)
	}
	at, err = io.Copy(sum, file)
	return at, sum, err
}

// partFile is a file that is written at its end (sink).
type partFile struct{ *os.File }

func (p partFile) Truncate(size int64) error {
	return errors.Join(p.File.Truncate(size), seek(p.File, size))
}
