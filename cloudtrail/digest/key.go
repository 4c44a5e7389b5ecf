package digest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/md5" //nolint:gosec // AWS's fingerprints are MD5; it names a key, the signature proves it
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Keys finds the public keys of CloudTrail. Each region has its own, and they
// change.
type Keys interface {
	// Key returns the key of a fingerprint, of those that a region had around a
	// moment. ErrUnknownKey means that there is none of it; any other error that
	// it cannot be told, and the signature is then not checked. It is called from
	// several goroutines.
	Key(ctx context.Context, region, fingerprint string, around cloudtrail.Time) (*PublicKey, error)
}

// ErrUnknownKey is the answer of [Keys] to a fingerprint that is not CloudTrail's.
var ErrUnknownKey = errors.New("no such public key")

// PublicKey is one public key of CloudTrail.
type PublicKey struct {
	Fingerprint string          // MD5 of its DER, in hexadecimal
	From, Until cloudtrail.Time // when it was used; zero where it is not told

	key *rsa.PublicKey
	der []byte
	alt string // the fingerprint of the same key in the other form of DER
}

// least bits of a key: below that, who forges a signature needs no tampering.
const leastBits = 2048

// NewPublicKey reads a key's DER: PKCS #1, as ListPublicKeys gives it, or PKIX,
// as one of AWS's own examples has it.
func NewPublicKey(der []byte, from, until cloudtrail.Time) (*PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		any, pkix := x509.ParsePKIXPublicKey(der)
		if pkix != nil {
			return nil, fmt.Errorf("it is no RSA public key in DER: %w", err)
		}
		ok := false
		if key, ok = any.(*rsa.PublicKey); !ok {
			return nil, fmt.Errorf("it is a public key, but not an RSA one: %T", any)
		}
	}
	if key.N.BitLen() < leastBits {
		return nil, fmt.Errorf("it is an RSA key of %d bits: CloudTrail's have %d", key.N.BitLen(), leastBits)
	}
	k := &PublicKey{Fingerprint: fingerprint(der), From: from, Until: until, key: key, der: bytes.Clone(der)}
	k.alt = fingerprint(x509.MarshalPKCS1PublicKey(key))
	return k, nil
}

// DER is the key as it was given to [NewPublicKey]: its fingerprint is of these bytes.
func (k *PublicKey) DER() []byte { return k.der }

func fingerprint(der []byte) string {
	sum := md5.Sum(der) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// verify checks the signature of a signing string.
func (k *PublicKey) verify(signed string, signature []byte) error {
	sum := sha256.Sum256([]byte(signed))
	return rsa.VerifyPKCS1v15(k.key, crypto.SHA256, sum[:], signature)
}

// covers reports whether the key was in use at a moment. A digest is signed when
// it is made, up to two hours after the hour that it is of.
func (k *PublicKey) covers(at cloudtrail.Time) bool {
	const tolerance = 2 * 3600
	return (k.From.IsZero() || at >= k.From-tolerance) && (k.Until.IsZero() || at <= k.Until+tolerance)
}

// KeySet is public keys at hand, by fingerprint: pinned, whatever their region.
type KeySet struct{ keys map[string]*PublicKey }

// Add puts a key there.
func (s *KeySet) Add(k *PublicKey) {
	if s.keys == nil {
		s.keys = map[string]*PublicKey{}
	}
	s.keys[k.Fingerprint], s.keys[k.alt] = k, k
}

// All yields the keys, in any order.
func (s *KeySet) All() iter.Seq[*PublicKey] {
	return func(yield func(*PublicKey) bool) {
		for fingerprint, k := range s.keys {
			if fingerprint == k.Fingerprint && !yield(k) {
				return
			}
		}
	}
}

// Len is how many keys there are.
func (s *KeySet) Len() int {
	n := 0
	for range s.All() {
		n++
	}
	return n
}

// Key is [Keys].
func (s *KeySet) Key(_ context.Context, _, fingerprint string, _ cloudtrail.Time) (*PublicKey, error) {
	if k, ok := s.keys[strings.ToLower(fingerprint)]; ok {
		return k, nil
	}
	return nil, ErrUnknownKey
}
