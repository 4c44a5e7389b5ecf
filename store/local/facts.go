package local

import (
	"cmp"
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// storedFact is a fact as it was read.
type storedFact struct {
	*lineage.Fact
	who  uint32
	sum  uint32
	file int64
}

// Facts returns the facts under any of the keys.
func (r *Reader) Facts(ctx context.Context, keys []lineage.Key, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	wanted := make(map[int64][]lineage.Key, len(keys))
	hashes := make([]int64, 0, len(keys))
	for _, k := range keys {
		h := int64(keyHash(k))
		if wanted[h] == nil {
			hashes = append(hashes, h)
		}
		wanted[h] = append(wanted[h], k)
	}
	slices.Sort(hashes)
	var all []storedFact
	for _, s := range v.segments {
		if s.facts == 0 || !from.IsZero() && s.factLast < from || !to.IsZero() && s.factFirst > to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := len(all)
		if all, err = v.factsOf(s, hashes, wanted, from, to, all); err != nil {
			all = all[:before]
			if err := r.damaged(partsName(s.id), err); err != nil {
				return nil, err
			}
		}
	}
	return shownFacts(all), nil
}

func (v *view) factsOf(s *segmentView, hashes []int64, wanted map[int64][]lineage.Key, from, to cloudtrail.Time, all []storedFact) ([]storedFact, error) {
	entries, err := v.lookUp(s, partKeys, hashes, nil)
	if err != nil {
		return all, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	for i, e := range entries {
		if i > 0 && e.at == entries[i-1].at {
			continue // under two of the keys
		}
		f, err := v.fact(s, e.at)
		if err != nil {
			return all, err
		}
		if !from.IsZero() && f.Time < from || !to.IsZero() && f.Time > to {
			continue
		}
		if isUnder(f.Fact, wanted) {
			all = append(all, *f)
		}
	}
	return all, nil
}

// isUnder reports whether a fact is under any of the keys, and not just under
// another of the same hash.
func isUnder(f *lineage.Fact, wanted map[int64][]lineage.Key) bool {
	return slices.ContainsFunc(f.Keys(), func(k lineage.Key) bool { return slices.Contains(wanted[int64(keyHash(k))], k) })
}

// shownFacts leaves out the facts of records that another of the same identity
// and link fields is shown for.
func shownFacts(all []storedFact) []*lineage.Fact {
	type record struct {
		id    cloudtrail.ID
		print lineage.Fingerprint
	}
	least := map[record]uint32{}
	for _, f := range all {
		at := record{f.ID, f.Fingerprint}
		if sum, ok := least[at]; !ok || f.sum < sum {
			least[at] = f.sum
		}
	}
	var shown []*lineage.Fact
	for _, f := range all {
		if f.sum == least[record{f.ID, f.Fingerprint}] {
			shown = append(shown, f.Fact)
		}
	}
	return shown
}

// fact returns the fact with a number.
func (v *view) fact(s *segmentView, n uint32) (*storedFact, error) {
	first := int64(n - n%factsABlock)
	all, err := cachedBlock(v, s, partFacts, first, func(plain []byte) ([]*storedFact, error) { return v.readFacts(s, plain) })
	if err != nil {
		return nil, err
	}
	if int(n%factsABlock) >= len(all) {
		return nil, errNoFact
	}
	return all[n%factsABlock], nil
}

func (v *view) readFacts(s *segmentView, plain []byte) ([]*storedFact, error) {
	var all []*storedFact
	nobody := &lineage.Identity{} // made no name
	r := reader{left: plain}
	for len(r.left) > 0 && r.err == nil {
		f := storedFact{who: uint32(r.uint()), sum: uint32(r.uint())}
		body := r.text()
		if r.err != nil {
			break
		}
		var err error
		if f.Fact, f.file, err = readFact(bytesOf(body)); err != nil {
			return nil, err
		}
		f.Caller = nobody
		if f.Kind != lineage.Name {
			if f.Caller, err = v.person(s, f.who); err != nil {
				return nil, err
			}
		}
		if f.file != 0 {
			if f.File, err = v.fileName(f.file); err != nil {
				return nil, err
			}
		}
		all = append(all, &f)
	}
	return all, r.err
}
