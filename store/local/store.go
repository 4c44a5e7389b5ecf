package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Keep says what the store keeps of log files.
type Keep uint8

// The two ways.
const (
	KeepCopy      Keep = iota // the bytes as delivered: evidence that nobody can take away
	KeepReference             // name and hash: what shows a record reads the file again
)

// Options are what a user may set. The zero value is good.
type Options struct {
	Wait bool // for another writer to end, instead of failing
	Keep Keep
	// Again makes the store hold the copies of the files that come to their
	// hashes: one whose copy is missing or damaged is not there, and gets another;
	// and one that is not as digests list it is read beside what is there.
	Again bool
	// Damaged is told once of each damaged file of the store that a question
	// meets; the rest answers. Nil: the question ends with the error.
	Damaged func(file string, err error)
	MaxFile int64 // cap on a decompressed log file when a record is read again; 0: the default
	// Fetch opens a log file that lies elsewhere, s3://…, where the store keeps no
	// copy of it; an error that is [fs.ErrNotExist] means that it is gone. Nil: it
	// cannot be read again.
	Fetch func(ctx context.Context, file cloudtrail.LogFile) (io.ReadCloser, error)
}

// again opens a log file itself, where it was read from. Of one whose version is
// not there any more it opens what is there now: its reader holds it to its hash,
// and says changed where it is not what was read.
func (o *Options) again(ctx context.Context, f cloudtrail.LogFile) (from io.ReadCloser, changed, err error) {
	from, err = o.open(ctx, f)
	if err == nil || f.Version == "" || ctx.Err() != nil {
		return from, errChanged, err
	}
	if now, failed := o.now(ctx, f); failed == nil {
		return now, fmt.Errorf("%w: %w", errChanged, err), nil
	}
	return nil, nil, err
}

// now opens a log file as it is now.
func (o *Options) now(ctx context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
	f.Version = ""
	return o.open(ctx, f)
}

func (o *Options) open(ctx context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
	switch {
	case !strings.Contains(f.URI, "://"):
		return os.Open(f.URI)
	case o.Fetch == nil:
		return nil, errElsewhere
	}
	return o.Fetch(ctx, f)
}

var errElsewhere = errors.New("it is not on this machine, and cannot be fetched from here")

// ErrNoStore says that there is no store in a folder.
var ErrNoStore = errors.New("there is no store here")

// Store is the store to the one who writes. What was added is there for others,
// and for its own reading methods, from the next commit on: [Store.Commit], or
// one that it makes by itself when it has gathered enough.
//
// Safe for concurrent use. After a method has failed with other than the error
// of its context, it must only be closed.
type Store struct {
	*Reader
	options Options
	lock    *flock.Flock
	seed    maphash.Seed
	sealer  sealer
	packs   packs
	known   known
	// verified is set once digest files were kept: then log files are found by
	// their own names, and held to what is listed of them as they come.
	verified atomic.Bool

	// adding is held for reading by Add and Finish, for writing by who takes
	// away what they gathered.
	adding  sync.RWMutex
	mu      sync.Mutex // guards what follows
	idle    []*batch
	batches []*batch
	spare   []*batch // to be filled again: their memory is large
	epoch   int64
	nextRow int64 // id of the last log file
	floor   cloudtrail.Time

	committing sync.Mutex // one commit at a time; guards conn
	conn       *sqlite.Conn
	folders    folders
	failed     error // the commit that failed: nothing more is committed

	rewriting sync.Mutex // one at a time: two might take the same segment
	merging   sync.WaitGroup
	mergeLock sync.Mutex // guards mergeOn
	mergeOn   bool
	mergeErr  error

	regrown  bool                         // what grew was counted before
	adopted  map[[sha256.Size]byte]copied // copies that are there before the catalogue; see Rebuild
	referred map[fileID]bool              // log files that had no copy before it
	unended  map[fileID]bool              // log files of which there are copies, but not of all; nil but in a rebuild

	lookup     sync.Mutex // guards what follows
	filed      filed
	lookupConn *sqlite.Conn
}

