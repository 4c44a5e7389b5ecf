package site

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/deploy"
)

// Bucket is a bucket that is changed: only if it is its owner's that is meant.
type Bucket struct {
	Name, Region string
	Owner        string // its account; "": not looked at
}

// Change is what a change of a bucket's notifications came to.
type Change struct {
	Before, After deploy.Notifications
	Changed       bool // something was written
	// Warnings are what another wrote at the same time, and what came of it.
	Warnings []string
}

// Notify puts our rule among a bucket's notifications, or with eventbridge has the
// bucket tell EventBridge.
func (s *Site) Notify(ctx context.Context, b Bucket, ours deploy.Notification) (*Change, error) {
	return nil, errors.New("not yet")
}

// NotifyEventBridge has the bucket tell EventBridge too.
func (s *Site) NotifyEventBridge(ctx context.Context, b Bucket) (*Change, error) {
	return nil, errors.New("not yet")
}

// Unnotify takes our rule, of that id and to that queue, from what is there then.
func (s *Site) Unnotify(ctx context.Context, b Bucket, ours deploy.Notification) (*Change, error) {
	return nil, errors.New("not yet")
}

// Tried is what AWS would refuse of the triggers, in its words, by trying what changes
// nothing: for [deploy.Listening].
func (s *Site) Tried(ctx context.Context, f *Found) (map[deploy.Trigger]string, error) {
	return nil, errors.New("not yet")
}
