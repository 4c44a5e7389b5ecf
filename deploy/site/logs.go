package site

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/deploy"
)

// Ask is which log is meant. The zero value: that of the one trail that the caller
// sees.
type Ask struct {
	Trail  string // a name in the caller's region, or an ARN
	Bucket string // that a trail writes to, or did
}

// Found is what a hub that reads log files hangs on.
type Found struct {
	Caller       Caller
	Trail        Trail // zero where the bucket was named, and no trail that is seen writes there
	Bucket       string
	BucketRegion string
	BucketOwner  string // the account; "": another one than the caller's, which is not known
	Prefix       string // of keys: "AWSLogs/", or "some/prefix/AWSLogs/"

	Key      string // ARN of the KMS key that seals the log files, "" for none
	KeyOwner string // its account
	// KeyLets is whether the key's policy leaves it to the account's IAM who may
	// decrypt: then a role's own policy is enough. Else KeyWhy says what is not so.
	KeyLets bool
	KeyWhy  string

	Notifications *deploy.Notifications // nil: they could not be read; Unread says why

	Organization string // its id, "" for none
	Management   string // the account
	// Unread is what could not be looked at, in words.
	Unread []string
}

// LogsOf looks at the log that is asked for. What must be known is the trail or the
// bucket, and the bucket's region; of the rest, what was refused is in Unread.
func (s *Site) LogsOf(ctx context.Context, ask Ask) (*Found, error) {
	return nil, errors.New("not yet")
}
