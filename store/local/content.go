package local

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Digests tell the hash of a log file's bytes as decompressed, and the store that
// of its bytes as delivered. The one follows from the other, but only by reading;
// so it is noted once it was worked out, for log files that digests list. Bytes
// that do not decompress have the hash "", which is nobody's.

// contentOf is the hash of what comes, decompressed where it is compressed. It
// fails where it cannot be read, which is told of by closing with an error.
func contentOf(from io.Reader) (plain []byte, err error) {
	in := bufio.NewReaderSize(from, 1<<16)
	start, err := in.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	sum := sha256.New()
	if !source.IsGzip(start) {
		if _, err := io.Copy(sum, in); err != nil {
			return nil, err
		}
		return sum.Sum(nil), nil
	}
	z, broken := gzip.NewReader(in)
	if broken == nil {
		_, broken = io.Copy(sum, z)
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // whether all was read, and is as it was
		return nil, err
	}
	if broken != nil {
		return []byte{}, nil
	}
	return sum.Sum(nil), nil
}

// content works out the hash that digests know of a file that comes, where one
// lists it.
func (s *Store) content(f *logFile, body []byte) error {
	if !s.verified.Load() {
		return nil
	}
	own := ownName(f.URI)
	s.lookup.Lock()
	n, err := one(s.lookupConn, "select exists(select 1 from listed where own = ?)", own)
	s.lookup.Unlock()
	if err == nil && n > 0 {
		f.plain, err = contentOf(bytes.NewReader(body))
	}
	return err
}

// noteContent notes the hash of a file that came, and that it is here.
func (s *Store) noteContent(f *logFile, own int64) error {
	if f.plain != nil {
		if err := exec(s.conn, "insert or ignore into content values(?,?)", f.sum[:], f.plain); err != nil {
			return err
		}
	}
	return s.noteHere(own)
}

// Held is what became of holding a store's log files to what digests list.
type Held struct {
	Verified, Altered int
	Unread            int // whose bytes could not be read
	Unlisted          int // that no digest lists
}

// HoldFiles reads the log files that digests list, as far as they are not known
// yet, and notes whether they are what is listed. Of those that cannot be read
// failed is told why.
func (s *Store) HoldFiles(ctx context.Context, failed func(file string, err error)) (Held, error) {
	if err := s.Commit(ctx); err != nil {
		return Held{}, err
	}
	for after := int64(-1); ; {
		page, err := s.unknown(after)
		if err != nil || len(page) == 0 {
			if err != nil {
				return Held{}, err
			}
			return s.held(ctx)
		}
		after = page[len(page)-1].id
		wrong := make([]error, len(page))
		readEach(page, func(i int) { page[i].plain, wrong[i] = s.contentOfStored(ctx, page[i]) })
		if err := ctx.Err(); err != nil {
			return Held{}, err
		}
		for i, f := range page {
			if wrong[i] != nil {
				failed(f.URI, wrong[i])
			}
		}
		if err := s.noteContents(page); err != nil {
			return Held{}, err
		}
	}
}

// unknown are some of the log files that digests list and that are not held to them
// yet, also where their hash is known of another of the same bytes.
func (s *Store) unknown(after int64) (page []*storedFile, err error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, storedColumns+" where log_file.id > ? and integrity = 1 order by log_file.id limit 256", func(st *sqlite.Stmt) error {
		page = append(page, readStored(st))
		return nil
	}, after)
	return page, named(err)
}

// contentOfStored reads a log file, which must be what it was.
func (r *Reader) contentOfStored(ctx context.Context, f *storedFile) ([]byte, error) {
	from, err := r.opener(f)(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := contentOf(from)
	if err = errors.Join(err, from.Close()); err != nil {
		return nil, err
	}
	if f.pressed && [sha256.Size]byte(plain) != f.sum { // by us: it was delivered so
		return nil, errHash
	}
	return plain, nil
}

// noteContents notes the hashes of files that are here.
func (s *Store) noteContents(page []*storedFile) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	if s.failed != nil {
		return s.failed
	}
	err := transact(s.conn, func() error {
		for _, f := range page {
			if f.plain == nil {
				continue
			}
			if err := s.noteContent(&f.logFile, ownName(f.URI)); err != nil {
				return err
			}
		}
		return nil
	})
	s.Reader.stale()
	return err
}

// held counts what is known of the log files.
func (s *Store) held(context.Context) (h Held, err error) {
	v, err := s.acquire()
	if err != nil {
		return h, err
	}
	defer s.release(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, "select coalesce(integrity, 3), count(*) from log_file where "+isReading+" group by 1", func(st *sqlite.Stmt) error {
		*[...]*int{&h.Verified, &h.Unread, &h.Altered, &h.Unlisted}[st.ColumnInt(0)] = st.ColumnInt(1)
		return nil
	})
	return h, named(err)
}

// lacksDelivered reports whether digests list a file, and what is here under its
// name is known to be other bytes.
func (s *Store) lacksDelivered(f cloudtrail.LogFile) (bool, error) {
	if !s.verified.Load() {
		return false, nil
	}
	s.lookup.Lock()
	defer s.lookup.Unlock()
	n, err := one(s.lookupConn, "select exists(select 1 from listed where own = ? and here = 0)", ownName(f.URI))
	return n > 0, err
}
