package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// LockedError says that somebody else is writing to the store.
type LockedError struct {
	Dir string
	By  string // who, as the lock file tells
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s: %s is writing to the store", e.Dir, e.By)
}

// lock makes the caller the one who writes. It ends with the process, however
// that ends.
func lock(ctx context.Context, dir string, wait bool) (*flock.Flock, error) {
	path := filepath.Join(dir, lockName)
	l := flock.New(path, flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err == nil && !ok && wait {
		ok, err = l.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !ok {
		by, _ := os.ReadFile(path) // who holds it is a courtesy
		text := strings.TrimSpace(string(by))
		if text == "" {
			text = "another process"
		}
		return nil, &LockedError{dir, text}
	}
	host, _ := os.Hostname()
	text := fmt.Sprintf("process %d on %s, since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
