package synth

import (
	"crypto/md5" //nolint:gosec // AWS names its keys by MD5
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"time"
)

// SigningKey is a key to sign digests with: of one seed, always the same. It
// stands for one of CloudTrail's, and is of no use for anything else.
func SigningKey(seed uint64) *rsa.PrivateKey {
	d := newDice(seed, 11)
	exponent := big.NewInt(65537)
	for {
		p, q := d.prime(1024), d.prime(1024)
		n := new(big.Int).Mul(p, q)
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		private := new(big.Int).ModInverse(exponent, phi)
		if n.BitLen() != 2048 || private == nil {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: private, Primes: []*big.Int{p, q}}
		key.Precompute()
		if key.Validate() == nil {
			return key
		}
	}
}

func (d dice) prime(bits int) *big.Int {
	b := make([]byte, bits/8)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	b[0] |= 0xc0 // so that the product of two has all its bits
	b[len(b)-1] |= 1
	n := new(big.Int).SetBytes(b)
	for two := big.NewInt(2); !n.ProbablyPrime(4); {
		n.Add(n, two)
	}
	return n
}

// Fingerprint names a key as AWS does.
func Fingerprint(key *rsa.PrivateKey) string {
	h := md5.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey)) //nolint:gosec // as above
	return hex.EncodeToString(h[:])
}

// PublicKeys is what aws cloudtrail list-public-keys prints of keys that were in
// use in a span.
func PublicKeys(from, until time.Time, keys ...*rsa.PrivateKey) []byte {
	type listed struct {
		Value, ValidityStartTime, ValidityEndTime, Fingerprint string
	}
	doc := struct{ PublicKeyList []listed }{[]listed{}}
	for _, key := range keys {
		doc.PublicKeyList = append(doc.PublicKeyList, listed{
			Value:             base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey)),
			ValidityStartTime: from.UTC().Format("2006-01-02T15:04:05-07:00"),
			ValidityEndTime:   until.UTC().Format("2006-01-02T15:04:05-07:00"),
			Fingerprint:       Fingerprint(key),
		})
	}
	text, _ := json.MarshalIndent(doc, "", "    ") // of texts alone
	return append(text, '\n')
}
