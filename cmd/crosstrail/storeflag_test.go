package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// TestStoreOpened: what the system says of a folder becomes a sentence with what
// to do next.
func TestStoreOpened(t *testing.T) {
	for _, c := range []struct {
		err    error
		says   string
		status int
	}{
		{&fs.PathError{Op: "mkdir", Path: "s", Err: syscall.ENOTDIR}, "s: the store is a folder, and this is a file or lies below one", exitUsage},
		{&fs.PathError{Op: "stat", Path: "s/catalogue.db", Err: syscall.EACCES}, "s: this user may not open the store: ", exitFailed},
		{fmt.Errorf("s/lock: %w", &fs.PathError{Op: "open", Path: "s/lock", Err: syscall.EACCES}), "s: this user may not open the store: ", exitFailed},
	} {
		err := new(storeValue).opened(c.err, "s")
		f, ok := errors.AsType[*failure](err)
		if !ok || !strings.HasPrefix(err.Error(), c.says) || f.status != c.status || len(f.hints) == 0 {
			t.Errorf("%v: says %v", c.err, err)
		}
	}
}
