package dynamo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// reluctant stands between a reader and DynamoDB. Of every second batch it hands on
// but the first key, and gives the others back as unprocessed; every seventh query
// it refuses, as too much.
type reluctant struct {
	upstream         string
	batches, queries atomic.Int64
	given, refused   atomic.Int64
}

// through is a configuration that goes through it.
func (f *reluctant) through(t *testing.T, cfg aws.Config) aws.Config {
	t.Helper()
	f.upstream = *cfg.BaseEndpoint
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	cfg.BaseEndpoint = &server.URL
	return cfg
}

func (f *reluctant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if operation == "Query" && f.queries.Add(1)%7 == 0 {
		f.refused.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slowly"}`))
		return
	}
	var left json.RawMessage
	if operation == "BatchGetItem" && f.batches.Add(1)%2 == 0 {
		body, left = firstKey(body)
	}
	out, err := http.NewRequestWithContext(r.Context(), http.MethodPost, f.upstream+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Content-Length")
	answer, err := http.DefaultClient.Do(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if left != nil {
		f.given.Add(1)
		var all map[string]json.RawMessage
		if err := json.Unmarshal(text, &all); err != nil {
			panic(err)
		}
		all["UnprocessedKeys"] = left
		text, _ = json.Marshal(all)
		answer.Header.Del("X-Amz-Crc32")
	}
	answer.Header.Del("Content-Length")
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text)
}

// firstKey cuts a batch down to one key, and returns the others as they are given
// back; nil where there is one alone.
func firstKey(body []byte) (shorter []byte, left json.RawMessage) {
	type keys struct {
		Keys           []json.RawMessage
		ConsistentRead bool
	}
	var in map[string]json.RawMessage
	var tables map[string]keys
	if json.Unmarshal(body, &in) != nil || json.Unmarshal(in["RequestItems"], &tables) != nil {
		panic("no batch")
	}
	rest := map[string]keys{}
	for table, k := range tables {
		if len(k.Keys) < 2 {
			return body, nil
		}
		rest[table] = keys{k.Keys[1:], k.ConsistentRead}
		tables[table] = keys{k.Keys[:1], k.ConsistentRead}
	}
	in["RequestItems"], _ = json.Marshal(tables) // of texts alone
	left, _ = json.Marshal(rest)
	shorter, _ = json.Marshal(in)
	return shorter, left
}
