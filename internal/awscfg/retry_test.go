package awscfg_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awscfg"
)

// TestNoCredentialsOnce: a call is not tried again because its credentials could
// not be had, which were asked for again already.
func TestNoCredentialsOnce(t *testing.T) {
	var asked atomic.Int32
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer sts.Close()
	file := filepath.Join(t.TempDir(), "config")
	text := "[profile base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n" +
		"[profile chained]\nsource_profile = base\nrole_arn = arn:aws:iam::111111111111:role/a\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	o := awscfg.Options{Profile: "chained", RoleARN: "arn:aws:iam::222222222222:role/b"}
	caller, err := awscfg.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s3.NewFromConfig(o.Assume(caller, "")).ListBuckets(t.Context(), nil); err == nil {
		t.Fatal("buckets were listed")
	}
	if n := asked.Load(); n > 8 {
		t.Errorf("STS was asked %d times: %v", n, err)
	}
}
