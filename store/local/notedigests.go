package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/source"
)

// noteDigests tells the catalogue. It is called in a transaction.
func (s *Store) noteDigests(kept []keptFile, d *source.Digests) error {
	if err := s.nameAll(); err != nil {
		return err
	}
	periods := map[place][]cloudtrail.Period{}
	for _, k := range kept {
		if err := s.noteDigest(&k); err != nil {
			return err
		}
		in := cloudtrail.ParseLogFileName(k.uri)
		if in.Account != "" && in.Region != "" {
			at := place{in.Account, in.Region}
			periods[at] = append(periods[at], cloudtrail.Period{From: k.Start, Until: k.End - 1})
		}
	}
	for at, more := range periods {
		if err := addSealed(s.conn, at, more); err != nil {
			return err
		}
	}
	for _, m := range d.Missing {
		err := exec(s.conn, "insert into missing values(?,?,?) on conflict do update set first = min(first, excluded.first), last = max(last, excluded.last)",
			m.URI, int64(m.From), int64(m.Until))
		if err != nil {
			return err
		}
	}
	for _, k := range d.Keys {
		err := exec(s.conn, `insert into public_key values(?,?,?) on conflict do update set
			first = min(first, excluded.first), last = case when last = 0 or excluded.last = 0 then 0 else max(last, excluded.last) end`, k.DER, int64(k.From), int64(k.Until))
		if err != nil {
			return err
		}
	}
	return s.dropFound()
}

// nameAll sees to it that log files are found by their own names, which in a
// store that was never verified nobody asks for.
func (s *Store) nameAll() error {
	if s.verified.Load() {
		return nil
	}
	if err := exec(s.conn, "insert or replace into setting values('verified', 1)"); err != nil {
		return err
	}
	for after := int64(-1); ; {
		type named struct {
			id   int64
			name string
		}
		var page []named
		err := rows(s.conn, "select id, name from log_file where id > ? order by id limit 4096", func(st *sqlite.Stmt) error {
			page = append(page, named{st.ColumnInt64(0), st.ColumnText(1)})
			return nil
		}, after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, f := range page {
			if err := exec(s.conn, "update log_file set own = ? where id = ?", ownName(f.name), f.id); err != nil {
				return err
			}
			after = f.id
		}
	}
}

func (s *Store) noteDigest(k *keptFile) error {
	if err := s.addDigest(k, int64(k.End)); err != nil {
		return err
	}
	for _, l := range k.Logs {
		sum, err := hex.DecodeString(l.Hash)
		if err != nil || len(sum) != sha256.Size || l.HashAlgorithm != digest.HashAlgorithm {
			continue // it tells nothing of the file
		}
		first, last := l.Oldest, l.Newest
		if first.IsZero() || last < first {
			first, last = k.Start-lateness, k.End
		}
		uri := "s3://" + l.Bucket + "/" + l.Object
		folder, name, err := s.inFolder(uri)
		if err != nil {
			return err
		}
		own := ownName(uri)
		if err := exec(s.conn, "insert or ignore into listed values(?,?,?,?,?,?,0)", own, sum, folder, name, int64(first), int64(last)); err != nil {
			return err
		}
		if err := s.noteHere(own); err != nil {
			return err
		}
	}
	return nil
}

// addDigest tells where a digest file is kept; what is there of the same bytes is
// damaged.
func (s *Store) addDigest(k *keptFile, end int64) error {
	folder, name, err := s.inFolder(k.uri)
	if err != nil {
		return err
	}
	own := ownName(k.uri)
	return errors.Join(exec(s.conn, "delete from digest where own = ? and sha256 = ?", own, k.sum[:]),
		exec(s.conn, "insert into digest values(null,?,?,?,?,?,?,?,?)", folder, name, own, k.sum[:], end, k.at.pack, k.at.offset, k.at.length))
}

// lateness is how long after its events a log file is delivered (linkage.md 7.2).
const lateness = 15 * 60

// inFolder is a name in two parts, as the catalogue keeps names.
func (s *Store) inFolder(uri string) (folder int64, name string, err error) {
	cut := strings.LastIndexByte(uri, '/') + 1
	folder, err = s.folders.number(s.conn, uri[:cut])
	return folder, uri[cut:], err
}

// noteHere works out what follows, for the log files that digests list under a
// name: whether they are here, and of those that are here whether they are what is
// listed: 0 they are, 1 they were not read, 2 they are others. What was not read
// may be what is listed.
func (s *Store) noteHere(own int64) error {
	err := exec(s.conn, `update listed set here = exists(
		select 1 from log_file left join content on content.sha256 = log_file.sha256
		where log_file.own = listed.own and (plain is null or plain = listed.sha256)) where own = ?`, own)
	if err != nil || s.conn.Changes() == 0 {
		return err
	}
	return exec(s.conn, `update log_file set integrity = coalesce((
		select case when plain in (select listed.sha256 from listed where listed.own = log_file.own) then 0 else 2 end
		from content where content.sha256 = log_file.sha256), 1) where own = ?`, own)
}

// dropFound forgets of the missing digests those that are here by now.
func (s *Store) dropFound() error {
	var found []string
	err := rows(s.conn, "select uri from missing", func(st *sqlite.Stmt) error { found = append(found, st.ColumnText(0)); return nil })
	for _, uri := range found {
		if err == nil {
			err = exec(s.conn, "delete from missing where uri = ? and exists(select 1 from digest where own = ?)", uri, ownName(uri))
		}
	}
	return err
}
