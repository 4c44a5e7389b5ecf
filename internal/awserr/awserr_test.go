package awserr_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/awserr"
)

// TestExplain: what was refused, in AWS's words or, where it says none, in those of the
// caller; and what was not.
func TestExplain(t *testing.T) {
	api := func(code, message string) error {
		return &smithy.OperationError{ServiceID: "S", OperationName: "O", Err: &smithy.GenericAPIError{Code: code, Message: message}}
	}
	need := awserr.Need{Who: "the caller", Action: "sns:Subscribe", Resource: "topic"}
	const user = "User: kim is not authorized to perform: SNS:Subscribe on resource: other"
	for name, c := range map[string]struct {
		err       error
		need      awserr.Need
		text      string
		denied    bool
		throttled bool
		hint      string
	}{
		"told":                {api("AuthorizationErrorException", user), need, "refused: kim needs sns:Subscribe on other", true, false, ""},
		"named":               {api("AccessDenied", user), awserr.Need{Resource: "topic", Named: true}, "refused: kim needs SNS:Subscribe on topic", true, false, ""},
		"by the organisation": {api("AccessDenied", user+" with an explicit deny in a service control policy"), need, "refused: kim needs sns:Subscribe on other (with an explicit deny in a service control policy)", true, false, "nobody in the account"},
		"not told":            {api("AccessDenied", "Access Denied"), need, "refused: the caller needs sns:Subscribe on topic", true, false, ""},
		"not known":           {api("AccessDenied", "Access Denied "), awserr.Need{}, "AccessDenied: Access Denied", true, false, ""},
		"throttled":           {api("SlowDown", "x"), need, "AWS says that there are too many requests, and went on saying so", false, true, "later"},
		"something else":      {api("NoSuchKey", "no key\n"), need, "NoSuchKey: no key", false, false, ""},
		"no answer":           {&smithyhttp.RequestSendError{Err: errors.New("no such host")}, need, "AWS cannot be reached: no such host", false, false, ""},
		"credentials":         {&smithy.OperationError{ServiceID: "S", OperationName: "O", Err: api("AccessDenied", user)}, need, "operation error S: O, operation error S: O, api error AccessDenied: " + user, false, false, ""},
	} {
		s := awserr.Explain(c.err, c.need)
		if s.Text != c.text || s.Denied != c.denied || s.Throttled != c.throttled || !strings.Contains(strings.Join(s.Hints, " "), c.hint) || c.hint == "" && len(s.Hints) > 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	answer := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 404, Header: http.Header{"X-Amz-Bucket-Region": {"eu-west-1"}}}}}
	if awserr.Status(answer) != 404 || awserr.Header(answer, "x-amz-bucket-region") != "eu-west-1" || awserr.Status(errors.New("x")) != 0 {
		t.Errorf("%d, %q", awserr.Status(answer), awserr.Header(answer, "x-amz-bucket-region"))
	}
}
