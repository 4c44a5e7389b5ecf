package local

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// A pack holds copies of log files and of digest files, one behind the other, each
// behind a line of its own: packMark and a packHeader as JSON. So the catalogue
// can be made again from packs alone.
const (
	packMark  = "\x00crosstrail-copy "
	packLimit = 256 << 20 // a pack that is larger is not added to
)

// packHeader is what stands before a copy.
type packHeader struct {
	URI     string `json:"uri"`
	Version string `json:"version,omitempty"`
	First   int    `json:"first,omitempty"` // ordinal of its first record
	SHA256  string `json:"sha256"`          // of the bytes as delivered
	Length  int64  `json:"length"`          // of what follows the line
	Pressed bool   `json:"pressed,omitempty"`
	Shared  bool   `json:"shared,omitempty"` // nothing follows: the copy of a file of the same bytes serves

	Kind     keeping           `json:"kind,omitempty"`     // "" is a log file
	Metadata map[string]string `json:"metadata,omitempty"` // of a digest file's object
	From     cloudtrail.Time   `json:"from,omitempty"`     // of a missing digest or a key
	Until    cloudtrail.Time   `json:"until,omitempty"`
}

// keeping is what is kept in a pack.
type keeping string

// The kinds but for log files: what a verification leaves behind, see digests.go.
const (
	keptDigest  keeping = "digest"
	keptMissing keeping = "missing-digest"
	keptKey     keeping = "public-key"
)

// as is what stands behind a header.
type as uint8

const (
	delivered as = iota
	pressed
	shared
)

// copied is where the copy of a log file lies.
type copied struct {
	pack           int64 // 0: there is none
	offset, length int64
	pressed        bool // it was not compressed as delivered, and is gzip here
}

// in is the copy in its pack. A catalogue that is damaged may say that it is where
// nothing can be: nothing is there.
func (c copied) in(pack io.ReaderAt) *io.SectionReader {
	if c.offset < 0 || c.length < 0 || c.offset > math.MaxInt64-c.length {
		return io.NewSectionReader(pack, 0, 0)
	}
	return io.NewSectionReader(pack, c.offset, c.length)
}

// packs are the packs that a writer adds to, one a month of delivery. Safe for
// concurrent use.
type packs struct {
	dir  string
	mu   sync.Mutex
	open map[string]*pack // by folder
	last int64            // highest id in the catalogue or to come
}

type pack struct {
	id     int64
	name   string
	file   *os.File
	out    *bufio.Writer
	size   int64 // with what is in out
	synced int64
}

// add appends a copy.
func (p *packs) add(f cloudtrail.LogFile, first int, sum [sha256.Size]byte, body []byte, is as) (copied, error) {
	month := "other"
	if !f.Delivered.IsZero() {
		month = f.Delivered.Time().Format("2006-01")
	}
	at, err := p.append(month, &packHeader{
		URI: f.URI, Version: f.Version, First: first, SHA256: hex.EncodeToString(sum[:]), Length: int64(len(body)), Pressed: is == pressed, Shared: is == shared,
	}, body)
	if err != nil {
		return copied{}, err
	}
	return copied{at.pack, at.offset + at.length - int64(len(body)), int64(len(body)), is == pressed}, nil
}

