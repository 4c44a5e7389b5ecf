package source

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Digests is what a verification learned of digest files, on its way into a
// store. It is a set of facts: in any order, split any way and told twice it
// comes to the same.
type Digests struct {
	Good    []Digest        // that are what CloudTrail delivered
	Missing []MissingDigest // that are to be there and are not, or are not what CloudTrail delivered
	Keys    []PublicKey     // by which the good ones were told
}

// Digest is a digest file.
type Digest struct {
	URI      string            // where it was found
	Body     []byte            // as delivered
	Metadata map[string]string // of the object, names in lower case: its signature
}

// MissingDigest is a digest file that is not there.
type MissingDigest struct {
	URI         string          // that it is to have: account and region are in its name
	From, Until cloudtrail.Time // the span of delivery that it is of
}

// PublicKey is a key of CloudTrail, as ListPublicKeys gives it.
type PublicKey struct {
	DER         []byte
	From, Until cloudtrail.Time // when it was used; zero where it is not told
}
