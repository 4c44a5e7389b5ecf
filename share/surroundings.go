package share

import (
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Surroundings are what was read of AWS before a grant is planned or judged.
// What could not be read is in Unread; its field is zero.
type Surroundings struct {
	Caller       Caller
	Trail        Trail // zero: the bucket was named, and no trail that the caller can see writes to it
	Bucket       Bucket
	Keys         []Key         // that log files are encrypted with: the trail's, the bucket's default, those of a sample
	Organization *Organization // nil: none, or not to be read
	Unread       []Unread
}

// Caller is who runs this.
type Caller struct {
	Account   string
	ARN       string
	Partition string
}

// Trail is the trail that writes to the bucket.
type Trail struct {
	ARN          string
	Name         string
	Account      string // that owns it: the management account, or a delegated administrator's organisation's
	Region       string // its home
	Bucket       string
	Prefix       string // without slashes at its ends, "" none
	Organization bool
	KeyID        string // KMS key ARN, "" none
}

// Ownership is S3's Object Ownership.
type Ownership string

// What S3 has. A bucket without any such setting is an ObjectWriter.
const (
	Enforced  Ownership = "BucketOwnerEnforced"
	Preferred Ownership = "BucketOwnerPreferred"
	Writer    Ownership = "ObjectWriter"
)

// Bucket is the bucket of the log files.
type Bucket struct {
	Name      string
	Account   string // its owner; empty: not known
	Region    string
	Ownership Ownership
	Policy    *policy.Document // nil: there is none
	Text      string           // the policy as it was read, "" none
	Public    bool             // Block Public Access does not keep public policies out
	Folders   []string         // of accounts, below PREFIX/AWSLogs/: 222222222222, o-exampleorgid/222222222222
	Others    []string         // keys of which a sample belongs to another account than the bucket's, where not Enforced

	ACL          []ACLGrant
	AccessPoints []AccessPoint
}

// ACLGrant is one line of a bucket's ACL that is not the owner's own.
type ACLGrant struct{ Grantee, Permission string }

// AccessPoint is another way to the bucket.
type AccessPoint struct {
	Name, ARN string
	Policy    *policy.Document // nil: none
}

// Key is a KMS key.
type Key struct {
	ARN        string
	Account    string
	AWSManaged bool             // aws/s3: nobody of another account can ever use it
	Policy     *policy.Document // nil: could not be read
	Text       string
	Grants     []KeyGrant
}

// KeyGrant is a KMS grant on a key (ListGrants) that lets somebody read, or let
// others read. Its Operations are those of it that do: Decrypt, ReEncryptFrom,
// CreateGrant.
type KeyGrant struct {
	ID, Grantee, Retiring string
	Operations            []string
}

// Organization is the organisation of the caller's account.
type Organization struct {
	ID         string
	Management string
	Members    []string // account ids; nil: they could not be listed
}

// Unread is a call that failed, and whose answer can be done without.
type Unread struct {
	Action   string // as organizations:ListAccounts
	Resource string
	Text     string // what AWS said
	Refused  bool   // for want of the permission; else the permission would not help
}

func (u Unread) String() string {
	on := ""
	if u.Resource != "" && u.Resource != "*" {
		on = " on " + u.Resource
	}
	if u.Refused {
		return u.Action + on + " was refused: " + u.Text
	}
	return u.Action + on + " told nothing: " + u.Text
}

// RoleState is the role of a grant, as it is.
type RoleState struct {
	Name        string
	Path        string
	ARN         string
	ID          string // AROA…
	Description string
	Trust       *policy.Document
	Inline      map[string]*policy.Document // by name
	Attached    []string                    // ARNs of managed policies
	Boundary    string
	Tags        map[string]string
	MaxSession  int      // seconds
	Profiles    []string // instance profiles that hold it
	LastUsed    string   // RFC 3339, as IAM tells it; "" never, or not known
	Created     time.Time
}
