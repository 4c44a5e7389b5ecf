package fetch

import (
	"errors"
	"io/fs"
)

// finished is a file that is there whole under a temporary name.
type finished struct {
	note     note
	part, at string
	old      fs.FileInfo // what it replaces; nil: nothing is there
	settled  chan error
}

// mostSettled is how many are noted at once.
const mostSettled = 256

// settle notes files and gives them their names, those that have come meanwhile
// together: they share one sync. A note comes before its name: whatever stops it
// in between, a file under its own name has been noted, and a note without its file
// says nothing. One goroutine does it, so that of two keys that one name is meant
// for (as on a file system that takes A for a) the second finds the first.
func (f *Folder) settle() {
	defer close(f.ended)
	for one := range f.done {
		all := []*finished{one}
		for more := true; more && len(all) < mostSettled; {
			select {
			case next, ok := <-f.done:
				if more = ok; ok {
					all = append(all, next)
				}
			default:
				more = false
			}
		}
		lines := make([]note, 0, len(all))
		for _, one := range all {
			lines = append(lines, one.note)
		}
		err := f.notes.add(true, lines...)
		for _, one := range all {
			if err != nil {
				one.settled <- &StopError{err}
				continue
			}
			one.settled <- f.place(one)
		}
	}
}

// place gives a file its name, unless something has come there.
func (f *Folder) place(one *finished) error {
	info, err := f.root.Lstat(one.at)
	switch {
	case err == nil && info.IsDir():
		return errors.Join(errFolderToo, f.root.Remove(one.part))
	case err == nil && one.old == nil, err == nil && (info.Size() != one.old.Size() || !info.ModTime().Equal(one.old.ModTime())):
		return errors.Join(errors.New("another file has come there under its name, which may differ from its key in upper and lower case alone: it is left as it is"), f.root.Remove(one.part))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return f.clash(f.root.Rename(one.part, one.at))
}
