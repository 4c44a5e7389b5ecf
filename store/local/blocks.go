package local

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// block returns a block of a segment, as it is kept: the one that holds the
// thing with a number or hash.
func (v *view) block(s *segmentView, k kind, at int64) (first int64, data []byte, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	st := v.conn.Prep("select first, data from part where segment = ? and kind = ? and first <= ? order by first desc limit 1")
	st.BindInt64(1, s.id)
	st.BindInt64(2, int64(k))
	st.BindInt64(3, at)
	there, err := st.Step()
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", catalogueName, err)
	}
	if there {
		first = st.ColumnInt64(0)
		data = make([]byte, st.ColumnLen(1))
		st.ColumnBytes(1, data)
	}
	return first, data, st.Reset()
}

// cached returns the block that holds a thing, taken apart. first is where the
// block begins.
func cachedBlock[T any](v *view, s *segmentView, k kind, first int64, open func(plain []byte) (T, error)) (T, error) {
	key := blockKey{s.id, k, first}
	if value, ok := v.reader.cache.get(key); ok {
		return value.(T), nil
	}
	var zero T
	at, data, err := v.block(s, k, first)
	if err != nil {
		return zero, err
	}
	if data == nil || at != first {
		return zero, fmt.Errorf("%s: segment %d has no part %d at %d", catalogueName, s.id, k, first)
	}
	plain, err := v.reader.press.openPart(data)
	if err != nil {
		return zero, fmt.Errorf("%s: segment %d, part %d at %d: %w", catalogueName, s.id, k, first, err)
	}
	value, err := open(plain)
	if err != nil {
		return zero, fmt.Errorf("%s: segment %d, part %d at %d: %w", catalogueName, s.id, k, first, err)
	}
	return v.reader.cache.put(key, value, 4*len(plain)).(T), nil
}

// person returns the identity with a number.
func (v *view) person(s *segmentView, n uint32) (*lineage.Identity, error) {
	first := int64(n - n%peopleABlock)
	all, err := cachedBlock(v, s, partPeople, first, readPeople)
	if err != nil {
		return nil, err
	}
	if int(n%peopleABlock) >= len(all) {
		return nil, fmt.Errorf("%s: segment %d has no caller %d", catalogueName, s.id, n)
	}
	return all[n%peopleABlock], nil
}

func readPeople(plain []byte) ([]*lineage.Identity, error) {
	var all []*lineage.Identity
	var d cloudtrail.Decoder
	r := reader{left: plain}
	for len(r.left) > 0 && r.err == nil {
		id, err := readPerson(r.text(), &d)
		if err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, r.err
}

// tallies yields tallies by number, from one to before another.
func (v *view) tallies(s *segmentView, from, to uint32, each func(number uint32, t *tally) error) error {
	for from < to {
		first := from - from%talliesABlock
		all, err := cachedBlock(v, s, partTallies, int64(first), readTallies)
		if err != nil {
			return err
		}
		if int(from-first) >= len(all) {
			return fmt.Errorf("%s: segment %d has no tally %d", catalogueName, s.id, from)
		}
		for i := int(from - first); i < len(all) && from < to; i++ {
			if err := each(from, &all[i]); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}

// hours are where the hours of a segment begin, and behind the last where all
// ends.
func (v *view) hours(s *segmentView) ([]hourStart, error) {
	if s.rows == 0 {
		return nil, nil
	}
	return cachedBlock(v, s, partHours, 0, readHours)
}

func (v *view) places(s *segmentView) ([]place, error) {
	return cachedBlock(v, s, partPlaces, 0, func(plain []byte) ([]place, error) {
		var all []place
		r := reader{left: plain}
		for len(r.left) > 0 && r.err == nil {
			all = append(all, place{r.text(), r.text()})
		}
		return all, r.err
	})
}

// lookUp appends the entries of hashes in one of a segment's indexes. For many
// hashes the index is read whole, and kept.
func (v *view) lookUp(s *segmentView, k kind, hashes []int64, to []entry) ([]entry, error) {
	const whole = int64(-1) << 63
	key := blockKey{s.id, k, whole}
	all, ok := v.reader.cache.get(key)
	if !ok && len(hashes) >= manyHashes {
		read, err := v.wholeIndex(s, k)
		if err != nil {
			return to, err
		}
		all, ok = v.reader.cache.put(key, read, len(read)), true
	}
	for _, h := range hashes {
		if ok {
			to = all.(entries).find(to, h)
			continue
		}
		_, data, err := v.block(s, k, h)
		if err != nil {
			return to, err
		}
		if data == nil {
			continue
		}
		plain, err := unsealed(data)
		if err != nil {
			return to, fmt.Errorf("%s: segment %d, part %d: %w", catalogueName, s.id, k, err)
		}
		to = entries(plain).find(to, h)
	}
	return to, nil
}

// manyHashes is from how many look-ups on an index is read whole.
const manyHashes = 48

func (v *view) wholeIndex(s *segmentView, k kind) (entries, error) {
	all := entries{}
	v.mu.Lock()
	defer v.mu.Unlock()
	err := rows(v.conn, "select data from part where segment = ? and kind = ? order by first", func(st *sqlite.Stmt) error {
		data := make([]byte, st.ColumnLen(0))
		st.ColumnBytes(0, data)
		plain, err := unsealed(data)
		all = append(all, plain...)
		return err
	}, s.id, int64(k))
	if err != nil {
		return nil, fmt.Errorf("%s: segment %d, part %d: %w", catalogueName, s.id, k, err)
	}
	return all, nil
}
