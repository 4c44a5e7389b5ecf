package bucket_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// hostile answers as it likes: list writes what is in a ListBucketResult, get an
// object.
type hostile struct {
	list func(w http.ResponseWriter, r *http.Request) string
	get  http.HandlerFunc
}

func (h hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("list-type") != "2" {
		h.get(w, r)
		return
	}
	if body := h.list(w, r); body != "" {
		fmt.Fprint(w, xml.Header+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`+body+`</ListBucketResult>`)
	}
}

func content(key string, size int64) string {
	return fmt.Sprintf(`<Contents><Key>%s</Key><Size>%d</Size><ETag>"0123456789abcdef0123456789abcdef"</ETag></Contents>`, key, size)
}

const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>`

// TestHostileLists: a listing that is none is refused, and ends.
func TestHostileLists(t *testing.T) {
	n := 0
	for name, c := range map[string]struct {
		list func(w http.ResponseWriter, r *http.Request) string
		want string
	}{
		"a token that is given again": {func(http.ResponseWriter, *http.Request) string {
			n++
			return content(fmt.Sprintf("x/%09d.json", n), 1) + fmt.Sprintf(more, "again")
		}, "the listing never ends"},
		"no token": {func(http.ResponseWriter, *http.Request) string {
			n++
			return content(fmt.Sprintf("x/%09d.json", n), 1) + `<IsTruncated>true</IsTruncated>`
		}, "the listing never ends"},
		"keys that come again": {func(_ http.ResponseWriter, r *http.Request) string {
			n++
			return content("x/a.json", 1) + fmt.Sprintf(more, strconv.Itoa(n))
		}, "the listing goes round in a circle"},
		"empty pages": {func(http.ResponseWriter, *http.Request) string { n++; return fmt.Sprintf(more, strconv.Itoa(n)) }, "the listing never ends"},
		"no answer":   {func(_ http.ResponseWriter, r *http.Request) string { <-r.Context().Done(); return "" }, "nothing came for 100ms"},
		"nothing":     {func(http.ResponseWriter, *http.Request) string { return " " }, "there is nothing under this prefix"},
		"no XML":      {func(w http.ResponseWriter, _ *http.Request) string { fmt.Fprint(w, "<html>hello"); return "" }, "cannot be listed"},
		"a key that cannot be decoded": {func(http.ResponseWriter, *http.Request) string {
			return `<EncodingType>url</EncodingType>` + content("x/%zz.json", 1)
		}, "names a key that cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := eager(served(t, hostile{list: c.list}))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			l, err := bucket.Open(ctx, cfg, "s3://b/x/", bucket.Options{Stall: 100 * time.Millisecond})
			text := ""
			if err != nil {
				text = err.Error()
			} else {
				for _, err := range l.List(ctx) {
					if err != nil {
						text = err.Error()
					}
				}
			}
			if !strings.HasPrefix(text, "s3://b/x/: ") || !strings.Contains(text, c.want) {
				t.Errorf("%s", text)
			}
		})
	}
}

// TestHostileKeys: what was not asked for is not taken, and sizes are not believed.
func TestHostileKeys(t *testing.T) {
	body := logFile("x")
	cfg := eager(served(t, hostile{
		list: func(http.ResponseWriter, *http.Request) string {
			return `<EncodingType>url</EncodingType>` + content("elsewhere/a.json.gz", 1) + content("x/../../etc/passwd.json.gz", int64(len(body))) +
				content("x/huge.json.gz", 1<<62) + content("x/less.json.gz", -5) + content("x/new%0Aline+%1B%5B2J.json.gz", int64(len(body)))
		},
		get: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) },
	}))
	all, err := read(t.Context(), open(t, cfg, "s3://b/x/", bucket.Options{}).Within())
	if err != nil || len(all) != 4 {
		t.Error(all, err)
	}
	for uri, want := range map[string]string{
		"s3://b/x/../../etc/passwd.json.gz":    `{"Records"`,
		"s3://b/x/new\nline \x1b[2J.json.gz":   `{"Records"`,
		"s3://b/x/less.json.gz":                "failed: s3://b/x/less.json.gz: cannot be opened: asked for 4 times, and each time it did not come whole: S3 sends",
		"s3://b/x/huge.json.gz":                "failed: s3://b/x/huge.json.gz: cannot be read: asked for 4 times, and each time it did not come whole: S3 sends",
		"s3://b/elsewhere/never-asked.json.gz": "",
	} {
		if !strings.HasPrefix(all[uri], want) {
			t.Errorf("%q: %q", uri, all[uri])
		}
	}
}

