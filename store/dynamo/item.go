package dynamo

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func (k itemKey) attributes() item { return item{attrEvent: text(k.partition), attrTime: text(k.sort)} }

func textOf(i item, name string) string {
	switch v := i[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

func keyOf(i item) itemKey { return itemKey{textOf(i, attrEvent), textOf(i, attrTime)} }

const (
	// plainRecord is how long a record may be that is stored as text, to be read in
	// the console. A longer one is compressed: the first kilobyte of an item costs
	// a write unit, and each further one another.
	plainRecord = 600
	// mostItem is what DynamoDB lets an item be (Developer Guide, "Quotas": 400 KB),
	// less what is beside the record.
	mostItem = 400<<10 - 8<<10
)

// eventItem is a form of an event with its record, session tokens taken out. One
// that is too large is left in its log file, and the item has none.
func eventItem(r *cloudtrail.Record, u *lineage.Use, facts []lineage.Fact) item {
	i := eventKey(u).attributes()
	i[attrDay] = text(dayKey(u))
	i[attrFile] = text(fit(u.File, 2*mostPartition))
	i[attrOrdinal] = &types.AttributeValueMemberN{Value: strconv.Itoa(u.Record)}
	key := u.Caller.AccessKeyID
	for n := range facts {
		if f := &facts[n]; f.Kind == lineage.Issuance && f.Grant.AccessKeyID != "" {
			key = f.Grant.AccessKeyID
			break
		}
	}
	if key != "" {
		i[attrKey] = text(fit(key, mostPartition))
	}
	if id := u.Caller.PrincipalID; id != "" {
		role, session := sessionKey(id, u.Time)
		i[attrPrincipal], i[attrSession] = text(role), text(session)
	}
	if raw := query.Redact([]byte(r.Raw)); len(raw) <= plainRecord {
		i[attrRecord] = text(string(raw))
	} else if packed := pack(raw); len(packed) <= mostItem {
		i[attrRecord] = &types.AttributeValueMemberB{Value: packed}
	}
	return i
}

// factItem points from a key to an event that has a fact under it.
func factItem(k lineage.Key, event itemKey) item {
	i := factKey(k, event).attributes()
	i[attrAt] = text(event.partition)
	return i
}

// nameItem is a name, a fact of no event, under one of its keys.
func nameItem(k lineage.Key, f *lineage.Fact) item {
	i := nameKey(k, f).attributes()
	for attr, value := range map[string]string{attrID: f.Detail.ID, attrName: f.Detail.Name, attrARN: f.Detail.ARN} {
		i[attr] = text(value)
	}
	return i
}

func pack(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails for unknown levels only
	_, _ = w.Write(raw)                                   // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// mostRecord is how long a record may become that is unpacked: CloudTrail's are
// 256 KB at most (linkage.md 4.2), and what is there anybody may have put who may
// write to the table.
const mostRecord = 16 << 20

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(z, mostRecord+1))
	if err == nil && len(raw) > mostRecord {
		err = fmt.Errorf("it is longer than %d bytes", mostRecord)
	}
	return raw, err
}

// event is a form of an event as it was read.
type event struct {
	query.Row
	record *cloudtrail.Record // its strings alias nothing that is used again
	raw    []byte             // the record, without session tokens
	ours   bool               // it was written by this package, and not by the program in AWS's text
}

// facts are what the event adds, but for names that many events show.
func (e *event) facts() []lineage.Fact { return lineage.Facts(e.record, e.Use) }

// readEvent reads the item of an event. What the key tells is taken from there: a
// record without an id is known by the hash of the bytes that it came with, and one
// out of an envelope by the envelope's account and time.
func readEvent(i item, raw []byte) (*event, error) {
	e := &event{raw: raw}
	buf := append(make([]byte, 0, len(raw)+cloudtrail.Padding), raw...)
	for r, err := range new(cloudtrail.Decoder).Records(buf) {
		if err != nil {
			return nil, fmt.Errorf("%s: its record cannot be read: %w", keyOf(i), err)
		}
		if e.record != nil {
			return nil, fmt.Errorf("%s: it holds more than one record", keyOf(i))
		}
		e.record = r.Clone()
	}
	if e.record == nil {
		return nil, fmt.Errorf("%s: it holds no record", keyOf(i))
	}
	r, who := e.record, lineage.NewIdentity(&e.record.UserIdentity)
	ordinal, _ := strconv.Atoi(textOf(i, attrOrdinal))
	at := lineage.Location{File: textOf(i, attrFile), Record: ordinal}
	e.Row = query.NewRow(r, lineage.NewUse(r, r.ID(cloudtrail.ParseLogFileName(at.File).Account), &who, at))
	return e, e.identify(keyOf(i))
}

// identify takes from the key what it tells.
func (e *event) identify(k itemKey) error {
	clock, rest, ok := strings.Cut(k.sort, "#")
	if e.ours = ok; !ok {
		return nil // as AWS's text has it: the time alone
	}
	n := strings.LastIndexByte(rest, '#')
	print, err := strconv.ParseUint(rest[n+1:], 16, 64)
	t, known := cloudtrail.ParseTime(clock)
	if n < 0 || err != nil || !known {
		return fmt.Errorf("%s: its sort key is none of this program's", k)
	}
	if !strings.HasPrefix(k.partition, "id#") {
		e.ID.Event = k.partition
	}
	if e.ID.Recipient == "" || len(e.ID.Recipient) <= mostPart {
		e.ID.Recipient = rest[:n]
	}
	e.Time, e.Fingerprint = t, lineage.Fingerprint(print)
	return nil
}

func (k itemKey) String() string { return "item " + k.partition + " " + k.sort }
