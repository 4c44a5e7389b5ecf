package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// TestCallsStopped: Ctrl-C among calls tells which were made; what fails by itself says
// so in its error.
func TestCallsStopped(t *testing.T) {
	call := func(operation string) share.Call {
		return share.Call{Service: "iam", Operation: operation, Parameters: map[string]any{"RoleName": "x"}}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	err := fmt.Errorf("grant: %w", &iam.Halted{Done: []share.Call{call("CreateRole")}, Left: []share.Call{call("PutRolePolicy"), call("AttachRolePolicy")}, Err: context.Canceled})
	for _, c := range []struct {
		ctx  context.Context
		want string
	}{
		{stopped, "note: done: iam:CreateRole x\nnote: perhaps done: iam:PutRolePolicy x\nnote: not done: iam:AttachRolePolicy x\nnote: the same command does the rest\n"},
		{t.Context(), ""},
	} {
		var b bytes.Buffer
		newTerminal(nil, nil, &b).stopped(c.ctx, err)
		if b.String() != c.want {
			t.Errorf("%q", b.String())
		}
	}
}
