package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// A rebuild takes nothing from a copy that is not as it was: its hash is in the
// header before it and in the catalogue that was there, and a gzip that opens
// well proves nothing.

var errHash = errors.New("its hash is wrong")

// spot is where a copy begins.
type spot struct{ pack, offset int64 }

// bySum finds a copy by the hash of the file's bytes. Of several of the same
// bytes, as after a damaged one was replaced, a whole one serves for all.
func (c *Copies) bySum(ctx context.Context) map[[sha256.Size]byte]*foundCopy {
	found := map[[sha256.Size]byte]*foundCopy{}
	for i := range c.found {
		one := &c.found[i]
		other, met := found[one.sum]
		switch {
		case !met:
			found[one.sum] = one
		case c.verify(ctx, other) == nil:
			one.copied, one.pack = other.copied, other.pack
		case c.verify(ctx, one) == nil:
			other.copied, other.pack = one.copied, one.pack
		}
	}
	return found
}

// once leaves of the copies of a file that are in one place the first.
func once(found []foundCopy) []foundCopy {
	type part struct {
		fileID
		spot
		first int
	}
	seen := map[part]bool{}
	return slices.DeleteFunc(found, func(f foundCopy) bool {
		p := part{f.id(), spot{f.copied.pack, f.offset}, f.first}
		met := seen[p]
		seen[p] = true
		return met && f.pack != ""
	})
}

// fileID is what tells a log file from others.
type fileID struct{ uri, version string }

func (f *foundCopy) id() fileID { return fileID{f.URI, f.Version} }

// witness is the catalogue that was there, of what the packs hold. It tells a
// hash's first eight bytes twice, and a name by its hash too: where the two
// differ it is itself damaged, and no witness.
type witness struct {
	*Copies
	packs   map[int64]string // names of those that are there
	at      map[spot][]int   // places in found: several, where files of the same bytes share a copy
	whole   map[fileID]int   // places of files, or of their first pieces
	names   map[fileID]bool
	sums    map[[sha256.Size]byte]bool // there is a copy
	known   map[[sha256.Size]byte]bool // the catalogue knows it
	settled map[spot]bool
}

// hold holds the copies that were found against the catalogue that was there.
// The hash that it has is that of the copy; and what it has and no pack holds is
// missing.
func (c *Copies) hold(old *sqlite.Conn) error {
	sound, err := isSound(old)
	if err != nil {
		return err
	}
	floor, err := one(old, "select value from setting where name = 'floor'")
	if err != nil {
		return err
	}
	c.lost = map[int64]string{}
	err = rows(old, "select id, name from pack", func(s *sqlite.Stmt) error { c.lost[s.ColumnInt64(0)] = s.ColumnText(1); return nil })
	if err != nil {
		return err
	}
	w := witness{
		Copies: c, packs: map[int64]string{}, at: map[spot][]int{}, whole: map[fileID]int{}, names: map[fileID]bool{},
		sums: map[[sha256.Size]byte]bool{}, known: map[[sha256.Size]byte]bool{}, settled: map[spot]bool{},
	}
	for _, p := range c.packs {
		w.packs[p.id] = p.name
		delete(c.lost, p.id)
	}
	for i, f := range c.found {
		w.sums[f.sum], w.names[f.id()] = true, true
		if f.pack != "" {
			in := spot{f.copied.pack, f.offset}
			w.at[in] = append(w.at[in], i)
		}
		if f.first == 0 {
			w.whole[f.id()] = i
		}
	}
	err = rows(old, `select pack, offset, length, pressed, sum, sha256, path || log_file.name, version, first, hash from log_file
		join folder on folder.id = folder where pack is not null order by log_file.id`, func(s *sqlite.Stmt) error {
		f := foundCopy{LogFile: cloudtrail.ParseLogFileName(s.ColumnText(6)), first: max(s.ColumnInt(8), 0)}
		f.Version = s.ColumnText(7)
		f.copied = copied{s.ColumnInt64(0), s.ColumnInt64(1), s.ColumnInt64(2), s.ColumnBool(3)}
		s.ColumnBytes(5, f.sum[:])
		f.pack = w.packs[f.copied.pack]
		w.tell(&f, sumHash(f.sum) == s.ColumnInt64(4), nameHash(f.URI) == s.ColumnInt64(9))
		return nil
	})
	if err == nil && sound {
		// What a pack holds and its catalogue does not know was replaced, or is
		// of a commit that never came; or it was let go, and still tells names.
		c.found = slices.DeleteFunc(c.found, func(f foundCopy) bool {
			return f.pack != "" && !w.known[f.sum] && !isBefore(f.LogFile, cloudtrail.Time(floor))
		})
	}
	c.found = inChains(once(c.found))
	return err
}

