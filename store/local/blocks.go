package local

import (
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// block returns a block of a segment, as it is kept: the one that holds the
// thing with a number or hash. data is nil where there is none.
func (s *segmentView) block(k kind, at int64) (first int64, data []byte, err error) {
	all, err := s.file.directory()
	if err != nil {
		return 0, nil, err
	}
	where, ok := find(all, k, at)
	if !ok {
		return 0, nil, nil
	}
	data = make([]byte, where.length)
	_, err = s.file.parts.ReadAt(data, where.offset)
	return where.first, data, err
}

// cached returns the block that holds a thing, taken apart. first is where the
// block begins.
func cachedBlock[T any](v *view, s *segmentView, k kind, first int64, open func(plain []byte) (T, error)) (T, error) {
	key := blockKey{s.id, k, first}
	if value, ok := v.reader.cache.get(key); ok {
		return value.(T), nil
	}
	var zero T
	at, data, err := s.block(k, first)
	if err != nil {
		return zero, err
	}
	if data == nil || at != first {
		return zero, fmt.Errorf("has no part %d at %d", k, first)
	}
	plain, err := v.reader.press.openPart(data)
	if err != nil {
		return zero, fmt.Errorf("part %d at %d: %w", k, first, err)
	}
	value, err := open(plain)
	if err != nil {
		return zero, fmt.Errorf("part %d at %d: %w", k, first, err)
	}
	return v.reader.cache.put(key, value, 2*len(plain)).(T), nil
}

// person returns the identity with a number.
func (v *view) person(s *segmentView, n uint32) (*lineage.Identity, error) {
	first := int64(n - n%peopleABlock)
	all, err := cachedBlock(v, s, partPeople, first, readPeople)
	if err != nil {
		return nil, err
	}
	if int(n%peopleABlock) >= len(all) {
		return nil, fmt.Errorf("has no caller %d", n)
	}
	return all[n%peopleABlock], nil
}

func readPeople(plain []byte) ([]*lineage.Identity, error) {
	var raws []string
	r := reader{left: plain}
	for len(r.left) > 0 && r.err == nil {
		raws = append(raws, r.text())
	}
	if r.err != nil {
		return nil, r.err
	}
	return readPersons(raws, new(cloudtrail.Decoder))
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
			return fmt.Errorf("has no tally %d", from)
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

// addPlaces adds the accounts and regions of the events, which the names of
// their log files need not tell. A segment that is damaged is told of elsewhere.
func (v *view) addPlaces(accounts, regions map[string]bool) {
	for _, s := range v.segments {
		if s.rows == 0 {
			continue
		}
		places, err := v.places(s)
		if err != nil {
			continue
		}
		for _, at := range places {
			accounts[at.recipient], regions[at.region] = true, true
		}
	}
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

// lookUp appends the entries of hashes, which are sorted, in one of a segment's
// indexes. For many hashes the index is read whole, and kept.
func (v *view) lookUp(s *segmentView, k kind, hashes []int64, to []entry) ([]entry, error) {
	const whole = int64(-1) << 63
	key := blockKey{s.id, k, whole}
	all, ok := v.reader.cache.get(key)
	if !ok && len(hashes) >= manyHashes {
		read, err := s.wholeIndex(k)
		if err != nil {
			return to, err
		}
		all, ok = v.reader.cache.put(key, read, len(read.data)), true
	}
	if ok {
		return all.(entries).find(to, hashes...), nil
	}
	for _, h := range hashes {
		_, data, err := s.block(k, h)
		if err != nil {
			return to, err
		}
		if data == nil {
			continue
		}
		plain, err := unsealed(data)
		if err != nil {
			return to, fmt.Errorf("part %d: %w", k, err)
		}
		to = entries{plain, sizeOf(k)}.find(to, h)
	}
	return to, nil
}

// manyHashes is from how many look-ups on an index is read whole.
const manyHashes = 48

func (s *segmentView) wholeIndex(k kind) (entries, error) {
	directory, err := s.file.directory()
	if err != nil {
		return entries{}, err
	}
	all := entries{size: sizeOf(k)}
	for _, where := range directory {
		if where.kind != k {
			continue
		}
		data := make([]byte, where.length)
		if _, err := s.file.parts.ReadAt(data, where.offset); err != nil {
			return entries{}, err
		}
		plain, err := unsealed(data)
		if err != nil {
			return entries{}, fmt.Errorf("part %d: %w", k, err)
		}
		all.data = append(all.data, plain...)
	}
	return all, nil
}
