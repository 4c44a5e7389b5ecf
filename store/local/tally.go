package local

import (
	"encoding/binary"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// tally is a range of a segment's rows that were made in one hour by one caller
// at one place. Those that hand out credentials are counted apart (alone): each
// of them is a query.Tally by itself.
type tally struct {
	hour           int32
	who            uint32
	place          uint32
	alone          bool
	first          uint32 // row
	n              uint32
	writes, errors uint32
	from, to       uint16 // seconds into the hour
}

func (t *tally) moment(seconds uint16) cloudtrail.Time {
	return cloudtrail.Time(t.hour)*secondsAnHour + cloudtrail.Time(seconds)
}

// appendTallies writes a block. The first row of each follows from those before.
func appendTallies(b []byte, all []tally) []byte {
	b = binary.AppendUvarint(b, uint64(all[0].first))
	var hour int32
	var who uint32
	for i := range all {
		t := &all[i]
		b = binary.AppendVarint(b, int64(t.hour-hour))
		b = binary.AppendVarint(b, int64(t.who)-int64(who))
		hour, who = t.hour, t.who
		flags := uint64(t.place) << 1
		if t.alone {
			flags |= 1
		}
		for _, v := range [...]uint64{flags, uint64(t.n), uint64(t.writes), uint64(t.errors), uint64(t.from), uint64(t.to - t.from)} {
			b = binary.AppendUvarint(b, v)
		}
	}
	return b
}

func readTallies(plain []byte) ([]tally, error) {
	r := reader{left: plain}
	row := uint32(r.uint())
	var all []tally
	var hour int32
	var who uint32
	for len(r.left) > 0 && r.err == nil {
		hour += int32(r.int())
		who = uint32(int64(who) + r.int())
		flags := r.uint()
		t := tally{hour: hour, who: who, place: uint32(flags >> 1), alone: flags&1 != 0, first: row}
		t.n, t.writes, t.errors = uint32(r.uint()), uint32(r.uint()), uint32(r.uint())
		t.from = uint16(r.uint())
		t.to = t.from + uint16(r.uint())
		row += t.n
		all = append(all, t)
	}
	if r.err != nil {
		return nil, fmt.Errorf("tallies: %w", r.err)
	}
	return all, nil
}

// hourStart is where an hour begins in a segment.
type hourStart struct {
	hour       int32
	tally, row uint32
}

func appendHours(b []byte, all []hourStart) []byte {
	for _, h := range all {
		b = binary.AppendVarint(b, int64(h.hour))
		b = binary.AppendUvarint(b, uint64(h.tally))
		b = binary.AppendUvarint(b, uint64(h.row))
	}
	return b
}

func readHours(plain []byte) ([]hourStart, error) {
	r := reader{left: plain}
	var all []hourStart
	for len(r.left) > 0 && r.err == nil {
		all = append(all, hourStart{int32(r.int()), uint32(r.uint()), uint32(r.uint())})
	}
	return all, r.err
}
