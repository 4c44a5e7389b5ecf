package bucket_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// vast answers lists as S3 does, of an organisation's trail that is nowhere: no
// stand-in holds a hundred million objects. Its keys are worked out when asked for.
type vast struct {
	accounts, days int
	regions        []string
	every          []time.Duration // between two files of a region
	from           time.Time
	page           int // keys an answer at most

	lists   atomic.Int64
	latency time.Duration
}

const vastSize = 2000 // bytes of every object

func (v *vast) ofRegion(r int) int { return int(time.Duration(v.days) * 24 * time.Hour / v.every[r]) }

func (v *vast) ofAccount() (n int) {
	for r := range v.regions {
		n += v.ofRegion(r)
	}
	return n
}

func (v *vast) total() int { return v.accounts * v.ofAccount() }

func (v *vast) account(n int) string { return fmt.Sprintf("%012d", 100000000000+n) }

// key is the key of a number, in order.
func (v *vast) key(i int) string {
	a, rest, r := i/v.ofAccount(), i%v.ofAccount(), 0
	for rest >= v.ofRegion(r) {
		rest -= v.ofRegion(r)
		r++
	}
	at := v.from.Add(time.Duration(rest) * v.every[r])
	account := v.account(a)
	return "AWSLogs/" + orgID + "/" + account + "/CloudTrail/" + v.regions[r] + at.Format("/2006/01/02/") + account + "_CloudTrail_" + v.regions[r] + at.Format("_20060102T1504Z_") + "0123456789abcdef.json.gz"
}

// first is the number of the first key that is not before this one.
func (v *vast) first(key string) int {
	return sort.Search(v.total(), func(i int) bool { return v.key(i) >= key })
}

func (v *vast) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.lists.Add(1)
	time.Sleep(v.latency)
	q := r.URL.Query()
	prefix, after := q.Get("prefix"), q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		b, _ := hex.DecodeString(token)
		after = string(b)
	}
	most := v.page
	if q.Has("max-keys") {
		_, _ = fmt.Sscan(q.Get("max-keys"), &most)
	}
	i := v.first(max(prefix, after+"\x00"))
	var b bytes.Buffer
	last, n := "", 0
	most = min(most, v.page)
	for ; n < most && i < v.total(); n++ {
		key := v.key(i)
		if !strings.HasPrefix(key, prefix) {
			i = v.total()
			break
		}
		folder, _, inFolder := strings.Cut(key[len(prefix):], "/")
		if inFolder && q.Get("delimiter") == "/" {
			last = prefix + folder + "/"
			fmt.Fprintf(&b, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", last)
			last = prefix + folder + "0"
			i = v.first(last)
			continue
		}
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><LastModified>2026-03-05T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>", key, vastSize)
		last = key
		i++
	}
	more := i < v.total() && strings.HasPrefix(v.key(i), prefix)
	fmt.Fprintf(w, xml.Header+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>vast</Name><IsTruncated>%t</IsTruncated><KeyCount>%d</KeyCount>`, more, n)
	if more {
		fmt.Fprintf(w, "<NextContinuationToken>%x</NextContinuationToken>", last)
	}
	_, _ = w.Write(b.Bytes())
	fmt.Fprint(w, "</ListBucketResult>")
}

// served is a configuration that leads to a handler.
func served(t testing.TB, h http.Handler) aws.Config {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	}
}

// TestVast lists a trail of more files than are to be held at once.
func TestVast(t *testing.T) {
	v := &vast{
		page: 250, accounts: 8, days: 60, from: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		regions: []string{"ap-south-1", "eu-west-1", "us-east-1"}, every: []time.Duration{12 * time.Hour, 6 * time.Hour, 20 * time.Minute},
	}
	l := open(t, served(t, v), "s3://vast", bucket.Options{Lists: 4})
	n := 0
	var peak uint64
	files := func(yield func(cloudtrail.LogFile, error) bool) {
		for o, err := range l.List(t.Context()) {
			if n++; n%4000 == 0 {
				peak = max(peak, heap())
			}
			if !yield(o.LogFile, err) {
				return
			}
		}
	}
	before := heap()
	a, err := query.CoverageByNames(files, nil, query.Filter{}, &query.Names{}, 0)
	if err != nil || n != v.total() || a.Files != n || len(a.Logs) != v.accounts*len(v.regions) {
		t.Fatalf("%d of %d files, %d told, of %d logs: %v", n, v.total(), a.Files, len(a.Logs), err)
	}
	if grown := int64(peak) - int64(before); grown > 12<<20 {
		t.Errorf("listing %d files took %d MiB", n, grown>>20)
	}
	// A list for each full page, and one a log where there is less.
	if want := int64(v.accounts*(len(v.regions)+2+v.ofRegion(2)/v.page) + 20); v.lists.Load() > want {
		t.Errorf("%d lists, want %d at most", v.lists.Load(), want)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestSurvey holds estimates to what is there.
func TestSurvey(t *testing.T) {
	v := &vast{
		page: 200, accounts: 100, days: 365, from: time.Now().UTC().AddDate(0, 0, -365).Truncate(24 * time.Hour),
		regions: []string{"ap-south-1", "eu-west-1", "us-east-1"}, every: []time.Duration{24 * time.Hour, 6 * time.Hour, 5 * time.Minute},
	}
	cfg := served(t, v)
	l := open(t, cfg, "s3://vast", bucket.Options{})
	e, err := l.Within().Survey(t.Context())
	if err != nil || e.Exact || e.Files < v.total()*9/10 || e.Files > v.total()*11/10 || e.Bytes/vastSize < int64(v.total()*9/10) {
		t.Errorf("%+v, want about %d files: %v", e, v.total(), err)
	}
	if lists := v.lists.Load(); lists > 600 {
		t.Errorf("%d lists for an estimate", lists)
	}
	narrow := l.Within(source.Window{Account: v.account(7), Region: "us-east-1", Since: cloudtrail.TimeOf(v.from.AddDate(0, 0, 3)), Until: cloudtrail.TimeOf(v.from.AddDate(0, 0, 4))})
	narrow.Known = func(_ context.Context, f cloudtrail.LogFile) (bool, error) {
		return strings.Contains(f.URI, "/05/"), nil
	}
	e, err = narrow.Survey(t.Context())
	if err != nil || !e.Exact || e.Files < 288 || e.Files > 293 || e.Lists > 4 { // two pages, and what else lies in the folders of both days
		t.Errorf("%+v: %v", e, err)
	}
}