// Open opens the store in a folder for writing, and makes one where there is
// none. It removes what a crash left behind.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := refuseNetwork(dir); err != nil {
		return nil, err
	}
	if err := makeFolders(dir, eventsName, indexName, logsName); err != nil {
		return nil, err
	}
	held, err := lock(ctx, dir, o.Wait)
	if err != nil {
		return nil, err
	}
	if err := finishRebuild(dir); err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return openHeld(dir, dir, o, held)
}

// openHeld opens the store in a folder whose copies of log files are in another:
// the same one, but for a rebuild.
func openHeld(dir, copies string, o Options, held *flock.Flock) (*Store, error) {
	s := &Store{options: o, lock: held, seed: maphash.MakeSeed(), spare: make([]*batch, 0, runtime.GOMAXPROCS(0))}
	if err := s.open(dir, copies); err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	return s, nil
}

// makeFolders makes folders that only their owner may enter.
func makeFolders(dir string, names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) open(dir, copies string) (err error) {
	if s.conn, err = connect(dir, writing); err != nil {
		return err
	}
	if s.lookupConn, err = connect(dir, reading); err != nil {
		return err
	}
	s.sealer.press = newPressers(zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithAllLitEntropyCompression(true))
	s.sealer.schema, s.sealer.leaves = schema()
	s.sealer.dir, s.packs.dir = dir, copies
	s.known = known{seed: s.seed, hours: map[accountHour]*hourSet{}, load: s.loadHour}
	for query, to := range map[string]func(int64){
		"select max(id) from segment":                       s.sealer.nextID.Store,
		"select max(id) from log_file":                      func(n int64) { s.nextRow = n },
		"select value from setting where name = 'floor'":    func(n int64) { s.floor = cloudtrail.Time(n) },
		"select value from setting where name = 'last id'":  func(n int64) { s.sealer.nextID.Store(max(n, s.sealer.nextID.Load())) },
		"select value from setting where name = 'last log'": func(n int64) { s.nextRow = max(n, s.nextRow) },
		"select value from setting where name = 'verified'": func(n int64) { s.verified.Store(n > 0) },
	} {
		n, err := one(s.conn, query)
		if err != nil {
			return err
		}
		to(n)
	}
	if err := sealedFloor.verify(s.conn); err != nil {
		return named(err) // who believed it might pass over what comes
	}
	if err := s.packs.resume(s.conn); err != nil {
		return err
	}
	if err := s.sweep(dir, copies); err != nil {
		return err
	}
	s.Reader, err = newReader(dir, reading, s.options, s.sealer.press)
	return err
}

