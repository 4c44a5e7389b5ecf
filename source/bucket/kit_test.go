package bucket_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

var stack awstest.Stack

const (
	owner  = "999999999999"
	member = "111111111111"
	orgID  = "o-a1b2c3d4e5"
)

// key is the key of a log file as CloudTrail names it.
func key(prefix, org, account, region, stamp string) string {
	return named(prefix, org, account, "CloudTrail", region, stamp, "")
}

func digestKey(prefix, org, account, region, stamp string) string {
	return named(prefix, org, account, "CloudTrail-Digest", region, stamp, "trail_us-east-1_")
}

func named(prefix, org, account, kind, region, stamp, trail string) string {
	at, err := time.Parse("2006-01-02T15:04", stamp)
	if err != nil {
		panic(err)
	}
	if org != "" {
		org += "/"
	}
	form, unique := "20060102T1504Z", "_"+fmt.Sprintf("%016x", at.Unix())
	if trail != "" {
		form, unique = "20060102T150405Z", ""
	}
	return prefix + "AWSLogs/" + org + account + "/" + kind + "/" + region + at.Format("/2006/01/02/") +
		account + "_" + kind + "_" + region + "_" + trail + at.Format(form) + unique + ".json.gz"
}

// logFile is a log file of one record.
func logFile(id string) []byte { return new(packer).logFile(id) }

// packer makes many log files: what a compressor takes to begin with is ten times
// what one of them is to it.
type packer struct{ z *gzip.Writer }

func (p *packer) logFile(id string) []byte {
	var b bytes.Buffer
	if p.z == nil {
		p.z = gzip.NewWriter(nil)
	}
	p.z.Reset(&b)
	fmt.Fprintf(p.z, `{"Records":[{"eventID":%q,"eventTime":"2026-03-05T12:00:00Z"}]}`, id)
	p.z.Close()
	return b.Bytes()
}

func objects(keys ...string) []awstest.Object {
	var all []awstest.Object
	var pack packer
	for _, k := range keys {
		all = append(all, awstest.Object{Key: k, Body: pack.logFile(k)})
	}
	return all
}

func open(t *testing.T, cfg aws.Config, uri string, o bucket.Options) *bucket.Log {
	t.Helper()
	l, err := bucket.Open(t.Context(), cfg, uri, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// keys are the keys that a listing yields, sorted.
func keys(t *testing.T, l *bucket.Log, windows ...source.Window) []string {
	t.Helper()
	var all []string
	for o, err := range l.List(t.Context(), windows...) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o.Key)
	}
	slices.Sort(all)
	return all
}

func at(stamp string) cloudtrail.Time {
	t, err := time.Parse("2006-01-02T15:04", stamp)
	if err != nil {
		panic(err)
	}
	return cloudtrail.TimeOf(t)
}

// read reads all that a lister hands out, by URI; what failed is its error.
func read(ctx context.Context, s *bucket.Lister) (map[string]string, error) {
	return readSlowly(ctx, s, func() {})
}

// readSlowly does something before each file.
func readSlowly(ctx context.Context, s *bucket.Lister, each func()) (map[string]string, error) {
	all := map[string]string{}
	unpacker := source.NewUnpacker(source.NewBudget(0, 0, 1))
	for {
		d, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		for _, item := range d.Items {
			each()
			if item.PassOver != "" {
				all[item.URI] = "passed over: " + item.PassOver
				continue
			}
			var text strings.Builder
			_, err := unpacker.Pieces(ctx, item, func(p source.Piece) bool { text.Write(p.Plain); return true })
			if err != nil {
				text.Reset()
				text.WriteString("failed: " + err.Error())
			}
			all[item.URI] = text.String()
		}
	}
}

func sorted(keys []string) []string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return keys
}
