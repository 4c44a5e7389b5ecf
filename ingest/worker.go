package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// worker reads one file after another on one core. Its buffers and its decoder
// are its own and are used again.
type worker struct {
	*pump
	unpacker *source.Unpacker
	decoder  cloudtrail.Decoder
}

// run reads one file into the store. Only what must end the whole run is
// returned as an error.
func (w *worker) run(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !w.claim(j) {
		w.skip(Counts{Read: 1, Duplicate: 1}, j.item.Size)
		return nil
	}
	there, err := w.store.Has(ctx, j.item.LogFile)
	if err != nil {
		return w.storeFailed(err)
	}
	if there {
		w.skip(Counts{Read: 1, Duplicate: 1}, j.item.Size)
		w.land(j, nil)
		return nil
	}
	return w.read(ctx, j)
}

// read decompresses, decodes and stores one file.
func (w *worker) read(ctx context.Context, j job) error {
	f := reading{worker: w, item: j.item}
	var stop error
	note, err := w.unpacker.Pieces(ctx, j.item, func(p source.Piece) bool {
		stop = f.piece(ctx, p)
		return stop == nil
	})
	if stop != nil {
		return stop
	}
	if note != "" {
		w.note(note)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.Canceled):
		return err // the reader was told that all is to stop before this ctx was
	case err != nil:
		// It tells of the cut better than what the decoder made of it.
		f.broken = err
	}
	files := Counts{Read: 1, Kept: 1}
	switch {
	case f.broken != nil:
		files = Counts{Read: 1, Failed: 1}
		w.fail(f.broken)
	case f.unwanted && !f.wanted:
		files = Counts{Read: 1, PassedOver: 1}
	}
	if err := w.store.Finish(ctx, j.item.LogFile, f.failed()); err != nil {
		return w.storeFailed(err)
	}
	w.land(j, f.undelivered())
	w.count(files, Counts{}, 0)
	return nil
}

// reading is the state of one file between its pieces.
type reading struct {
	*worker
	item   source.Item
	first  int   // ordinal of the piece's first record
	last   int   // highest ordinal met, -1 before the first
	broken error // why the file could not be read to its end
	lost   source.PartError

	wanted, unwanted bool // there were records that the store wanted; that it did not
}

// failed is what the store is to remember of the file: why it could not be read
// to its end or, if it could, which records could not.
func (f *reading) failed() error {
	if f.broken == nil && f.lost.Records > 0 {
		return &f.lost
	}
	return f.broken
}

// undelivered is why the delivery that the file came in is not to be settled as one
// that is stored. A record that is not is no reason where its file can be read again.
// Of what came without a file it is: nothing but the delivery has it.
func (f *reading) undelivered() error {
	if f.item.Once {
		return f.failed()
	}
	return f.broken
}

// piece stores the records of one piece.
func (f *reading) piece(ctx context.Context, p source.Piece) error {
	var good, bad int
	var strange odd
	f.last = f.first - 1
	file := source.File{LogFile: f.item.LogFile, Body: p.Body, First: f.first}
	if !f.item.Once {
		file.Open = f.item.Open
	}
	file.Records = func(yield func(*cloudtrail.Record) bool) {
		good, bad, strange = 0, 0, odd{}
		for r, err := range f.decoder.Records(p.Plain) {
			if err != nil {
				bad += f.refuse(err, p)
				continue
			}
			good++
			r.Ordinal += f.first
			r.Offset += p.Offset
			f.last = max(f.last, r.Ordinal)
			strange.look(r, f.item.URI)
			if !yield(r) {
				return
			}
		}
	}
	kept, duplicate, err := f.store.Add(ctx, file)
	if part, ok := errors.AsType[*source.PartError](err); ok {
		f.turnedAway(part)
		good, bad, err = good-part.Records, bad+part.Records, nil
	}
	if err == nil && kept+duplicate > good {
		err = fmt.Errorf("%s: counted %d records as kept and %d as duplicates, of %d", f.item.URI, kept, duplicate, good)
	}
	stopped := ctx.Err() != nil && errors.Is(err, ctx.Err()) // what was added until then stays
	if err != nil && !stopped {
		return f.storeFailed(err)
	}
	if stopped {
		good = kept + duplicate // of the rest it is not known
	}
	f.first = f.last + 1
	f.wanted = f.wanted || kept+duplicate > 0 || bad > 0
	f.unwanted = f.unwanted || kept+duplicate < good
	f.strange(&strange)
	f.count(Counts{}, Counts{
		Read: good + bad, Kept: kept, Duplicate: duplicate,
		PassedOver: good - kept - duplicate, Failed: bad,
	}, int64(len(p.Body)))
	return err
}

// turnedAway tells of good records that the store cannot hold.
func (f *reading) turnedAway(part *source.PartError) {
	if f.lost.Records == 0 {
		f.lost.First = part.First
	}
	f.lost.Records += part.Records
	f.fail(part)
}

// refuse tells what the decoder could not read, and returns how many records
// it was.
func (f *reading) refuse(err error, p source.Piece) int {
	if e, ok := errors.AsType[*cloudtrail.RecordError](err); ok {
		f.last = max(f.last, e.Ordinal+f.first)
		bad := &source.Error{
			URI: f.item.URI, Record: e.Ordinal + f.first, Offset: e.Offset + p.Offset,
			Problem: e.Problem, Err: e,
		}
		if f.lost.Records++; f.lost.First == nil {
			f.lost.First = bad
		}
		f.fail(bad)
		return 1
	}
	offset := int64(-1)
	problem := err.Error()
	if e, ok := errors.AsType[*cloudtrail.InputError](err); ok {
		offset, problem = e.Offset+p.Offset, e.Problem
	}
	f.broken = &source.Error{URI: f.item.URI, Record: -1, Offset: offset, Problem: problem, Err: err}
	return 0
}
