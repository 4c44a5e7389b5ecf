package local

import (
	"context"
	"errors"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// byID returns the events with one of the ids that are asked for, in order. The
// files' Bloom filters tell which row groups to look into.
func (v *view) byID(ctx context.Context, sel *selection) ([]*found, error) {
	all, err := v.allByID(ctx, sel.EventIDs)
	if err != nil {
		return nil, err
	}
	shown := hideForms((&room{rows: all}).pointers(), sel.Forms)
	shown = slices.DeleteFunc(shown, func(f *found) bool { return f.Time < sel.from || f.Time > sel.to })
	sortFound(shown)
	return shown, nil
}

// knownBefore are the events with one of some ids that were there with the log
// file of a number.
func (v *view) knownBefore(ctx context.Context, ids []string, last int64) (map[cloudtrail.ID]bool, error) {
	all, err := v.allByID(ctx, ids)
	known := map[cloudtrail.ID]bool{}
	for i := range all {
		if all[i].file <= last {
			known[all[i].ID] = true
		}
	}
	return known, err
}

// allByID returns every row of the events with one of some ids, in no order.
func (v *view) allByID(ctx context.Context, ids []string) (all []found, err error) {
	always := newSelection(query.Selection{}) // a form may be of another time
	for _, s := range v.segments {
		if !always.overlaps(s) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := len(all)
		rows, err := v.rowsByID(s, ids)
		if err == nil && len(rows) > 0 {
			all, err = v.loadRows(s, rows, &always, all)
		}
		if err != nil {
			all = all[:before]
			if err := v.reader.damaged(s.name, err); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (v *view) rowsByID(s *segmentView, ids []string) ([]uint32, error) {
	sums, err := cachedBlock(v, s, partFilters, 0, readSums)
	if err != nil {
		return nil, err
	}
	return s.file.findIDs(ids, sums)
}

var errFilter = errors.New("a filter of event ids is damaged: its checksum is wrong")

// findIDs returns the rows with one of some event ids. sums are the checksums
// of the filters, by row group: that an event is not there is a grave thing to
// say.
func (f *segmentFile) findIDs(ids []string, sums []uint32) ([]uint32, error) {
	p, err := f.open()
	if err != nil {
		return nil, err
	}
	var rows []uint32
	var extents []extent
	for g, group := range p.RowGroups() {
		maybe := false
		err := guarded(func() error {
			filter := group.ColumnChunks()[f.leaves[colEventID]].BloomFilter()
			if filter == nil || g >= len(sums) {
				return errFilter
			}
			if sum, err := filterSum(filter); err != nil || sum != sums[g] {
				return errors.Join(errFilter, err)
			}
			for _, id := range ids {
				ok, err := filter.Check(parquet.ByteArrayValue(bytesOf(id)))
				if err != nil {
					return err
				}
				maybe = maybe || ok
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if maybe {
			extents = append(extents, extent{uint32(f.starts[g]), uint32(f.starts[g+1])})
		}
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	err = f.read(extents, []int{colEventID}, &vectors{}, func(c *vectors) error {
		for i, id := range c.texts[colEventID] {
			if wanted[id] {
				rows = append(rows, c.rows[i])
			}
		}
		return nil
	})
	return rows, err
}

// loadRows reads single rows, with the tallies they are in.
func (v *view) loadRows(s *segmentView, rows []uint32, sel *selection, all []found) ([]found, error) {
	starts, err := v.hours(s)
	if err != nil {
		return all, err
	}
	for _, row := range rows {
		i, _ := slices.BinarySearchFunc(starts, row, func(h hourStart, row uint32) int {
			if h.row <= row {
				return -1
			}
			return 1
		})
		if i == 0 || i == len(starts) {
			return all, errPlace
		}
		var one picked
		err := v.tallies(s, starts[i-1].tally, starts[i].tally, func(_ uint32, t *tally) error {
			if t.first <= row && row < t.first+t.n {
				one = picked{s, *t}
				one.tally.first, one.n = row, 1
			}
			return nil
		})
		if err != nil {
			return all, err
		}
		if one.segmentView == nil {
			return all, errPlace
		}
		if all, err = v.loadPicked([]picked{one}, sel.from, sel.to, all, &vectors{}, v.fileName); err != nil {
			return all, err
		}
	}
	return all, nil
}