// tell takes in what the catalogue tells of a copy.
func (w *witness) tell(f *foundCopy, summed, named bool) {
	in := spot{f.copied.pack, f.offset}
	there := w.at[in]
	w.known[f.sum] = true
	for _, i := range there {
		if other := &w.found[i]; summed && sumHash(other.sum) != sumHash(f.sum) {
			other.sum = f.sum
		}
		w.known[w.found[i].sum] = true
	}
	if !summed {
		return
	}
	if len(there) > 0 && named && f.first == 0 {
		switch {
		case w.names[f.id()] || slices.ContainsFunc(there, func(i int) bool { return w.found[i].URI == f.URI }):
		case !w.settled[in]:
			w.found[there[0]].LogFile = f.LogFile // the name before it is damaged
		default: // that of a file of the same bytes is
			w.found = append(w.found, *f)
		}
		w.settled[in] = true
	}
	if len(there) == 0 && !w.sums[f.sum] && named {
		w.miss(f)
	}
}

// miss takes in a copy that was not found.
func (w *witness) miss(f *foundCopy) {
	i, ok := w.whole[f.id()]
	switch {
	case f.pack != "":
		w.found = append(w.found, *f) // only what is before it is damaged
	case ok && f.first > 0: // without a piece the others would be counted wrongly
		w.found[i].wrong = errMissing
		w.wrong = append(w.wrong, *f)
	case ok:
		w.wrong = append(w.wrong, *f)
	default:
		f.first, f.wrong = 0, errMissing
		w.whole[f.id()] = len(w.found)
		w.found = append(w.found, *f)
	}
}

var errMissing = errors.New("the store's copy of it is missing")

// noteWrong leaves word of what nothing was taken from, with the hashes that
// were known: a later check, rebuild or reading holds it to them too.
func (s *Store) noteWrong(from *Copies) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	return transact(s.conn, func() error {
		if from.old != nil {
			_ = copyTable(from.old, s.conn, "bygone") // not before: their copies still tell names
		}
		for _, f := range from.wrong {
			if f.copied.pack == 0 {
				continue
			}
			s.mu.Lock()
			s.nextRow++
			id := s.nextRow
			s.mu.Unlock()
			if err := s.addLogFile(&logFile{LogFile: f.LogFile, copied: f.copied, id: id, sum: f.sum, first: -1}, false); err != nil {
				return err
			}
			if name, ok := from.lost[f.copied.pack]; ok {
				if err := exec(s.conn, "insert or ignore into pack values(?,?,0)", f.copied.pack, name); err != nil {
					return err
				}
			}
		}
		return exec(s.conn, "insert or replace into setting values('last log', ?)", s.nextRow)
	})
}

// verify holds a copy, or the file where there is none, to its hash.
func (c *Copies) verify(ctx context.Context, f *foundCopy) error {
	if f.wrong != nil || f.cut {
		return f.wrong
	}
	if f.pack == "" {
		return c.verifyItself(ctx, f)
	}
	file, err := os.Open(filepath.Join(c.dir, filepath.FromSlash(f.pack)))
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read from
	var from io.Reader = f.in(file)
	if f.pressed {
		if from, err = gzip.NewReader(from); err != nil {
			return f.damaged(err)
		}
	}
	if err := verifySum(from, f.sum); err != nil {
		return f.damaged(err)
	}
	return nil
}

func (f *foundCopy) damaged(err error) error {
	return fmt.Errorf("%s: the copy at byte %d is damaged: %w", f.pack, f.offset, err)
}

// verifyItself holds a log file itself to the hash of what was read.
func (c *Copies) verifyItself(ctx context.Context, f *foundCopy) error {
	file, changed, err := c.options.again(ctx, f.LogFile)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read from
	err = verifySum(file, f.sum)
	if errors.Is(err, errHash) {
		err = fmt.Errorf("%w (--keep reference: the store keeps no copy of it)", changed)
	}
	return err
}

func verifySum(from io.Reader, sum [sha256.Size]byte) error {
	hash := sha256.New()
	if _, err := io.Copy(hash, from); err != nil {
		return err
	}
	if [sha256.Size]byte(hash.Sum(nil)) != sum {
		return errHash
	}
	return nil
}
