package awscfg

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// PlainBodies is a client that sends bodies which can only be read. smithy-go closes
// a body when the head of the answer is there, and its WriteTo then fails with io.EOF:
// where that head comes within microseconds (a proxy or a stand-in on the same machine),
// net/http is still looking whether the body ended, takes that for a failed request,
// and closes the connection under the answer. The SDK makes the call again: a user is
// made twice, the code of an MFA device is shown twice and refused.
type PlainBodies struct{ Client aws.HTTPClient }

// Do sends a request.
func (p PlainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.Client.Do(r)
}
