package dynamo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

var errOtherDay = fmt.Errorf("its attribute %s is not of its account and time", attrDay)

const (
	// mostFiled is how many events are in a log file that is made of a table, and
	// about how many bytes.
	mostFiled      = 4096
	mostFiledBytes = 16 << 20

	noRecords = `{"Records":[]}`
)

func opener(body []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// filing makes log files of events.
type filing struct {
	table string
	path  []string // of the files
	give  func(source.Item, error) bool

	n     int // files made
	count int // events in the one that is being made
	body  bytes.Buffer
}

// add takes in an event; false: no more is wanted.
func (f *filing) add(e *event, raw []byte) bool {
	if f.count == 0 {
		f.body.WriteString(`{"Records":[`)
	} else {
		f.body.WriteString(",\n")
	}
	if e.lacks && e.ours {
		raw = enveloped(e, raw)
	}
	f.body.Write(raw)
	if f.count++; f.count < mostFiled && f.body.Len() < mostFiledBytes {
		return true
	}
	return f.flush()
}

// flush gives the file that is being made.
func (f *filing) flush() bool {
	if f.count == 0 {
		return true
	}
	f.body.WriteString("]}\n")
	sum := sha256.Sum256(f.body.Bytes())
	path := make([]string, len(f.path))
	for i, p := range f.path {
		path[i] = url.PathEscape(p)
	}
	file := cloudtrail.LogFile{
		URI:     fmt.Sprintf("%s%s/%s/%d.json.gz", Scheme, f.table, strings.Join(path, "/"), f.n),
		Version: hex.EncodeToString(sum[:]),
	}
	f.n++
	body := source.Pack(f.body.Bytes())
	f.count = 0
	f.body.Reset()
	return f.give(source.Item{LogFile: file, Size: int64(len(body)), Open: opener(body)}, nil)
}

// enveloped is a record with what its key alone tells: the account, and the time.
func enveloped(e *event, raw []byte) []byte {
	around := struct {
		Version    string          `json:"version"`
		DetailType string          `json:"detail-type"`
		Account    string          `json:"account,omitempty"`
		Time       string          `json:"time,omitempty"`
		Detail     json.RawMessage `json:"detail"`
	}{Version: "0", DetailType: "AWS API Call via CloudTrail", Account: e.ID.Recipient, Time: e.Time.String()}
	head, err := json.Marshal(around)
	if err != nil {
		return raw // texts cannot fail
	}
	// As it is, byte for byte: of a record without an event id they are its identity.
	return slices.Concat(bytes.TrimSuffix(head, []byte("null}")), raw, []byte("}"))
}

// scan gives the events of AWS's text: all of a table that is of it, the others of
// ours.
func (s *Source) scan(ctx context.Context, give func(source.Item, error) bool) {
	s.store.reads.purse.expect(func(ctx context.Context) float64 {
		t, err := s.store.describe(ctx)
		if err != nil {
			return 0
		}
		return costOfBytes(float64(aws.ToInt64(t.TableSizeBytes))).Units
	})
	files := make([]filing, segments)
	for n := range files {
		files[n] = filing{table: s.store.table, path: []string{"scan", strconv.Itoa(n)}, give: give}
	}
	var others atomic.Int64
	err := s.store.scanAll(ctx, dynamodb.ScanInput{}, func(ctx context.Context, n int, page []item) error {
		if err := s.store.mayRead(ctx); err != nil {
			return err
		}
		for _, i := range page {
			switch kindOf(i) {
			case kindForeign:
			case kindOther:
				others.Add(1)
				s.store.leftOut(keyOf(i), errNoRecord)
				continue
			default:
				continue
			}
			e, raw, err := s.store.readWhole(ctx, i, false)
			switch {
			case err != nil && ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				if !s.unread(keyOf(i), err, give) {
					return errEnough
				}
			case s.alone && !give(aloneItem(i, raw), nil), !s.alone && !files[n].add(e, raw):
				return errEnough
			}
		}
		return nil
	})
	for n := range files {
		if err == nil && !files[n].flush() {
			err = errEnough
		}
	}
	if err != nil && !errors.Is(err, errEnough) {
		give(source.Item{}, err)
	}
	if n := others.Load(); n > 0 {
		s.store.options.note("%s%s: items that hold no record, and are neither crosstrail's nor of AWS's text: %d", Scheme, s.store.table, n)
	}
}

// unread gives an item that cannot be read as a log file that cannot be, so that it is
// counted and told as one.
func (s *Source) unread(k itemKey, err error, give func(source.Item, error) bool) bool {
	why := errors.New(strings.TrimPrefix(err.Error(), k.String()+": "))
	return give(source.Item{
		LogFile: cloudtrail.LogFile{URI: "inline:" + Scheme + s.store.table + "/" + k.partition + "/" + k.sort}, Once: true,
		Open: func(context.Context) (io.ReadCloser, error) { return nil, why },
	}, nil)
}

var errNoRecord = errors.New("it holds no record")

// errEnough says that no more is wanted.
var errEnough = errors.New("enough")

// aloneItem is the record of an item of AWS's text as it was put. It has no other name
// than its bytes.
func aloneItem(i item, raw []byte) source.Item {
	if text := textOf(i, attrRecord); text != "" {
		raw = []byte(text)
	}
	return source.Inline(raw)
}
