package local

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// The folder in which a rebuild works, and the file that says that it is whole.
const (
	rebuildName = "rebuild.tmp"
	rebuiltName = "whole"
)

// Rebuild makes catalogue and events anew from the copies of log files; of files
// without a copy, from the files themselves, if the old catalogue still names
// them. fill pumps what from hands out into to. Until all is done the old store
// is left as it is. What the old catalogue alone told, and cannot be had from it any
// more, Damaged is told of; without it nobody is.
func Rebuild(ctx context.Context, dir string, o Options, fill func(from *Copies, to *Store) error) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	_, noCopies := os.Stat(filepath.Join(dir, logsName))
	if _, err := os.Stat(filepath.Join(dir, catalogueName)); err != nil && noCopies != nil {
		return fmt.Errorf("%s: %w", dir, ErrNoStore)
	}
	held, err := lock(ctx, dir, o.Wait)
	if err != nil {
		return err
	}
	defer held.Close() //nolint:errcheck // it ends with the process at the latest
	// One before it may have come to its end, but for putting things in place.
	if err := finishRebuild(dir); err != nil {
		return err
	}
	work := filepath.Join(dir, rebuildName)
	if err := makeFolders(work, eventsName, indexName); err != nil {
		return err
	}
	from, err := findCopies(ctx, dir, o)
	if err != nil {
		return err
	}
	defer from.close() //nolint:errcheck // only read from
	to, err := openHeld(work, dir, o, nil)
	if err != nil {
		return err
	}
	if err := to.adopt(dir, from); err != nil {
		return errors.Join(err, to.Close())
	}
	if err := fill(from, to); err != nil {
		return errors.Join(err, to.Close())
	}
	if err := errors.Join(to.Commit(ctx), to.noteWrong(from), from.close(), to.Close()); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, rebuiltName), nil, 0o600); err != nil {
		return err
	}
	if err := syncFolder(work); err != nil {
		return err
	}
	return finishRebuild(dir)
}

