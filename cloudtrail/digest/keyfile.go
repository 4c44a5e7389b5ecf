package digest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// maxKeyFile is the most bytes of a file of keys: a region has some ten a year.
const maxKeyFile = 16 << 20

// ReadKeys adds the keys of a file: what aws cloudtrail list-public-keys prints,
// once or several times one after the other (for each region), or PEM.
func (s *KeySet) ReadKeys(r io.Reader) error {
	content, err := io.ReadAll(io.LimitReader(r, maxKeyFile+1))
	if err != nil {
		return err
	}
	if len(content) > maxKeyFile {
		return fmt.Errorf("it has more than %d MiB: a file of public keys has some kilobytes", maxKeyFile>>20)
	}
	before := s.Len()
	if bytes.Contains(content, []byte("-----BEGIN ")) {
		err = s.readPEM(content)
	} else {
		err = s.readListed(content)
	}
	if err == nil && s.Len() == before && before == 0 {
		err = errors.New("there is no public key in it")
	}
	return err
}

func (s *KeySet) readPEM(content []byte) error {
	for n := 1; ; n++ {
		block, rest := pem.Decode(content)
		if block == nil {
			return nil
		}
		k, err := NewPublicKey(block.Bytes, 0, 0)
		if err != nil {
			return fmt.Errorf("PEM block %d (%.40s): %w", n, block.Type, err)
		}
		s.Add(k)
		content = rest
	}
}

// listedKey is one key as the AWS CLI prints it. Version 1 writes times as
// seconds since 1970, version 2 as text.
type listedKey struct {
	Value             string
	ValidityStartTime any
	ValidityEndTime   any
	Fingerprint       string
}

func (s *KeySet) readListed(content []byte) error {
	d := json.NewDecoder(bytes.NewReader(content))
	for n := 1; ; n++ {
		var doc struct{ PublicKeyList []listedKey }
		switch err := d.Decode(&doc); {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("document %d: %w: it is what aws cloudtrail list-public-keys --output json prints, or PEM", n, err)
		}
		for i, listed := range doc.PublicKeyList {
			k, err := listed.key()
			if err != nil {
				return fmt.Errorf("document %d, key %d: %w", n, i+1, err)
			}
			s.Add(k)
		}
	}
}

func (l *listedKey) key() (*PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(l.Value)
	if err != nil {
		return nil, fmt.Errorf("its Value is no base64: %w", err)
	}
	from, err := listedTime("ValidityStartTime", l.ValidityStartTime)
	if err != nil {
		return nil, err
	}
	until, err := listedTime("ValidityEndTime", l.ValidityEndTime)
	if err != nil {
		return nil, err
	}
	k, err := NewPublicKey(der, from, until)
	if err != nil {
		return nil, err
	}
	// A key under another's fingerprint is a mistake, or somebody's trick.
	if l.Fingerprint != "" && !strings.EqualFold(l.Fingerprint, k.Fingerprint) {
		return nil, fmt.Errorf("its fingerprint is %s, and not %.80q as it says", k.Fingerprint, l.Fingerprint)
	}
	return k, nil
}

func listedTime(name string, value any) (cloudtrail.Time, error) {
	switch v := value.(type) {
	case nil:
		return 0, nil
	case float64:
		if v > 0 && v < math.MaxInt32*64 {
			return cloudtrail.Time(v), nil
		}
	case string:
		if t, ok := cloudtrail.ParseTime(v); ok {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%s is no time: %.40q", name, fmt.Sprint(value))
}
