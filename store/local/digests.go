package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"

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
