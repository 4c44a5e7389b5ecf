package local_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// installTime is what Python and its packages may take to come.
const installTime = 8 * time.Minute

// pythonForExamples is an interpreter with the packages of testdata/requirements.txt. They
// are installed once, below .cache in the checkout. Where they cannot be had the
// test is skipped, and fails if CI=true.
func pythonForExamples(t *testing.T) string {
	t.Helper()
	path, err := installPython(t.Context())
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("the examples of README.md were not run: %v", err)
	default:
		t.Skipf("THE EXAMPLES OF README.md WERE NOT RUN: %v", err)
	}
	return ""
}

func installPython(ctx context.Context) (path string, err error) {
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	wanted, err := filepath.Abs("testdata/requirements.txt")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(wanted)
	if err != nil {
		return "", err
	}
	host, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("python3 is not there: %w", err)
	}
	version, err := programOutput(ctx, host, "-c", "import sys; print(sys.version)")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(text, version...))
	dir, err := filepath.Abs(filepath.Join("..", "..", ".cache", "python-"+hex.EncodeToString(sum[:6])))
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "bin", "python")
	if runtime.GOOS == "windows" {
		path = filepath.Join(dir, "Scripts", "python.exe")
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	held := flock.New(dir + ".lock")
	if _, err := held.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	// The mark is set last: what has none was left half done.
	mark := filepath.Join(dir, "whole")
	if _, err := os.Stat(mark); err == nil {
		return path, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if _, err := programOutput(ctx, host, "-m", "venv", dir); err != nil {
		return "", err
	}
	if _, err := programOutput(ctx, path, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--only-binary", ":all:", "--require-hashes", "--requirement", wanted); err != nil {
		return "", err
	}
	return path, os.WriteFile(mark, nil, 0o644)
}

// programOutput is what a program prints; its error has what it complains of.
func programOutput(ctx context.Context, name string, args ...string) ([]byte, error) {
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), errors.Join(err, ctx.Err()), complaint.String())
	}
	return out, nil
}
