package lookup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/memory"
)

// TestHostileAnswers: what answers may be no CloudTrail. Asking ends, and says
// what was wrong.
func TestHostileAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		page   func(n int) string
		wrong  string // the error that asking ends with, or
		failed int    // how many records cannot be read
	}{
		"one token for ever":   {func(int) string { return `{"Events":[],"NextToken":"again"}` }, "goes round in a circle", 0},
		"other tokens":         {func(n int) string { return fmt.Sprintf(`{"NextToken":"%d"}`, n) }, "goes round in a circle", 0},
		"events of nothing":    {func(int) string { return `{"Events":[{},{"CloudTrailEvent":""},{"CloudTrailEvent":"null"}]}` }, "", 3},
		"an event of an array": {func(int) string { return `{"Events":[{"EventId":"x","CloudTrailEvent":"[1,2"}]}` }, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			pages := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.Header.Get("X-Amz-Target"), "LookupEvents") {
					pages++
					fmt.Fprint(w, c.page(pages))
					return
				}
				fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
			}))
			defer server.Close()
			l := open(t, aws.Config{
				Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
			}, lookup.Options{Regions: []string{"us-east-1"}})
			l.Hurry()
			_, records, err := ingest.Pump(t.Context(), l.Within(source.Window{}), memory.New(), ingest.Options{})
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) || records.Failed != c.failed {
				t.Errorf("after %d pages: %v, %+v", pages, err, records)
			}
		})
	}
}
