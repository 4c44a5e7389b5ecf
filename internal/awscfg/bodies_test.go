package awscfg_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awscfg"
)

// TestSentOnce: a call whose answer begins before the caller is done with sending is
// made once, though its body comes a little later. Without PlainBodies each is made
// again.
func TestSentOnce(t *testing.T) {
	const calls = 20
	var came atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(10 * time.Millisecond)
		_, _ = io.WriteString(w, `<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIA</AccessKeyId></Credentials></GetSessionTokenResult></GetSessionTokenResponse>`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	cfg, err := awscfg.Load(t.Context(), awscfg.Options{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	plain, ok := cfg.HTTPClient.(awscfg.PlainBodies)
	if !ok {
		t.Fatalf("calls are made with %T", cfg.HTTPClient)
	}
	plain.Client = plain.Client.(*awshttp.BuildableClient).WithTransportOptions(func(transport *http.Transport) {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return late{conn}, err
		}
	})
	cfg.HTTPClient = plain
	for range calls {
		if _, err := sts.NewFromConfig(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{TokenCode: aws.String("123456")}); err != nil {
			t.Fatal(err)
		}
	}
	if n := came.Load(); n != calls {
		t.Errorf("%d calls were made %d times", calls, n)
	}
}

// late is a connection whose writer goes on only when what it wrote has been seen.
type late struct{ net.Conn }

func (l late) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	time.Sleep(3 * time.Millisecond)
	return n, err
}
