package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// event is a form of an event as it was read. Nothing of it aliases what is used
// again.
type event struct {
	query.Row
	key   itemKey
	ours  bool           // it was written by this package, and not by the program in AWS's text
	facts []lineage.Fact // what it adds, but for names; nil where they were not asked for
	lacks bool           // the record itself does not tell its account or its time
	known bool           // all its forms were looked for
	texts int            // how many bytes its texts are

	formID cloudtrail.ID // what forms of it have in common, where it is held to find them
	thin   bool          // nothing else of the row is held: it is to be read again
}

// readEvent reads the item of an event, its facts too where they are wanted. The
// error names the item.
func (s *Store) readEvent(ctx context.Context, i item, facts bool) (*event, error) {
	e, _, err := s.readWhole(ctx, i, facts)
	return e, err
}

// readWhole is readEvent, and returns what the item has as its record too: that, or
// an envelope with it, without session tokens.
func (s *Store) readWhole(ctx context.Context, i item, facts bool) (*event, []byte, error) {
	e := &event{key: keyOf(i)}
	raw, err := s.recordOf(ctx, i)
	if err == nil {
		err = s.reads.decode(raw, func(r *cloudtrail.Record) error { return e.read(&s.reads, i, r, facts) })
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, fmt.Errorf("%s: %w", e.key, err)
	}
	s.reads.remember(e.Location, e.key)
	return e, raw, nil
}

// recordOf is the record of an event's item, without session tokens.
func (s *Store) recordOf(ctx context.Context, i item) ([]byte, error) {
	switch v := i[attrRecord].(type) {
	case *types.AttributeValueMemberS:
		return query.Redact([]byte(v.Value)), nil
	case *types.AttributeValueMemberB:
		raw, err := s.reads.unpacker.unpack(v.Value)
		if err != nil {
			return nil, fmt.Errorf("its record cannot be unpacked: %w", err)
		}
		return query.Redact(raw), nil
	case nil:
		return s.fetchRecord(ctx, i)
	}
	return nil, fmt.Errorf("its attribute %s is neither text nor bytes", attrRecord)
}

// fetchRecord reads a record that did not fit into the table from its log file.
func (s *Store) fetchRecord(ctx context.Context, i item) ([]byte, error) {
	ordinal, err := strconv.Atoi(textOf(i, attrOrdinal))
	if textOf(i, attrFile) == "" || err != nil {
		return nil, fmt.Errorf("it has neither a record nor a place in a log file")
	}
	return s.fetch(ctx, lineage.Location{File: textOf(i, attrFile), Record: ordinal}, textOf(i, attrVersion))
}

func (s *Store) fetch(ctx context.Context, at lineage.Location, version string) ([]byte, error) {
	f := cloudtrail.ParseLogFileName(at.File)
	f.Version = version
	if s.options.Fetch == nil {
		return nil, fmt.Errorf("its record is in log file %s alone, which is not read here", at.File)
	}
	s.reads.shelf.Allow(s.options.MaxFile)
	open := func(ctx context.Context) (io.ReadCloser, error) { return s.options.Fetch(ctx, f) }
	raw, err := s.reads.shelf.Record(ctx, source.Item{LogFile: f, Open: open}, 0, at.Record)
	return query.Redact(raw), err
}

// decoding is what one record at a time is decoded with.
type decoding struct {
	cloudtrail.Decoder
	buf []byte
}

// decode reads the one record that a text holds.
func (r *reads) decode(raw []byte, see func(*cloudtrail.Record) error) error {
	d, _ := r.decoders.Get().(*decoding)
	if d == nil {
		d = &decoding{}
	}
	defer r.decoders.Put(d)
	if cap(d.buf) < len(raw)+cloudtrail.Padding || cap(d.buf) > 1<<20 {
		d.buf = make([]byte, 0, len(raw)+cloudtrail.Padding)
	}
	d.buf = append(d.buf[:0], raw...)
	n := 0
	for one, err := range d.Records(d.buf) {
		if err != nil {
			return fmt.Errorf("its record cannot be read: %w", err)
		}
		if n++; n > 1 {
			return errors.New("it holds more than one record")
		}
		if err := see(one); err != nil {
			return err
		}
	}
	if n == 0 {
		return errors.New("it holds no record")
	}
	return nil
}

