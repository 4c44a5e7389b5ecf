package awstest

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// config is one caller's.
func (a *AWS) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: &a.Endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, token),
		HTTPClient:   a.client,
	}
}

// newClient takes no proxy, and holds a connection for each of many calls at once.
func newClient() aws.HTTPClient {
	return plainBodies{awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.MaxIdleConnsPerHost = 64
	})}
}

// plainBodies sends bodies that can only be read. smithy-go closes a body when the
// answer is there, and its WriteTo then fails with io.EOF: where an answer comes
// within microseconds, as here, net/http is still looking whether the body ended,
// takes that for a failed request, and closes the connection under the answer. One
// of five hundred calls, which the SDK would make again: a user made twice.
type plainBodies struct{ client aws.HTTPClient }

func (p plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.client.Do(r)
}
