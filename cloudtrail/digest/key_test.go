package digest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// documented is the output of list-public-keys in the AWS CLI's reference, with
// the fingerprint that AWS gives the key.
const documented = `{"PublicKeyList": [{"ValidityStartTime": 1453076702.0, "ValidityEndTime": 1455668702.0,
"Value": "MIIBCgKCAQEAlSS3cl92HDycr/MTj0moOhas8habjrraXw+KzlWF0axSI2tcF+3iJ9BKQAVSKxGwxwu3m0wG3J+kUl1xboEcEPHYoIYMbgfSw7KGnuDKwkLzsQWhUJ0cIbOHASox1vv/5fNXkrHhGbDCHeVXm804c83nvHUEFYThr1PfyP/8HwrCtR3FX5OANtQCP61C1nJtSSkC8JSQUOrIP4CuwJjc+4WGDk+BGH5m9iuiAKkipEHWmUl8/P7XpfpWQuk4h8g3pXZOrNXr08lbh4d39svj7UqdhvOXoBISp9t/EXYuePGEtBdrKD9Dz+VHwyUPtBQvYr9BnkF88qBnaPNhS44rzwIDAQAB",
"Fingerprint": "7f3f401420072e50a65a141430817ab3"}]}`

func pkcs1() []byte { return x509.MarshalPKCS1PublicKey(&ours().PublicKey) }

func pkix() []byte {
	der, err := x509.MarshalPKIXPublicKey(&ours().PublicKey)
	if err != nil {
		panic(err)
	}
	return der
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestReadKeys(t *testing.T) {
	listed := func(members string) string {
		return fmt.Sprintf(`{"PublicKeyList":[{"Value":"%s"%s}]}`, base64.StdEncoding.EncodeToString(pkcs1()), members)
	}
	mine := synth.Fingerprint(ours())
	for name, c := range map[string]struct {
		text string
		has  []string
		len  int
	}{
		"AWS's own example": {documented, []string{"7f3f401420072e50a65a141430817ab3", "7F3F401420072E50A65A141430817AB3"}, 1},
		"of version 2":      {string(synth.PublicKeys(keyStart, keyStart.AddDate(1, 0, 0), ours(), strange())), []string{mine, synth.Fingerprint(strange())}, 2},
		"two documents":     {documented + "\n" + listed(""), []string{"7f3f401420072e50a65a141430817ab3", mine}, 2},
		"twice the same":    {listed("") + listed(""), []string{mine}, 1},
		"PKIX":              {fmt.Sprintf(`{"PublicKeyList":[{"Value":"%s"}]}`, base64.StdEncoding.EncodeToString(pkix())), []string{mine}, 1},
		"PEM":               {pemOf("RSA PUBLIC KEY", pkcs1()), []string{mine}, 1},
		"PEM, PKIX":         {"a comment\n" + pemOf("PUBLIC KEY", pkix()), []string{mine}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var set digest.KeySet
			if err := set.ReadKeys(strings.NewReader(c.text)); err != nil {
				t.Fatal(err)
			}
			if set.Len() != c.len {
				t.Errorf("%d keys, want %d", set.Len(), c.len)
			}
			for _, f := range c.has {
				if _, err := set.Key(t.Context(), "us-east-1", f, 0); err != nil {
					t.Errorf("%s: %v", f, err)
				}
			}
			if _, err := set.Key(t.Context(), "us-east-1", "00", 0); !errors.Is(err, digest.ErrUnknownKey) {
				t.Errorf("a key that is not there: %v", err)
			}
		})
	}
}

func TestReadKeysRefuses(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // too small is what is tested
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	elliptical, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	value := base64.StdEncoding.EncodeToString(pkcs1())
	for name, c := range map[string]struct{ text, fails string }{
		"empty":              {"", "there is no public key in it"},
		"an empty list":      {`{"PublicKeyList":[]}`, "there is no public key in it"},
		"no JSON":            {"id,name\n", "document 1: "},
		"JSON of other kind": {`[1]`, "document 1: "},
		"another's name":     {`{"PublicKeyList":[{"Value":"` + value + `","Fingerprint":"7f3f401420072e50a65a141430817ab3"}]}`, "its fingerprint is " + synth.Fingerprint(ours())},
		"no base64":          {`{"PublicKeyList":[{"Value":"?"}]}`, "no base64"},
		"no DER":             {`{"PublicKeyList":[{"Value":"AAAA"}]}`, "no RSA public key"},
		"no time":            {`{"PublicKeyList":[{"Value":"` + value + `","ValidityStartTime":"soon"}]}`, "ValidityStartTime is no time"},
		"a huge time":        {`{"PublicKeyList":[{"Value":"` + value + `","ValidityEndTime":1e300}]}`, "ValidityEndTime is no time"},
		"a small key":        {pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&small.PublicKey)), "1024 bits"},
		"another algorithm":  {pemOf("PUBLIC KEY", elliptical), "not an RSA one"},
		"PEM of rubbish":     {pemOf("PUBLIC KEY", []byte("rubbish")), "PEM block 1 (PUBLIC KEY)"},
		"too much":           {strings.Repeat(" ", 17<<20), "more than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			var set digest.KeySet
			if err := set.ReadKeys(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want one with %q", err, c.fails)
			}
		})
	}
}

// FuzzKeys: whatever a key file holds, the keys that are taken from it are under
// their own fingerprints.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{documented, pemOf("RSA PUBLIC KEY", pkcs1()), pemOf("PUBLIC KEY", pkix()), `{"PublicKeyList":[{"Value":"AAAA"}]}`, ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var set digest.KeySet
		err := set.ReadKeys(bytes.NewReader(in))
		if err == nil && set.Len() == 0 {
			t.Fatal("no key, and no error")
		}
		for k := range set.All() {
			again, err := set.Key(t.Context(), "", k.Fingerprint, 0)
			if err != nil || again != k {
				t.Fatalf("the key %s is not found by its fingerprint: %v", k.Fingerprint, err)
			}
		}
	})
}