// read reads a record that is valid no longer than the call.
func (e *event) read(in *reads, i item, r *cloudtrail.Record, facts bool) error {
	ordinal, _ := strconv.Atoi(textOf(i, attrOrdinal))
	at := lineage.Location{File: textOf(i, attrFile), Record: ordinal}
	if at.File == "" {
		at.File = "item:" + e.key.partition // of AWS's text: no log file is named
	}
	if r.EventTime.IsZero() && r.Envelope.Time == "" { // it came in an envelope, as its key tells
		r.Envelope.Time, _, _ = strings.Cut(e.key.sort, "#")
	}
	use := lineage.NewUse(r, r.ID(cloudtrail.ParseLogFileName(at.File).Account), in.person(&r.UserIdentity), at)
	if err := e.identify(r, &use); err != nil {
		return err
	}
	e.lacks = use.ID.Recipient != r.RecipientAccountID || use.Time != r.EventTime
	if facts {
		for _, f := range lineage.Facts(r, use) {
			if f.Kind != lineage.Name {
				e.facts = append(e.facts, *f.Clone())
			}
		}
	}
	e.Row = query.NewRow(r, use)
	e.texts = keepTexts(&e.Row)
	return nil
}

// identify takes from the key what it tells: a record without an id is known by the
// hash of the bytes that it came with, and one out of an envelope by the envelope's
// account and time. What the record tells itself must be the same, or anybody could
// put one event in the place of another.
func (e *event) identify(r *cloudtrail.Record, u *lineage.Use) error {
	k := e.key
	clock, rest, ours := strings.Cut(k.sort, "#")
	t, known := cloudtrail.ParseTime(clock)
	if r.EventID != "" && eventPartition(r.EventID) != k.partition && r.EventID != k.partition {
		return fmt.Errorf("its record is of event %q", r.EventID)
	}
	if known && !r.EventTime.IsZero() && t != r.EventTime {
		return fmt.Errorf("its record is of %s", r.EventTime)
	}
	if e.ours = ours; !ours {
		return nil // as AWS's text has it: the time alone
	}
	n := strings.LastIndexByte(rest, '#')
	print, err := strconv.ParseUint(rest[n+1:], 16, 64)
	if n < 0 || err != nil || !known {
		return errors.New("its sort key is none of this program's")
	}
	recipient := rest[:n]
	if r.RecipientAccountID != "" && fit(r.RecipientAccountID, mostPart) != recipient {
		return fmt.Errorf("its record was delivered to account %q", r.RecipientAccountID)
	}
	// A link field that held a session token is another now. (Whoever changes what
	// fingerprints are of changes the format.)
	if u.Fingerprint != lineage.Fingerprint(print) && !strings.Contains(string(r.Raw), redacted) {
		return errors.New("its sort key is of another form of the event")
	}
	if r.EventID == "" && !isHashOf(k.partition, r) {
		return errors.New("its record has no event id")
	}
	if r.EventID == "" {
		u.ID.Event = k.partition
	}
	if r.RecipientAccountID == "" {
		u.ID.Recipient = recipient
	}
	u.Time, u.Fingerprint = t, lineage.Fingerprint(print)
	return nil
}

// isHashOf reports whether an identity may be that of a record without an event id:
// the hash of the bytes that it had before session tokens were taken out.
func isHashOf(partition string, r *cloudtrail.Record) bool {
	sum, ok := strings.CutPrefix(partition, "sha256:")
	if strings.Contains(string(r.Raw), redacted) {
		b, err := hex.DecodeString(sum)
		return ok && err == nil && len(b) == sha256.Size
	}
	return ok && r.ID("").Event == partition
}

// redacted is what [query.Redact] writes for a session token.
const redacted = "REDACTED"

// keepTexts copies the texts of a row that alias the record's, which are so many bytes.
func keepTexts(r *query.Row) (size int) {
	texts := []*string{
		&r.ID.Event, &r.ID.Recipient, &r.EventSource, &r.EventName, &r.Region, &r.ErrorCode, &r.RequestID,
		&r.SharedEventID, &r.SourceIP, &r.UserAgent, &r.ErrorMessage, &r.EventType,
	}
	for i := range r.Resources {
		texts = append(texts, &r.Resources[i])
	}
	for _, t := range texts {
		size += len(*t)
	}
	var b strings.Builder
	b.Grow(size)
	for _, t := range texts {
		at := b.Len()
		b.WriteString(*t)
		*t = b.String()[at:]
	}
	return size
}
