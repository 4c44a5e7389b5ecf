package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/source"
)

// What a verification leaves behind are facts, as log files are: which digest
// files there were, which were missing, and by which keys they were told. Digest
// files are kept whole, in packs, so that they can be held to their signatures
// again, and the catalogue be made anew. What follows from them is worked out
// when it is asked for: whether a log file is as it was delivered, by what digests
// list and the hash of what is here (integrity.go), and what is lost (lost.go).
// So it does not matter which comes first, the log file or its digest.

// sealsFolder is the folder of packs with what is of no month: it is never let go.
const sealsFolder = "seals"

// ownName is what a log file is known by to digests wherever it was copied to:
// the last part of its name, in which CloudTrail puts sixteen characters that no
// two share. Nobody can choose a name for its hash, as with bygoneKey.
func ownName(uri string) int64 {
	return sumHash(sha256.Sum256([]byte(strings.TrimSuffix(path.Base(uri), ".gz"))))
}

// keptFile is a digest file on its way into the catalogue.
type keptFile struct {
	uri string            // where CloudTrail put it, by what it says itself
	sum [sha256.Size]byte // of the bytes as delivered
	at  copied            // with its header
	*digest.File
}

// KeepDigests takes in what a verification learned, and is there for readers when
// it returns.
func (s *Store) KeepDigests(ctx context.Context, d source.Digests) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	if s.failed != nil {
		return s.failed
	}
	kept, err := s.packDigests(ctx, d.Good)
	if err != nil {
		return err
	}
	if err := s.packOthers(&d); err != nil {
		return err
	}
	grown, err := s.packs.sync()
	if err == nil {
		err = transact(s.conn, func() error {
			if err := addPacks(s.conn, grown); err != nil {
				return err
			}
			return s.noteDigests(kept, &d)
		})
	}
	if err != nil { // some may be in packs that the catalogue does not know of
		s.failed = fmt.Errorf("keep digests: %w", err)
		return s.failed
	}
	s.verified.Store(true)
	s.Reader.stale()
	return nil
}

// packDigests keeps the digest files that are not there yet.
func (s *Store) packDigests(ctx context.Context, all []source.Digest) (kept []keptFile, err error) {
	s.adding.RLock()
	floor := s.floor
	s.adding.RUnlock()
	for _, d := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := digest.Read(bytes.NewReader(d.Body))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.URI, err)
		}
		k := keptFile{uri: "s3://" + f.Bucket + "/" + f.Object, sum: sha256.Sum256(d.Body), File: f}
		there, err := s.hasDigest(ctx, &k)
		if err != nil {
			return nil, err
		}
		if there || floor != 0 && f.End < floor-factsBefore {
			continue
		}
		k.at, err = s.packs.append(f.End.Time().Format("2006-01"), &packHeader{
			Kind: keptDigest, URI: k.uri, SHA256: hexOf(k.sum[:]), Length: int64(len(d.Body)), Metadata: d.Metadata,
		}, d.Body)
		if err != nil {
			return nil, err
		}
		kept = append(kept, k)
	}
	return kept, nil
}

// hasDigest reports whether a digest file is there and whole.
func (s *Store) hasDigest(ctx context.Context, k *keptFile) (bool, error) {
	all, err := keptDigests(s.conn, "where own = ? and sha256 = ?", ownName(k.uri), k.sum[:])
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all, func(one storedDigest) bool {
		_, err := s.Reader.readDigest(ctx, &one)
		return err == nil
	}), nil
}

// packOthers keeps in packs, for a catalogue that is made anew, what else is new.
func (s *Store) packOthers(d *source.Digests) error {
	for _, m := range d.Missing {
		n, err := one(s.conn, "select count(*) from missing where uri = ? and first <= ? and last >= ?", m.URI, int64(m.From), int64(m.Until))
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if _, err := s.packs.append(sealsFolder, &packHeader{Kind: keptMissing, URI: m.URI, From: m.From, Until: m.Until}, nil); err != nil {
			return err
		}
	}
	for _, k := range d.Keys {
		n, err := one(s.conn, "select count(*) from public_key where der = ?", k.DER)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		sum := sha256.Sum256(k.DER)
		h := packHeader{Kind: keptKey, SHA256: hexOf(sum[:]), Length: int64(len(k.DER)), From: k.From, Until: k.Until}
		if _, err := s.packs.append(sealsFolder, &h, k.DER); err != nil {
			return err
		}
	}
	return nil
}

// noteDigests tells the catalogue. It is called in a transaction.
func (s *Store) noteDigests(kept []keptFile, d *source.Digests) error {
	if err := s.nameAll(); err != nil {
		return err
	}
	periods := map[place][]period{}
	for _, k := range kept {
		if err := s.noteDigest(&k); err != nil {
			return err
		}
		in := cloudtrail.ParseLogFileName(k.uri)
		if in.Account != "" && in.Region != "" {
			at := place{in.Account, in.Region}
			periods[at] = append(periods[at], period{k.Start, k.End - 1})
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
	names := map[int64]string{}
	err := rows(s.conn, "select id, name from log_file where own is null", func(st *sqlite.Stmt) error {
		names[st.ColumnInt64(0)] = st.ColumnText(1)
		return nil
	})
	for id, name := range names {
		if err == nil {
			err = exec(s.conn, "update log_file set own = ? where id = ?", ownName(name), id)
		}
	}
	return err
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

// noteHere notes of the log files that digests list under a name whether they are
// here, and which of those that are here are others. What was not read may be what
// is listed.
func (s *Store) noteHere(own int64) error {
	err := exec(s.conn, `update listed set here = exists(
		select 1 from log_file left join content on content.sha256 = log_file.sha256
		where log_file.own = listed.own and (plain is null or plain = listed.sha256)) where own = ?`, own)
	if err != nil || s.conn.Changes() == 0 {
		return err
	}
	return errors.Join(exec(s.conn, "delete from altered where own = ?", own),
		exec(s.conn, `insert into altered select own from log_file join content on content.sha256 = log_file.sha256
			where own = ? and plain not in (select sha256 from listed where listed.own = log_file.own) limit 1`, own))
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