// TestBodies: a body of another length, and one that stops coming, are asked for
// again, and then named.
func TestBodies(t *testing.T) {
	body := logFile("x")
	gets := 0
	for _, c := range []struct {
		name string
		get  http.HandlerFunc
		want string
		gets int
	}{
		{"longer than listed, once", func(w http.ResponseWriter, _ *http.Request) {
			if gets == 1 {
				_, _ = w.Write(append(body, body...))
				return
			}
			_, _ = w.Write(body)
		}, `{"Records"`, 2},
		{"shorter than listed", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body[:9]) }, "failed: s3://b/x/a.json.gz: cannot be opened: asked for 4 times, and each time it did not come whole: S3 sends 9 bytes where it listed", 4},
		{"without a length, cut", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = w.Write(body[:9])
		}, "failed: s3://b/x/a.json.gz: cannot be opened: asked for 4 times, and each time it did not come whole: 9 bytes came of", 4},
		{"slow, once", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body[:9])
			if gets == 1 {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			_, _ = w.Write(body[9:])
		}, `{"Records"`, 2},
		{"slow", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body[:9])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "failed: s3://b/x/a.json.gz: cannot be opened: asked for 4 times, and each time it did not come whole: cut after 9 bytes: nothing came for 50ms", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			gets = 0
			cfg := eager(served(t, hostile{
				list: func(http.ResponseWriter, *http.Request) string { return content("x/a.json.gz", int64(len(body))) },
				get:  func(w http.ResponseWriter, r *http.Request) { gets++; c.get(w, r) },
			}))
			all, err := read(t.Context(), open(t, cfg, "s3://b/x/", bucket.Options{Stall: 50 * time.Millisecond}).Within())
			if err != nil || !strings.HasPrefix(all["s3://b/x/a.json.gz"], c.want) || gets != c.gets {
				t.Errorf("%d gets: %v: %v", gets, all, err)
			}
		})
	}
}

// TestElsewhere: a bucket of another region is read there.
func TestElsewhere(t *testing.T) {
	const region = "eu-central-1"
	for name, refuse := range map[string]func(w http.ResponseWriter){
		"told by a header": func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Bucket-Region", region)
			w.WriteHeader(http.StatusMovedPermanently)
			fmt.Fprint(w, `<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint.</Message></Error>`)
		},
		"told by words": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'us-east-1' is wrong; expecting '%s'</Message><Region>%s</Region></Error>`, region, region)
		},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := 0
			body := logFile("x")
			h := hostile{
				list: func(w http.ResponseWriter, r *http.Request) string {
					if !strings.Contains(r.Header.Get("Authorization"), "/"+region+"/s3/") {
						wrong++
						refuse(w)
						return ""
					}
					return content("x/a.json.gz", int64(len(body)))
				},
				get: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) },
			}
			all, err := read(t.Context(), open(t, eager(served(t, h)), "s3://b/x/", bucket.Options{}).Within())
			if err != nil || !strings.HasPrefix(all["s3://b/x/a.json.gz"], `{"Records"`) || wrong != 1 {
				t.Errorf("%d asked elsewhere: %v: %v", wrong, all, err)
			}
		})
	}
}

// TestStops: a run that is stopped ends, whatever is on its way.
func TestStops(t *testing.T) {
	cfg := eager(served(t, hostile{
		list: func(_ http.ResponseWriter, r *http.Request) string {
			return content("x/a.json.gz", 100) + content("x/b.json.gz", 100)
		},
		get: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}))
	lister := open(t, cfg, "s3://b/x/", bucket.Options{}).Within()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if all, err := read(ctx, lister); err != context.Canceled {
		t.Error(all, err)
	}
}
