package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/store/dynamo"
)

// TestMayRead: where nobody can be asked, much is read of a table only where the
// command line says so.
func TestMayRead(t *testing.T) {
	var told strings.Builder
	ui := newTerminal(strings.NewReader("y\n"), io.Discard, &told)
	cost := dynamo.Cost{Units: 40e6, Bytes: 320 << 30, Dollars: 5}
	if err := ui.mayRead(true)(context.Background(), cost); err != nil || told.Len() > 0 {
		t.Errorf("with --yes: %v, %q", err, told.String())
	}
	err := ui.mayRead(false)(context.Background(), cost)
	f, ok := errors.AsType[*failure](err)
	if !ok || f.status != exitUsage || len(f.hints) < 2 {
		t.Errorf("without: %v", err)
	}
	if want := "to answer it takes 40,000,000 read units, 320 GiB, about $5.00\n"; told.String() != want {
		t.Errorf("told %q, want %q", told.String(), want)
	}
}
