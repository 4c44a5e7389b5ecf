package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// mergeRows is how many rows a merge takes at a time: it holds them in memory.
const mergeRows = 2 * segmentRows

// mergeLater merges small segments in the background, if there are many. One
// merge runs at a time; Close waits for it.
func (s *Store) mergeLater() {
	s.mergeLock.Lock()
	defer s.mergeLock.Unlock()
	if s.mergeOn || s.mergeErr != nil {
		return
	}
	s.mergeOn = true
	s.merging.Go(func() {
		err := s.mergeSmall(context.Background())
		s.mergeLock.Lock()
		defer s.mergeLock.Unlock()
		s.mergeOn = false
		s.mergeErr = errors.Join(s.mergeErr, err)
	})
}

// mergeSmall merges until no group of like size is large enough. So an event is
// written a few times in all, however small the commits are.
func (s *Store) mergeSmall(ctx context.Context) error {
	for {
		merged, err := s.rewrite(ctx, likeSized, 0)
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
		if merged == 0 {
			return nil
		}
	}
}

// likeSized chooses small segments that are worth one: of like size, and of one
// UTC day or all of several. So a merge leaves fewer than it took, and what holds
// one day goes on doing so.
func likeSized(all []*segmentView) []*segmentView {
	type likeness struct{ day, size int32 }
	const several = -1 << 31
	groups, rows := map[likeness][]*segmentView{}, map[likeness]int64{}
	for _, s := range all {
		if s.rows >= settledRows || s.file.whyBroken() != nil {
			continue
		}
		like := likeness{day: dayOfHour(hourOf(s.first))}
		if s.rows == 0 || like.day != dayOfHour(hourOf(s.last)) {
			like.day = several
		}
		for n := s.rows; n > mergeWidth; n /= mergeWidth {
			like.size++
		}
		groups[like] = append(groups[like], s)
		rows[like] += s.rows
		if group := groups[like]; len(group) == mergeWidth || len(group) > 1 && rows[like] >= mergeRows {
			return group
		}
	}
	return nil
}

// rewrite puts new segments in the place of those that choose takes: without
// what is older than a floor, 0 for none. One that cannot be read is left as it
// is. It returns how many were chosen.
func (s *Store) rewrite(ctx context.Context, choose func([]*segmentView) []*segmentView, floor cloudtrail.Time) (int, error) {
	s.rewriting.Lock()
	defer s.rewriting.Unlock()
	v, err := s.acquire()
	if err != nil {
		return 0, err
	}
	defer s.release(v)
	group := choose(v.segments)
	if len(group) == 0 && floor == 0 {
		return 0, nil
	}
	return len(group), s.rewriteGroup(ctx, v, group, floor)
}

func (s *Store) rewriteGroup(ctx context.Context, v *view, group []*segmentView, floor cloudtrail.Time) error {
	var fresh []*segment
	var gone []*segmentView
	var older []sighting
	b := newBatch(s.seed)
	seal := func() error {
		all, err := s.sealer.seal(ctx, b)
		fresh, older = append(fresh, all...), append(older, b.forms...)
		b.reset()
		return err
	}
	for _, old := range group {
		if err := v.refill(ctx, b, old, floor); err != nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			old.file.breaks(fmt.Errorf("%s: %w", old.name, err)) // not tried again
			continue
		}
		gone = append(gone, old)
		if len(b.rows) >= mergeRows {
			if err := seal(); err != nil {
				return err
			}
		}
	}
	if err := seal(); err != nil {
		return err
	}
	if err := s.sealer.sync(); err != nil {
		return err
	}
	return s.replace(gone, fresh, floor, older)
}

