package awstest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Load is an S3 for measuring: one bucket, read only, in this process and in
// memory, with neither accounts nor policies. Its time is small against what is
// measured: thousands of reads a second, and a list costs what it gives, however
// large the bucket is. (gofakes3, the one in Go that could be had, walks the whole
// bucket for every list, and lists a prefix again on the next page.) A test holds
// its answers to the stand-in's.
type Load struct {
	server *httptest.Server
	bucket string
	made   time.Time

	mu      sync.RWMutex
	objects map[string]held
	keys    []string // sorted; nil after Put

	lists, gets, bytes atomic.Int64
}

// held is an object, with its tag worked out.
type held struct {
	Object
	etag string
}

// Served is what a Load was asked for.
type Served struct{ Lists, Gets, Bytes int64 }

// OpenLoad starts one. It has nothing to install.
func OpenLoad(bucket string) *Load {
	l := &Load{bucket: bucket, made: time.Now(), objects: map[string]held{}}
	l.server = httptest.NewServer(http.HandlerFunc(l.serve))
	return l
}

// Close ends it.
func (l *Load) Close() { l.server.Close() }

// Config calls it.
func (l *Load) Config() aws.Config {
	return (&AWS{Endpoint: l.server.URL, client: newClient()}).config("load", "load", "")
}

// Served is what it was asked for so far.
func (l *Load) Served() Served { return Served{l.lists.Load(), l.gets.Load(), l.bytes.Load()} }

// Put puts an object, without a request.
func (l *Load) Put(o Object) {
	sum := md5.Sum(o.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[o.Key], l.keys = held{o, `"` + hex.EncodeToString(sum[:]) + `"`}, nil
}

// sorted are the keys in the order of their bytes, which is S3's.
func (l *Load) sorted() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys = make([]string, 0, len(l.objects))
		for key := range l.objects {
			l.keys = append(l.keys, key)
		}
		slices.Sort(l.keys)
	}
	return l.keys
}

func (l *Load) object(key string) (held, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	o, ok := l.objects[key]
	return o, ok
}

func (l *Load) serve(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	w.Header().Set("X-Amz-Bucket-Region", Region)
	switch {
	case !reads:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	case bucket != l.bucket:
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key != "":
		l.get(w, r, key)
	case r.Method == http.MethodGet:
		l.list(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}{Code: code})
}

func (l *Load) get(w http.ResponseWriter, r *http.Request, key string) {
	if r.Method == http.MethodGet {
		l.gets.Add(1)
	}
	o, ok := l.object(key)
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	header := w.Header()
	for name, value := range o.Metadata {
		header.Set("X-Amz-Meta-"+name, value)
	}
	header.Set("ETag", o.etag)
	header.Set("Content-Length", strconv.Itoa(len(o.Body)))
	header.Set("Content-Type", "binary/octet-stream")
	header.Set("Last-Modified", l.made.UTC().Format(http.TimeFormat))
	if r.Method == http.MethodGet {
		n, _ := w.Write(o.Body)
		l.bytes.Add(int64(n))
	}
}