// finishRebuild puts what a rebuild made in the place of what was there, if it
// came to its end. Each step can be done again.
func finishRebuild(dir string) error {
	work := filepath.Join(dir, rebuildName)
	if _, err := os.Stat(filepath.Join(work, rebuiltName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return os.RemoveAll(work) // none was begun, or it did not come to its end
		}
		return err
	}
	for _, name := range []string{eventsName, indexName} {
		made := filepath.Join(work, name)
		if _, err := os.Stat(made); err != nil {
			continue // it is in its place already
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
		if err := os.Rename(made, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	made := filepath.Join(work, catalogueName)
	if _, err := os.Stat(made); err == nil {
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(filepath.Join(dir, catalogueName+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := os.Rename(made, filepath.Join(dir, catalogueName)); err != nil {
			return err
		}
	}
	if err := syncFolder(dir); err != nil {
		return err
	}
	return os.RemoveAll(work)
}

// adopt makes the copies known, and of which files there are none: those get none.
// And it takes over what no log file tells: the floor, how the store grew and what
// failed.
func (s *Store) adopt(dir string, from *Copies) error {
	s.adopted, s.referred = map[[sha256.Size]byte]copied{}, map[fileID]bool{}
	for _, c := range from.found {
		switch {
		case c.wrong != nil:
		case c.pack == "":
			s.referred[c.id()] = true
		default:
			s.adopted[c.sum] = c.copied
		}
	}
	err := transact(s.conn, func() error {
		if err := addPacks(s.conn, from.packs); err != nil {
			return err
		}
		if from.old != nil {
			if err := s.adoptOld(from); err != nil {
				return err
			}
		}
		return s.adoptDigests(from)
	})
	if err != nil {
		return err
	}
	s.floor, s.unended = from.floor, from.unended
	s.regrown = from.old != nil
	return s.packs.resume(s.conn)
}

// Copies hands out the copies that a store keeps of log files, as an
// ingest.Source.
type Copies struct {
	dir     string
	options Options
	found   []foundCopy
	shared  []foundCopy // of files that have no copy of their own
	kept    []keptCopy  // what verifications left
	next    int
	packs   []pack
	old     *sqlite.Conn     // the catalogue that was there, nil if it cannot be read
	floor   cloudtrail.Time  // that it has
	noFloor bool             // it is damaged
	unended map[fileID]bool  // of these copies are not of all that there was, as when it was stopped
	unread  bool             // it was told that it cannot be read to its end
	lost    map[int64]string // names of packs that it knows and that are not there

	mu    sync.Mutex  // guards wrong
	wrong []foundCopy // nothing was taken from these
}

// foundCopy is a log file that can be read again; the pieces of one lie one
// behind the other.
type foundCopy struct {
	cloudtrail.LogFile
	copied
	pack  string // its name
	sum   [sha256.Size]byte
	first int
	cut   bool  // it is a file without a copy that was read in pieces: no hash is of the whole
	wrong error // why nothing may be taken from it
}

// findCopies reads the headers of all packs. It goes on behind what is damaged.
func findCopies(ctx context.Context, dir string, o Options) (*Copies, error) {
	c := &Copies{dir: dir, options: o}
	names, err := fs.Glob(os.DirFS(dir), logsName+"/*/*.pack")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int { return int(packID(a) - packID(b)) })
	for _, name := range names {
		if err := c.scan(name); err != nil {
			return nil, err
		}
	}
	c.found = inChains(c.found)
	bySum := c.bySum(ctx)
	for _, f := range c.shared {
		if of := bySum[f.sum]; of != nil {
			f.copied, f.pack = of.copied, of.pack
			c.found = append(c.found, f)
		}
	}
	return c, c.readOld(dir)
}

// readOld reads the catalogue that was there, as far as it can be read: where there
// is no more, what the packs hold is all there is.
func (c *Copies) readOld(dir string) error {
	sound := true
	conn, err := connect(dir, reading)
	newer, isNewer := errors.AsType[*NewerError](err)
	if isNewer {
		return newer
	}
	if err != nil {
		sound = false
		c.tells(err)
		if conn, err = connect(dir, salvaging); err != nil {
			return nil
		}
	}
	c.old = conn
	c.readFloor()
	if err := c.hold(conn, sound); err != nil {
		c.tells(err)
	}
	return nil
}

// inChains puts the pieces of a file behind each other: several files may have
// been read at once.
func inChains(found []foundCopy) []foundCopy {
	var chains [][]foundCopy
	last := map[[2]string]int{}
	for _, f := range found {
		name := [2]string{f.URI, f.Version}
		n, ok := last[name]
		if f.first == 0 || !ok {
			n = len(chains)
			chains = append(chains, nil)
			last[name] = n
		}
		chains[n] = append(chains[n], f)
	}
	for _, chain := range chains {
		slices.SortStableFunc(chain, func(a, b foundCopy) int { return cmp.Compare(a.first, b.first) })
	}
	return slices.Concat(chains...)
}

func packID(name string) int64 {
	id, _ := strconv.ParseInt(strings.TrimSuffix(filepath.Base(name), ".pack"), 10, 64)
	return id
}

func (c *Copies) scan(name string) error {
	f, err := os.Open(filepath.Join(c.dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p := pack{id: packID(name), name: name, size: info.Size()}
	c.packs = append(c.packs, p)
	for at := int64(0); at < p.size; {
		h, start, ok := headerAt(f, at)
		if !ok || h.Length > p.size-start {
			if at, ok = nextMark(f, at+1, p.size); !ok {
				break
			}
			continue
		}
		begin := at
		at = start + h.Length
		if h.Kind != "" {
			c.kept = append(c.kept, keptCopy{h, p.name, copied{pack: p.id, offset: begin, length: at - begin}})
			continue
		}
		one := foundCopy{LogFile: cloudtrail.ParseLogFileName(h.URI), copied: copied{p.id, start, h.Length, h.Pressed}, pack: p.name, first: h.First}
		one.Version = h.Version
		if sum, err := hex.DecodeString(h.SHA256); err == nil && len(sum) == sha256.Size {
			one.sum = [sha256.Size]byte(sum)
			if h.Shared {
				one.pack = ""
				c.shared = append(c.shared, one)
				continue
			}
			c.found = append(c.found, one)
		}
	}
	return nil
}

// longestHeader is what a header may take: a key of S3 has a thousand bytes.
const longestHeader = 16 << 10

func headerAt(f *os.File, at int64) (h packHeader, body int64, ok bool) {
	buf := make([]byte, longestHeader)
	n, _ := f.ReadAt(buf, at)
	line, _, found := bytes.Cut(buf[:n], []byte("\n"))
	text, marked := bytes.CutPrefix(line, []byte(packMark))
	if !found || !marked || json.Unmarshal(text, &h) != nil || h.Length < 0 {
		return h, 0, false
	}
	return h, at + int64(len(line)) + 1, true
}

// nextMark finds where the next copy begins behind damage.
func nextMark(f *os.File, at, end int64) (int64, bool) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, at, end-at), 1<<16)
	for {
		skipped, err := r.ReadSlice(packMark[0])
		at += int64(len(skipped))
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, false
		}
		if rest, err := r.Peek(len(packMark) - 1); err == nil && string(rest) == packMark[1:] && len(skipped) > 0 && skipped[len(skipped)-1] == packMark[0] {
			return at - 1, true
		}
	}
}

// close lets go of the catalogue that was there.
func (c *Copies) close() error {
	if c.old == nil {
		return nil
	}
	err := c.old.Close()
	c.old = nil
	return err
}

// Next implements ingest.Source.
func (c *Copies) Next(context.Context) (source.Delivery, error) {
	if c.next == len(c.found) {
		return source.Delivery{}, io.EOF
	}
	pieces := c.found[c.next : c.next+1]
	for n := c.next + 1; n < len(c.found) && c.found[n].first > 0 && c.found[n].URI == pieces[0].URI && c.found[n].Version == pieces[0].Version; n++ {
		pieces = c.found[c.next : n+1]
	}
	c.next += len(pieces)
	item := source.Item{LogFile: pieces[0].LogFile, Open: func(ctx context.Context) (io.ReadCloser, error) { return c.open(ctx, pieces) }}
	return source.Delivery{Items: []source.Item{item}}, nil
}

func (c *Copies) open(ctx context.Context, pieces []foundCopy) (io.ReadCloser, error) {
	for i := range pieces {
		if err := c.verify(ctx, &pieces[i]); err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.wrong = append(c.wrong, pieces...)
			return nil, err
		}
	}
	if pieces[0].pack == "" {
		return c.options.open(ctx, pieces[0].LogFile)
	}
	var all []io.Reader
	opened := &closers{}
	for _, p := range pieces {
		f, err := os.Open(filepath.Join(c.dir, filepath.FromSlash(p.pack)))
		if err != nil {
			return nil, errors.Join(err, opened.Close())
		}
		opened.all = append(opened.all, f)
		var from io.Reader = p.in(f)
		if p.pressed {
			if from, err = gzip.NewReader(from); err != nil {
				return nil, errors.Join(p.damaged(err), opened.Close())
			}
		}
		all = append(all, from)
	}
	opened.Reader = io.MultiReader(all...)
	return opened, nil
}

// closers reads from files one behind the other, and closes them all.
type closers struct {
	io.Reader
	all []*os.File
}

func (c *closers) Close() error {
	var errs []error
	for _, f := range c.all {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
