// Package function has the program that a hub runs in AWS Lambda, as Lambda takes it:
// a zip with a program bootstrap in it. It comes from a file, else out of the release
// itself (built with the tag embedfunction, as make build does), else from dist/, where
// make lambda puts it. Whichever it is, it is looked at before it is uploaded: a wrong
// one would be taken by every call, and fail at the first message.
package function

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Package is a deployment package that was looked at.
type Package struct {
	Architecture string // arm64 or x86_64, as Lambda says it
	Zip          []byte
	SHA256       string // of Zip, in hexadecimal
	From         string // where it comes from, for people
}

// Architectures that Lambda has, the cheaper first.
const (
	ARM = "arm64"
	X86 = "x86_64"
)

// ErrNone is that there is no package for an architecture.
var ErrNone = errors.New("there is no function for the hub to run")

// ProblemError is a file that Lambda would not run.
type ProblemError struct{ From, Problem string }

func (e *ProblemError) Error() string { return e.From + ": " + e.Problem }

// Open gives the package of an architecture ("": arm64, or whatever is in the file)
// out of a file, which is a zip or the program alone; without one ("") the release's
// own, else that of the folder dist.
func Open(file, architecture string) (*Package, error) {
	if file != "" {
		return read(file, architecture)
	}
	if architecture == "" {
		architecture = ARM
	}
	name := FileName(architecture)
	if zipped, ok := embedded(name); ok {
		return look(zipped, "the release's own", architecture)
	}
	p, err := read(filepath.Join("dist", name), architecture)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: this program was built without it, and dist/%s is not there", ErrNone, name)
	}
	return p, err
}

// FileName is what make lambda calls the package of an architecture: by Go's name.
func FileName(architecture string) string {
	if architecture == X86 {
		architecture = "amd64"
	}
	return "crosstrail-lambda-" + architecture + ".zip"
}

func read(file, architecture string) (*Package, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(f, mostUnzipped+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > mostUnzipped:
		return nil, &ProblemError{file, tooLarge}
	}
	if !bytes.HasPrefix(data, []byte("PK")) {
		if data, err = zipped(data); err != nil {
			return nil, err
		}
	}
	return look(data, file, architecture)
}

// Lambda takes so much of code and layers, unzipped (Lambda Developer Guide, "Lambda
// quotas": deployment package size).
const (
	mostUnzipped = 250 << 20
	tooLarge     = "it is larger than the 250 MB that Lambda takes"
)

// zipped is a program as a zip: of the same program the same bytes, wherever and
// whenever it is made.
func zipped(program []byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: bootstrap, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

// bootstrap is what the runtime provided.al2023 starts (Lambda Developer Guide,
// "Building a custom runtime for AWS Lambda").
const bootstrap = "bootstrap"

// look sees to it that Lambda will run what is in a zip.
func look(data []byte, from, architecture string) (*Package, error) {
	wrong := func(format string, args ...any) (*Package, error) {
		return nil, &ProblemError{from, fmt.Sprintf(format, args...)}
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return wrong("it is neither a zip nor a program for Linux: %v", err)
	}
	var program *zip.File
	var size uint64
	for _, f := range z.File {
		if f.UncompressedSize64 > mostUnzipped-min(size, mostUnzipped) {
			return wrong(tooLarge)
		}
		size += f.UncompressedSize64
		if f.Name == bootstrap {
			program = f
		}
	}
	if program == nil {
		return wrong("there is no file %s at the top of it, which is what Lambda starts%s", bootstrap, inside(z))
	}
	if program.Mode()&0o111 == 0 {
		return wrong("%s in it is no program: it has no permission to be run (chmod 755, then zip it anew)", bootstrap)
	}
	is, err := machineOf(program)
	switch {
	case err != nil:
		return wrong("%s in it: %v", bootstrap, err)
	case architecture != "" && is != architecture:
		return wrong("%s in it is for %s, and %s is wanted", bootstrap, is, architecture)
	}
	sum := sha256.Sum256(data)
	return &Package{Architecture: is, Zip: data, SHA256: hex.EncodeToString(sum[:]), From: from}, nil
}

// inside says what is in a zip in place of what should be.
func inside(z *zip.Reader) string {
	var names []string
	for _, f := range z.File {
		if names = append(names, f.Name); len(names) == 3 {
			break
		}
	}
	if len(names) == 0 {
		return ": it is empty"
	}
	return ", but " + strings.Join(names, ", ")
}
