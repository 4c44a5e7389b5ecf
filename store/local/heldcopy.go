package local

import (
	"cmp"
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
// differ it is itself damaged, and no witness. Hashes are told apart by those eight
// bytes, which nobody can choose: of the others any may be turned.
type witness struct {
	*Copies
	packs   map[int64]string // names of those that are there
	at      map[spot][]int   // places in found: several, where files of the same bytes share a copy
	whole   map[fileID]int   // places of files, or of their first pieces
	names   map[fileID]bool  // there is a copy
	sums    map[int64]bool   // there is a copy
	known   map[int64]bool   // the catalogue knows it
	refer   []fileRow        // log files without a copy, by their first pieces
	referAt map[fileID]int   // places of those
	settled map[spot]bool
}

func (c *Copies) witness() *witness {
	w := &witness{
		Copies: c, packs: map[int64]string{}, at: map[spot][]int{}, whole: map[fileID]int{}, names: map[fileID]bool{},
		sums: map[int64]bool{}, known: map[int64]bool{}, referAt: map[fileID]int{}, settled: map[spot]bool{},
	}
	for _, p := range c.packs {
		w.packs[p.id] = p.name
		delete(c.lost, p.id)
	}
	for i, f := range c.found {
		w.sums[sumHash(f.sum)], w.names[f.id()] = true, true
		in := spot{f.copied.pack, f.offset}
		w.at[in] = append(w.at[in], i)
		if f.first == 0 {
			w.whole[f.id()] = i
		}
	}
	return w
}

// hold holds the copies that were found against the catalogue that was there.
// The hash that it has is that of the copy; what it has and no pack holds is
// missing; and of what there is no copy the log file is to be read itself.
//
// It may be damaged, and then it may tell less than it should, but must not make
// the store lose a record that a pack holds. So where its word alone would take one
// away it must be sound, and the index of the hashes have it so too.
func (c *Copies) hold(old *sqlite.Conn, sound bool) error {
	if sound {
		agree, err := isSound(old)
		if sound = agree && err == nil; !sound { // a row may stand where another stood
			c.tells(cmp.Or(err, errUnsound))
		}
	}
	c.lost, c.unended = map[int64]string{}, map[fileID]bool{}
	unnamed := rows(old, "select id, name from pack", func(s *sqlite.Stmt) error { c.lost[s.ColumnInt64(0)] = s.ColumnText(1); return nil })
	w := c.witness()
	err := fileRows(old, func(f *fileRow) {
		f.pack = w.packs[f.copied.pack]
		w.known[sumHash(f.sum)], w.known[f.indexed] = true, true
		if f.kept && f.named && f.begin >= 0 && !f.ended {
			c.unended[f.id()] = true
		}
		if f.kept {
			w.tell(f)
		} else {
			w.note(f)
		}
	})
	if err == nil && sound && !c.noFloor {
		// What a pack holds and its catalogue does not know was replaced, or is
		// of a commit that never came; or it was let go, and still tells names.
		c.found = slices.DeleteFunc(c.found, func(f foundCopy) bool {
			return f.pack != "" && !w.known[sumHash(f.sum)] && !isBefore(f.LogFile, c.floor)
		})
	}
	w.addReferred()
	c.found = inChains(once(c.found))
	return cmp.Or(err, unnamed)
}

// tell takes in what the catalogue tells of a copy.
func (w *witness) tell(row *fileRow) {
	f := &row.foundCopy
	in := spot{f.copied.pack, f.offset}
	there := w.at[in]
	if !row.summed {
		return
	}
	for _, i := range there {
		// Where its bytes are elsewhere, and another name is here, it is the place
		// that was turned.
		if other := &w.found[i]; sumHash(other.sum) != sumHash(f.sum) && (!w.sums[sumHash(f.sum)] || row.named && other.URI == f.URI) {
			other.sum = f.sum
		}
	}
	if len(there) > 0 && row.named && f.first == 0 && sumHash(w.found[there[0]].sum) == sumHash(f.sum) {
		switch {
		case w.names[f.id()] || slices.ContainsFunc(there, func(i int) bool { return w.found[i].URI == f.URI }):
		case !w.settled[in]:
			w.found[there[0]].LogFile = f.LogFile // the name before it is damaged
		default: // that of a file of the same bytes is
			w.found = append(w.found, *f)
		}
		w.settled[in] = true
	}
	if len(there) == 0 && !w.sums[sumHash(f.sum)] && row.named {
		w.miss(f)
	}
}

// note takes in what the catalogue tells of a log file of which there is no copy.
func (w *witness) note(row *fileRow) {
	at, met := w.referAt[row.id()]
	switch {
	case row.begin < 0: // superseded
	case w.names[row.id()] && (w.sums[sumHash(row.sum)] || w.sums[row.indexed]): // that there is none was turned
	case !met:
		w.referAt[row.id()] = len(w.refer)
		w.refer = append(w.refer, *row)
	default:
		if row.begin < w.refer[at].begin {
			w.refer[at] = *row
		}
		w.refer[at].cut = true
	}
}

// addReferred adds the log files that are to be read themselves. Of one that was
// read in pieces the first stands for all; if its number was turned, whichever is
// there.
func (w *witness) addReferred() {
	for _, f := range w.refer {
		f.copied, f.pack, f.first = copied{}, "", 0
		switch {
		case !f.named:
			w.tells(fmt.Errorf("%w: %s", errReferred, f.URI))
			continue
		case !f.summed && !f.cut:
			f.wrong = errRow
		}
		w.found = append(w.found, f.foundCopy)
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

var (
	errMissing  = errors.New("the store's copy of it is missing")
	errRow      = errors.New("what the catalogue tells of it is damaged, and the store keeps no copy of it")
	errUnsound  = errors.New("its tables and their indexes differ")
	errReferred = errors.New("the name of a log file without a copy is damaged, so that it was not read")
)

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
