package awstest

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// listResult is ListObjectsV2's answer: S3 API Reference.
type listResult struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	MaxKeys               int
	KeyCount              int
	IsTruncated           bool
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []commonPrefix
}

type listed struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
}

type commonPrefix struct{ Prefix string }

const maxKeys = 1000

func (l *Load) list(w http.ResponseWriter, r *http.Request) {
	l.lists.Add(1)
	ask := r.URL.Query()
	page := listResult{
		Name: l.bucket, Prefix: ask.Get("prefix"), Delimiter: ask.Get("delimiter"),
		StartAfter: ask.Get("start-after"), ContinuationToken: ask.Get("continuation-token"), MaxKeys: maxKeys,
	}
	if n, err := strconv.Atoi(ask.Get("max-keys")); err == nil {
		page.MaxKeys = min(n, maxKeys)
	}
	after := page.StartAfter
	if page.ContinuationToken != "" {
		last, err := base64.URLEncoding.DecodeString(page.ContinuationToken)
		if err != nil {
			refuse(w, http.StatusBadRequest, "InvalidArgument")
			return
		}
		after = string(last)
	}
	l.fill(&page, after)
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(page)
}

// fill takes what comes after a key or a common prefix. It steps over a common
// prefix in one search, however much lies below it.
func (l *Load) fill(page *listResult, after string) {
	keys := l.sorted()
	at, _ := slices.BinarySearch(keys, page.Prefix)
	if after != "" {
		next, found := slices.BinarySearch(keys, after)
		if found {
			next++
		}
		if page.Delimiter != "" && strings.HasSuffix(after, page.Delimiter) && strings.HasPrefix(after, page.Prefix) && after != page.Prefix {
			next = behind(keys, next, after)
		}
		at = max(at, next)
	}
	last := ""
	for at < len(keys) && strings.HasPrefix(keys[at], page.Prefix) {
		if page.KeyCount == page.MaxKeys {
			page.IsTruncated = true
			page.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(last))
			return
		}
		key, common := keys[at], false
		if page.Delimiter != "" {
			var head string
			if head, _, common = strings.Cut(key[len(page.Prefix):], page.Delimiter); common {
				last = page.Prefix + head + page.Delimiter
			}
		}
		if common {
			page.CommonPrefixes = append(page.CommonPrefixes, commonPrefix{last})
			at = behind(keys, at, last)
		} else {
			last = key
			o, _ := l.object(key)
			page.Contents = append(page.Contents, listed{
				Key: key, LastModified: l.made.UTC().Format("2006-01-02T15:04:05.000Z"), ETag: o.etag, Size: len(o.Body), StorageClass: "STANDARD",
			})
			at++
		}
		page.KeyCount++
	}
}

// behind is the first of keys[from:] that comes after all that start with prefix.
func behind(keys []string, from int, prefix string) int {
	n, _ := slices.BinarySearchFunc(keys[from:], prefix, func(key, prefix string) int {
		if strings.HasPrefix(key, prefix) || key < prefix {
			return -1
		}
		return 1
	})
	return from + n
}