// append writes a header and what follows it, and returns where both are.
func (p *packs) append(month string, h *packHeader, body []byte) (copied, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return copied{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.open[month]
	if k == nil || k.size > packLimit {
		if k, err = p.begin(month); err != nil {
			return copied{}, err
		}
	}
	start := k.size
	for _, b := range [...][]byte{[]byte(packMark), line, []byte("\n"), body} {
		n, err := k.out.Write(b)
		k.size += int64(n)
		if err != nil {
			return copied{}, fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return copied{pack: k.id, offset: start, length: k.size - start}, nil
}

// mostPacks is how many months are added to at a time.
const mostPacks = 16

// begin opens a new pack for a month. A full one is kept until the next sync.
func (p *packs) begin(month string) (*pack, error) {
	dir := filepath.Join(p.dir, logsName, month)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p.last++
	k := &pack{id: p.last, name: filepath.Join(logsName, month, fmt.Sprintf("%04d.pack", p.last))}
	f, err := os.OpenFile(filepath.Join(p.dir, k.name), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	k.file, k.out = f, bufio.NewWriterSize(f, 1<<18)
	if full := p.open[month]; full != nil {
		p.open[fmt.Sprintf("%s full %d", month, full.id)] = full
	}
	p.open[month] = k
	return k, nil
}

// resume opens the packs that are not full yet, cut to what was committed.
func (p *packs) resume(conn *sqlite.Conn) error {
	p.open = map[string]*pack{}
	return rows(conn, "select id, name, size from pack order by id", func(s *sqlite.Stmt) error {
		k := &pack{id: s.ColumnInt64(0), name: s.ColumnText(1), size: s.ColumnInt64(2)}
		k.synced = k.size
		p.last = k.id
		month := filepath.Base(filepath.Dir(k.name))
		if k.size > packLimit || p.open[month] == nil && len(p.open) >= mostPacks {
			return nil
		}
		f, err := os.OpenFile(filepath.Join(p.dir, k.name), os.O_RDWR, 0)
		if err != nil {
			return nil // check names it; nothing is added to it
		}
		info, err := f.Stat()
		if err != nil || info.Size() < k.size {
			return f.Close() // torn: left as it is, for check to name
		}
		if info.Size() > k.size {
			if tail, err := isTail(conn, f, k); err != nil || !tail {
				return errors.Join(err, f.Close()) // its size is damaged: likewise
			}
			if err := f.Truncate(k.size); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		if _, err := f.Seek(k.size, io.SeekStart); err != nil {
			return errors.Join(err, f.Close())
		}
		if old := p.open[month]; old != nil {
			_ = old.file.Close() // nothing was written to it
		}
		k.file, k.out = f, bufio.NewWriterSize(f, 1<<18)
		p.open[month] = k
		return nil
	})
}

// isTail reports whether what a pack holds behind what was committed was left by a
// crash. Copies are the last that may be lost, and the size of a pack in a catalogue
// that is damaged may be too small: then a copy that is known lies behind it, or it
// is not where one begins.
func isTail(conn *sqlite.Conn, f io.ReaderAt, k *pack) (bool, error) {
	known, err := one(conn, `select exists(select 1 from log_file where pack = ?1 and offset + length > ?2)
		or exists(select 1 from digest where pack = ?1 and offset + length > ?2)`, k.id, k.size)
	if err != nil || known > 0 {
		return false, err
	}
	start := make([]byte, len(packMark))
	n, _ := f.ReadAt(start, k.size)
	return strings.HasPrefix(packMark, string(start[:n])), nil
}

// grown are the packs with bytes to be told to the catalogue; all of them are on
// disk when it returns.
func (p *packs) sync() ([]pack, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var grown []pack
	for month, k := range p.open {
		if k.size == k.synced {
			continue
		}
		if err := errors.Join(k.out.Flush(), k.file.Sync()); err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		if k.synced == 0 {
			if err := syncFolder(filepath.Join(p.dir, filepath.Dir(k.name))); err != nil {
				return nil, err
			}
		}
		k.synced = k.size
		grown = append(grown, pack{id: k.id, name: k.name, size: k.size})
		if k.size > packLimit || len(p.open) > mostPacks {
			if err := k.file.Close(); err != nil {
				return nil, err
			}
			delete(p.open, month)
		}
	}
	return grown, nil
}

func (p *packs) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, k := range p.open {
		errs = append(errs, k.file.Close())
	}
	p.open = map[string]*pack{}
	return errors.Join(errs...)
}

// syncFolder makes names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// forget lets go of packs that are removed.
func (p *packs) forget(names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for month, k := range p.open {
		if slices.Contains(names, k.name) {
			_ = k.file.Close() // all that was written was committed
			delete(p.open, month)
		}
	}
}
