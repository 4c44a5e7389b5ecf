package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/source"
)

// storedDigest is a digest file as the catalogue knows it.
type storedDigest struct {
	id   int64
	uri  string
	sum  [sha256.Size]byte // of the bytes as delivered
	at   copied            // with its header
	pack string            // its name
}

// keptDigests are those of a condition.
func keptDigests(conn *sqlite.Conn, where string, args ...any) (all []storedDigest, err error) {
	err = rows(conn, `select digest.id, path || digest.name, sha256, pack, offset, length, pack.name
		from digest join folder on folder.id = folder join pack on pack.id = pack `+where, func(s *sqlite.Stmt) error {
		d := storedDigest{id: s.ColumnInt64(0), uri: s.ColumnText(1), pack: s.ColumnText(6)}
		s.ColumnBytes(2, d.sum[:])
		d.at = copied{pack: s.ColumnInt64(3), offset: s.ColumnInt64(4), length: s.ColumnInt64(5)}
		all = append(all, d)
		return nil
	}, args...)
	return all, err
}

// readDigest reads a digest file, which must be what it was.
func (r *Reader) readDigest(ctx context.Context, d *storedDigest) (source.Digest, error) {
	if err := ctx.Err(); err != nil {
		return source.Digest{}, err
	}
	h, body, err := readKept(r.dir, d.pack, d.at)
	if err == nil && (h.URI != d.uri || sha256.Sum256(body) != d.sum) {
		err = errHash
	}
	if err != nil {
		return source.Digest{}, err
	}
	return source.Digest{URI: d.uri, Body: body, Metadata: h.Metadata}, nil
}

// readKept reads what a pack holds at a place: a header, and what follows it as
// the header says.
func readKept(dir, pack string, at copied) (h packHeader, body []byte, err error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(pack)))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errNoPack
		}
		return h, nil, err
	}
	defer f.Close() //nolint:errcheck // only read from
	h, start, ok := headerAt(f, at.offset)
	if !ok || start+h.Length != at.offset+at.length {
		return h, nil, errHash
	}
	body = make([]byte, h.Length)
	if _, err := f.ReadAt(body, start); err != nil {
		return h, nil, err
	}
	if sum := sha256.Sum256(body); h.SHA256 != "" && h.SHA256 != hex.EncodeToString(sum[:]) {
		return h, nil, errHash
	}
	return h, body, nil
}

// keptCopy is what was found in a pack that is no log file.
type keptCopy struct {
	packHeader
	pack string
	at   copied
}

// adoptDigests takes over what verifications left in packs: then log files are
// held to it as they are read again. Of a digest file that is damaged only word
// is left, so that check goes on naming it. It is called in a transaction.
func (s *Store) adoptDigests(from *Copies) error {
	n, err := one(s.conn, "select count(*) from setting where name = 'verified'")
	if err != nil || n == 0 && len(from.kept) == 0 {
		return err
	}
	var kept []keptFile
	var others source.Digests
	for _, k := range from.kept {
		_, body, err := readKept(from.dir, k.pack, k.at)
		switch {
		case k.Kind == keptMissing:
			others.Missing = append(others.Missing, source.MissingDigest{URI: k.URI, From: k.From, Until: k.Until})
		case k.Kind == keptKey && err == nil:
			others.Keys = append(others.Keys, source.PublicKey{DER: body, From: k.From, Until: k.Until})
		case k.Kind == keptDigest:
			one := keptFile{uri: k.URI, at: k.at}
			if sum, bad := hex.DecodeString(k.SHA256); bad == nil && len(sum) == sha256.Size {
				one.sum = [sha256.Size]byte(sum)
			}
			if one.File, err = parseKept(body, err); err == nil {
				kept = append(kept, one)
				continue
			}
			end := cloudtrail.ParseLogFileName(k.URI).Delivered
			if err := s.addDigest(&one, int64(end)); err != nil {
				return err
			}
		}
	}
	if err := s.noteDigests(kept, &others); err != nil {
		return fmt.Errorf("digest files: %w", err)
	}
	s.verified.Store(true)
	return nil
}

func parseKept(body []byte, unread error) (*digest.File, error) {
	if unread != nil {
		return nil, unread
	}
	return digest.Read(bytes.NewReader(body))
}

// dropDigests lets go of what tells of deliveries before a moment alone. It is
// called in a transaction.
func (s *Store) dropDigests(before cloudtrail.Time) error {
	for _, statement := range []string{
		"delete from digest where ended < ?",
		"delete from listed where last < ? and not exists(select 1 from log_file where log_file.own = listed.own)",
		"delete from missing where last < ?",
		"delete from sealed where last < ?",
	} {
		if err := exec(s.conn, statement, int64(before)); err != nil {
			return err
		}
	}
	return exec(s.conn, "delete from content where sha256 not in (select sha256 from log_file)")
}

// digests reads the digest files.
func (c *checking) digests(v *view) {
	for after := int64(-1); v.verified; {
		v.mu.Lock()
		page, err := keptDigests(v.conn, "where digest.id > ? order by digest.id limit 512", after)
		v.mu.Unlock()
		if err != nil {
			c.fail(catalogueName, err, RemedyRebuild)
		}
		if len(page) == 0 {
			return
		}
		for _, d := range page {
			after = d.id
			c.Files++
			c.Bytes += d.at.length
			if c.lost[d.at.pack] || c.ctx.Err() != nil {
				continue // a lost pack was told of
			}
			if _, err := v.reader.readDigest(c.ctx, &d); err != nil {
				if !errors.Is(err, fs.ErrPermission) {
					err = fmt.Errorf("the copy of %s at byte %d is damaged: %w", d.uri, d.at.offset, err)
				}
				c.fail(d.pack, err, RemedyVerify)
			}
		}
	}
}
