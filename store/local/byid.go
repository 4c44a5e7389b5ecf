package local

import (
	"context"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// byID returns the events with one of the ids that are asked for, in order. The
// files' Bloom filters tell which row groups to look into. What they say is not
// there is looked for everywhere: that an event is not there is a grave thing to
// say, and the filters have no checksum.
func (v *view) byID(ctx context.Context, sel *selection) ([]*found, error) {
	all, err := v.withIDs(ctx, sel, sel.EventIDs, true)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(sel.EventIDs), func(id string) bool {
		return slices.ContainsFunc(all, func(f found) bool { return f.ID.Event == id })
	})
	if len(missing) > 0 {
		more, err := v.withIDs(ctx, sel, missing, false)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	shown, err := v.showing((&room{rows: all}).pointers())
	if err != nil {
		return nil, err
	}
	sortFound(shown)
	return hideForms(shown), nil
}

func (v *view) withIDs(ctx context.Context, sel *selection, ids []string, filtered bool) ([]found, error) {
	var all []found
	for _, s := range v.segments {
		if !sel.overlaps(s) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := len(all)
		rows, err := s.file.findIDs(ids, filtered)
		if err == nil && len(rows) > 0 {
			all, err = v.loadRows(s, rows, sel, all)
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

// findIDs returns the rows with one of some event ids; filtered: of the row
// groups alone whose filter says that they may have one.
func (f *segmentFile) findIDs(ids []string, filtered bool) ([]uint32, error) {
	p, err := f.open()
	if err != nil {
		return nil, err
	}
	var rows []uint32
	var extents []extent
	for g, group := range p.RowGroups() {
		maybe := !filtered
		err := guarded(func() error {
			filter := group.ColumnChunks()[f.leaves[colEventID]].BloomFilter()
			for i := 0; i < len(ids) && !maybe; i++ {
				var err error
				if maybe, err = filter.Check(parquet.ByteArrayValue(bytesOf(ids[i]))); err != nil {
					return err
				}
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
	err = f.read(extents, []int{colEventID}, &vectors{}, func(c *vectors) error {
		for i, id := range c.texts[colEventID] {
			if slices.Contains(ids, id) {
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
		if all, err = v.loadPicked([]picked{one}, sel.from, sel.to, all, &vectors{}); err != nil {
			return all, err
		}
	}
	return all, nil
}