// replace tells the catalogue, and removes what it does not know any more: older
// are forms of events that went below the floor.
func (s *Store) replace(gone []*segmentView, fresh []*segment, floor cloudtrail.Time, older []sighting) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	err := transact(s.conn, func() error {
		for _, old := range gone {
			if err := exec(s.conn, "delete from segment where id = ?", old.id); err != nil {
				return err
			}
		}
		for _, f := range older {
			err := exec(s.conn, "delete from form where hour = ? and event = ? and recipient = ? and fingerprint = ? and checksum = ?",
				f.hour, f.id.Event, f.id.Recipient, int64(f.print), f.sum)
			if err != nil {
				return err
			}
		}
		if floor != 0 {
			err := sealedFloor.change(s.conn, func() error {
				return exec(s.conn, "insert or replace into setting values('floor', ?)", int64(floor))
			})
			if err != nil {
				return err
			}
		}
		if err := addSegments(s.conn, fresh); err != nil {
			return err
		}
		return exec(s.conn, "insert or replace into setting values('last id', ?)", s.sealer.nextID.Load())
	})
	if err != nil {
		return err
	}
	s.Reader.stale()
	for _, old := range gone {
		for _, name := range []string{old.name, partsName(old.id)} {
			if name == "" {
				continue
			}
			if err := os.Remove(filepath.Join(s.sealer.dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// refill puts the events and facts of a segment into a batch, all or none. What
// it leaves out for the floor, and has several forms, is in the batch's forms.
func (v *view) refill(ctx context.Context, b *batch, s *segmentView, floor cloudtrail.Time) error {
	people, err := v.peopleTexts(b, s)
	if err != nil {
		return err
	}
	before := [3]int{len(b.rows), len(b.facts), len(b.forms)}
	err = errors.Join(v.refillRows(ctx, b, s, people, floor), v.refillFacts(b, s, people, floor))
	if err != nil {
		b.rows, b.facts, b.forms = b.rows[:before[0]], b.facts[:before[1]], b.forms[:before[2]]
	}
	return err
}

func (v *view) refillRows(ctx context.Context, b *batch, s *segmentView, people []uint32, floor cloudtrail.Time) error {
	if s.rows == 0 {
		return nil
	}
	places, err := v.places(s)
	if err != nil {
		return err
	}
	hours, err := v.hours(s)
	if err != nil {
		return err
	}
	var tallies []tally
	err = v.tallies(s, 0, hours[len(hours)-1].tally, func(_ uint32, t *tally) error { tallies = append(tallies, *t); return nil })
	if err != nil {
		return err
	}
	at := 0
	return s.file.read([]extent{{0, uint32(s.rows)}}, eventColumns(), &vectors{}, func(c *vectors) error {
		var f found
		for i, row := range c.rows {
			for row >= tallies[at].first+tallies[at].n {
				at++
			}
			who := people[tallies[at].who]
			c.fill(&f, i, b.people.all[who].id, places[tallies[at].place], "")
			switch hour := hourOf(f.Time); {
			case floor == 0 || f.Time == 0 || f.Time >= floor:
				b.add(&f.Row, who, f.sum, c.numbers[colFile][i])
			case v.several[hour]:
				b.forms = append(b.forms, sighting{hour, f.ID, form{f.Fingerprint, f.sum}})
			}
		}
		return ctx.Err()
	})
}

// peopleTexts are the numbers in a batch of a segment's callers.
func (v *view) peopleTexts(b *batch, s *segmentView) ([]uint32, error) {
	directory, err := s.file.directory()
	if err != nil {
		return nil, err
	}
	var numbers []uint32
	var d cloudtrail.Decoder
	for _, where := range directory {
		if where.kind != partPeople {
			continue
		}
		_, data, err := s.block(partPeople, where.first)
		if err != nil {
			return nil, err
		}
		plain, err := v.reader.press.openPart(data)
		if err != nil {
			return nil, err
		}
		for r := (reader{left: plain}); len(r.left) > 0; {
			n, err := b.people.meetText(r.text(), &d)
			if err = errors.Join(err, r.err); err != nil {
				return nil, err
			}
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

func (v *view) refillFacts(b *batch, s *segmentView, people []uint32, floor cloudtrail.Time) error {
	for n := range uint32(s.facts) {
		f, err := v.fact(s, n)
		if err != nil {
			return err
		}
		switch {
		case f.Kind == lineage.Name:
			b.addName(f.Fact)
		case floor == 0 || f.Time == 0 || f.Time >= floor-factsBefore:
			b.addFact(f.Fact, people[f.who], f.sum, f.file)
		}
	}
	return nil
}
