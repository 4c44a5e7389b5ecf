package site

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/deploy"
)

// Upload puts a function's deployment package where a stack of this account and region
// takes it from. The same package is not put twice.
func (s *Site) Upload(ctx context.Context, zip []byte, architecture string) (deploy.Code, error) {
	return deploy.Code{}, errors.New("not yet")
}

// Removed is what became of the code bucket.
type Removed struct {
	Objects int
	Bucket  bool   // it is gone
	Left    string // why it is not, "" where it is or there was none
}

// RemoveCode removes the packages but those that are kept, by key, since other hubs of
// the account and region run them; and the bucket, if nothing is left in it.
func (s *Site) RemoveCode(ctx context.Context, keep ...string) (Removed, error) {
	return Removed{}, errors.New("not yet")
}
