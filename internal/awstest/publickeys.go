package awstest

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"testing"
	"time"
)

// PublicKey is a key that CloudTrail signs digest files with, in one region.
type PublicKey struct {
	Key          *rsa.PublicKey
	Since, Until time.Time
}

// Fingerprint is the name of the key that digest files have.
func (k PublicKey) Fingerprint() string {
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(k.Key))
	return hex.EncodeToString(sum[:])
}

// PublicKeys adds keys to what ListPublicKeys finds in a region.
func (a *AWS) PublicKeys(t testing.TB, region string, keys ...PublicKey) {
	t.Helper()
	var list []map[string]any
	for _, k := range keys {
		list = append(list, map[string]any{
			"Value":             x509.MarshalPKCS1PublicKey(k.Key),
			"Fingerprint":       k.Fingerprint(),
			"ValidityStartTime": k.Since.Unix(),
			"ValidityEndTime":   k.Until.Unix(),
		})
	}
	a.ask(t, "public-keys", map[string]any{"region": region, "keys": list}, nil)
}