// sweep removes files that the catalogue does not know: a crash left them.
func (s *Store) sweep(dir, copies string) error {
	there := map[string]bool{}
	for _, query := range []string{"select name from segment", "select name from pack", "select '" + indexName + "/' || id || '.parts' from segment"} {
		err := rows(s.conn, query, func(st *sqlite.Stmt) error {
			there[filepath.FromSlash(st.ColumnText(0))] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	folders := []string{eventsName, indexName, logsName}
	if copies != dir {
		folders = folders[:2]
	}
	for name := range there {
		// What is not there may be there by another name, which was turned in the
		// catalogue: then it is not to be trusted with the others beside it.
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			beside, _, _ := strings.Cut(filepath.ToSlash(name), "/")
			folders = slices.DeleteFunc(folders, func(folder string) bool { return folder == beside })
		}
	}
	for _, sub := range folders {
		err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(dir, path)
			ours := strings.HasSuffix(name, ".parquet") || strings.HasSuffix(name, ".parts") || strings.HasSuffix(name, ".pack") || strings.HasSuffix(name, temporary)
			if err != nil || there[name] || !ours {
				return err
			}
			if strings.HasSuffix(name, ".pack") {
				if sound, err := isSound(s.conn); err != nil || !sound {
					return err // whoever lost a pack's name must not lose the pack
				}
			}
			return os.Remove(path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isSound reports whether the catalogue's tables and indexes agree.
func isSound(conn *sqlite.Conn) (bool, error) {
	sound := true
	err := rows(conn, "pragma integrity_check(1)", func(s *sqlite.Stmt) error {
		sound = s.ColumnText(0) == "ok"
		return nil
	})
	return sound, err
}

// Commit makes all that was added before it durable and visible to readers.
func (s *Store) Commit(ctx context.Context) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	return s.commit(ctx)
}

// commit takes away what was gathered, and commits it. Commits follow each other
// in the order in which they took: a duplicate may rest on an event of an
// earlier one.
func (s *Store) commit(ctx context.Context) error {
	if s.failed != nil {
		return s.failed
	}
	s.adding.Lock()
	s.mu.Lock()
	taken := s.batches
	s.batches, s.idle = nil, nil
	s.known.forget(s.epoch - 1)
	s.epoch++
	last := s.nextRow
	s.mu.Unlock()
	s.adding.Unlock()
	if len(taken) == 0 {
		return nil
	}
	if err := s.write(ctx, taken, last); err != nil {
		s.failed = fmt.Errorf("commit: %w", err)
		return s.failed
	}
	s.lookup.Lock()
	for _, b := range taken {
		for i := range b.files {
			s.filed.add(nameHash(b.files[i].URI), sumHash(b.files[i].sum))
		}
	}
	s.lookup.Unlock()
	s.mu.Lock()
	for _, b := range taken {
		if len(s.spare) < cap(s.spare) {
			b.reset()
			s.spare = append(s.spare, b)
		}
	}
	s.mu.Unlock()
	s.Reader.stale()
	s.mergeLater()
	return nil
}

// write seals batches and tells the catalogue, in one transaction.
func (s *Store) write(ctx context.Context, taken []*batch, last int64) error {
	sealed := make([][]*segment, len(taken))
	group, gctx := errgroup.WithContext(ctx)
	for i, b := range taken {
		group.Go(func() (err error) {
			sealed[i], err = s.sealer.seal(gctx, b)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	grown, err := s.packs.sync()
	if err != nil {
		return err
	}
	if err := s.sealer.sync(); err != nil {
		return err
	}
	return transact(s.conn, func() error {
		for _, all := range sealed {
			if err := addSegments(s.conn, all); err != nil {
				return err
			}
		}
		if err := addPacks(s.conn, grown); err != nil {
			return err
		}
		if err := s.addFiles(taken, time.Now()); err != nil {
			return err
		}
		if err := errors.Join(s.mend(taken), s.addBygone(taken)); err != nil {
			return err
		}
		return exec(s.conn, "insert or replace into setting values('last id', ?), ('last log', ?)", s.sealer.nextID.Load(), last)
	})
}

// Close commits what was added, waits for merging to end and lets go.
func (s *Store) Close() error {
	if s.conn == nil {
		return fs.ErrClosed
	}
	err := s.Commit(context.Background())
	s.merging.Wait()
	s.mergeLock.Lock()
	err = errors.Join(err, s.mergeErr)
	s.mergeLock.Unlock()
	if s.Reader != nil {
		err = errors.Join(err, s.Reader.Close())
	}
	if err == nil {
		// What is written ahead goes into the catalogue itself, so that the
		// folder can be copied, and read where nothing can be written. Where
		// somebody is reading it stays: nobody is waited for.
		s.conn.SetBusyTimeout(0)
		err = run(s.conn, "pragma wal_checkpoint(truncate)")
	}
	return errors.Join(err, s.letGo())
}

func (s *Store) letGo() error {
	var errs []error
	if s.lookupConn != nil {
		errs = append(errs, s.lookupConn.Close())
		s.lookupConn = nil
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
		s.conn = nil
	}
	errs = append(errs, s.packs.close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
