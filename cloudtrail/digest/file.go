package digest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// MaxSize is the most bytes that a digest file may have when decompressed. One
// log file costs it some 500, and CloudTrail delivers a few hundred an hour.
const MaxSize = 16 << 20

// The only algorithms that there are (AWS, "CloudTrail digest file structure").
const (
	SignatureAlgorithm = "SHA256withRSA"
	HashAlgorithm      = "SHA-256"
)

// File is what a digest file says.
type File struct {
	Account            string
	Start, End         cloudtrail.Time
	Bucket, Object     string // where CloudTrail put it
	Fingerprint        string // of the public key that checks its signature
	SignatureAlgorithm string
	Previous           *Previous // nil in a starting digest: the first, and the first after a stop
	Logs               []Log

	Sum    [sha256.Size]byte // of its bytes, decompressed
	Packed [sha256.Size]byte // of its bytes as delivered
	end    string            // digestEndTime as it is written: that is signed
}

// Previous is what a digest says of the one before.
type Previous struct {
	Bucket, Object      string
	Hash, HashAlgorithm string
	Signature           string
}

// Log is what a digest says of one log file.
type Log struct {
	Bucket, Object      string
	Hash, HashAlgorithm string // of the bytes as decompressed
	Oldest, Newest      cloudtrail.Time
}

// Read reads a digest file, compressed or not.
func Read(r io.Reader) (*File, error) {
	packed := sha256.New()
	raw, err := unpack(io.TeeReader(r, packed))
	if err != nil {
		return nil, err
	}
	f, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	f.Packed = [sha256.Size]byte(packed.Sum(nil))
	return f, nil
}

// readError is a failure of the archive, not of what it holds.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

func unpack(r io.Reader) ([]byte, error) {
	plain, err := plain(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(plain, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > MaxSize:
		return nil, fmt.Errorf("it has more than %d MiB when decompressed, which no digest has", MaxSize>>20)
	}
	return raw, nil
}

// plain decompresses what is gzip by its first bytes. All members of it count,
// as they do where log files are read: a member that was added changes the hash.
func plain(r io.Reader) (io.Reader, error) {
	in := &counted{r: r}
	var magic [2]byte
	n, err := io.ReadFull(in, magic[:])
	if in.err != nil {
		return nil, &readError{in.err}
	}
	whole := io.MultiReader(bytes.NewReader(magic[:n]), in)
	if err != nil || magic != [2]byte{0x1f, 0x8b} {
		return &faithful{whole, in}, nil
	}
	z, err := gzip.NewReader(whole)
	if err != nil {
		return nil, in.judged(err)
	}
	return &faithful{z, in}, nil
}

// counted remembers how reading failed, so that a bucket that does not answer is
// told from a file that is damaged.
type counted struct {
	r   io.Reader
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

func (c *counted) judged(err error) error {
	if c.err != nil {
		return &readError{c.err}
	}
	return fmt.Errorf("gzip: %w", err)
}

type faithful struct {
	r  io.Reader
	in *counted
}

func (f *faithful) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		err = f.in.judged(err)
	}
	return n, err
}

// Parse reads the JSON of a digest file. A member that is missing, of another
// type or there twice is an error: who forges digests gets no second meaning.
func Parse(raw []byte) (*File, error) {
	f := &File{Sum: sha256.Sum256(raw)}
	d := json.NewDecoder(bytes.NewReader(raw))
	var p [5]*string
	var start string
	logs := false
	seen, err := object(d, func(name string) error {
		switch name {
		case "awsAccountId":
			return text(d, name, &f.Account)
		case "digestStartTime":
			return text(d, name, &start)
		case "digestEndTime":
			return text(d, name, &f.end)
		case "digestS3Bucket":
			return text(d, name, &f.Bucket)
		case "digestS3Object":
			return text(d, name, &f.Object)
		case "digestPublicKeyFingerprint":
			return text(d, name, &f.Fingerprint)
		case "digestSignatureAlgorithm":
			return text(d, name, &f.SignatureAlgorithm)
		case "previousDigestS3Bucket":
			return nullable(d, name, &p[0])
		case "previousDigestS3Object":
			return nullable(d, name, &p[1])
		case "previousDigestHashValue":
			return nullable(d, name, &p[2])
		case "previousDigestHashAlgorithm":
			return nullable(d, name, &p[3])
		case "previousDigestSignature":
			return nullable(d, name, &p[4])
		case "logFiles":
			logs = true
			return f.logs(d)
		}
		return skip(d)
	})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	for _, name := range []string{
		"digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint",
		"digestSignatureAlgorithm", "previousDigestSignature",
	} {
		if !seen[name] {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	if !logs {
		return nil, errors.New("logFiles is missing")
	}
	if f.Start, err = when("digestStartTime", start); err != nil {
		return nil, err
	}
	if f.End, err = when("digestEndTime", f.end); err != nil {
		return nil, err
	}
	if f.End < f.Start {
		return nil, fmt.Errorf("it ends (%s) before it starts (%s)", f.End, f.Start)
	}
	return f, f.previous(p)
}

// previous is all or nothing: a digest that names the one before and not its
// hash would vouch for anything.
func (f *File) previous(p [5]*string) error {
	given := 0
	for _, s := range p {
		if s != nil {
			given++
		}
	}
	switch given {
	case 0:
		return nil
	case len(p):
		f.Previous = &Previous{*p[0], *p[1], *p[2], *p[3], *p[4]}
		return nil
	}
	return errors.New("it says only a part of what a digest says of the one before")
}

// SigningString is what CloudTrail signs.
func (f *File) SigningString() string {
	previous := "null"
	if f.Previous != nil {
		previous = f.Previous.Signature
	}
	return f.end + "\n" + f.Bucket + "/" + f.Object + "\n" + hex.EncodeToString(f.Sum[:]) + "\n" + previous
}
