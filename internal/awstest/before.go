package awstest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Before runs a function just before the nth call of an action from now on, as
// s3:PutBucketPolicy, is looked at, and once: what somebody else does between a
// read and a write. The function may call this AWS, but for that action.
func (a *AWS) Before(t testing.TB, action string, nth int, do func()) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { do() }))
	t.Cleanup(server.Close)
	a.ask(t, "before", map[string]any{"action": action, "nth": nth, "url": server.URL}, nil)
}
