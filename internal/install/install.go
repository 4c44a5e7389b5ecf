// Package install puts programs that only tests need, from PyPI and npm, below
// .cache in the checkout: once, at the versions and hashes that are written down
// in the tree, and one process at a time. Nothing is put on the machine itself.
package install

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// limit is what all the packages of one folder may take to come.
const limit = 8 * time.Minute

// Missing ends a test whose programs cannot be had. What is not run must be
// seen: in CI it is a failure.
func Missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: not run, for what it needs cannot be had: %v", what, err)
	}
	t.Skipf("%s: NOT RUN, FOR WHAT IT NEEDS CANNOT BE HAD: %v", strings.ToUpper(what), err)
}

// Python is an interpreter with the packages of requirements, a file's text as
// pip-compile --generate-hashes writes it.
func Python(ctx context.Context, requirements []byte) (interpreter string, err error) {
	host, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("python3 (3.11 or newer, with venv) is not there: %w", err)
	}
	version, err := output(ctx, "", host, "-c", "import sys; print(sys.version)")
	if err != nil {
		return "", err
	}
	dir, err := once(ctx, "python", [][]byte{requirements, version}, func(ctx context.Context, dir string) error {
		if _, err := output(ctx, "", host, "-m", "venv", dir); err != nil {
			return err
		}
		list := filepath.Join(dir, "requirements.txt")
		if err := os.WriteFile(list, requirements, 0o644); err != nil {
			return err
		}
		_, err := output(ctx, "", pythonIn(dir), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
			"--only-binary", ":all:", "--require-hashes", "--requirement", list)
		return err
	})
	return pythonIn(dir), err
}

func pythonIn(venv string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv, "Scripts", "python.exe")
	}
	return filepath.Join(venv, "bin", "python")
}

// Node is a folder with a copy of files' folder under, and beside it the packages
// that the package.json and package-lock.json there say.
func Node(ctx context.Context, files fs.FS, under string) (dir string, err error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm (of Node 20 or newer) is not there: %w", err)
	}
	version, err := output(ctx, "", "node", "--version")
	if err != nil {
		return "", err
	}
	if files, err = fs.Sub(files, under); err != nil {
		return "", err
	}
	content, err := contents(files)
	if err != nil {
		return "", err
	}
	return once(ctx, "node", append(content, version), func(ctx context.Context, dir string) error {
		if err := os.CopyFS(dir, files); err != nil {
			return err
		}
		_, err := output(ctx, dir, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		return err
	})
}

// Files is a folder with a copy of files, for programs that cannot read them out of
// this one.
func Files(ctx context.Context, kind string, files fs.FS) (dir string, err error) {
	content, err := contents(files)
	if err != nil {
		return "", err
	}
	return once(ctx, kind, content, func(_ context.Context, dir string) error { return os.CopyFS(dir, files) })
}

// contents are the names and the texts of files, one behind the other.
func contents(files fs.FS) (list [][]byte, err error) {
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		list = append(list, []byte(path), text)
		return err
	})
	return list, err
}

// once fills a folder below .cache that is named by what goes into it.
func once(ctx context.Context, kind string, content [][]byte, fill func(ctx context.Context, dir string) error) (dir string, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	root, err := checkout()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(bytes.Join(content, nil))
	dir = filepath.Join(root, ".cache", kind+"-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// The tests of two packages start at once.
	held := flock.New(dir + ".lock")
	if _, err := held.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	// The mark is set last: what has none was left half done.
	mark := filepath.Join(dir, "whole")
	if _, err := os.Stat(mark); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := fill(ctx, dir); err != nil {
		return "", err
	}
	return dir, os.WriteFile(mark, nil, 0o644)
}

// checkout is the folder above the current one that has the module's go.mod.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte("module github.com/crosstrail/crosstrail\n")) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is in no checkout of crosstrail: start it in one", dir)
		}
	}
}

// output is what a program prints; its error has what it complains of.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), errors.Join(err, ctx.Err()), complaint.String())
	}
	return out, nil
}
