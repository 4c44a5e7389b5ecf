package iam

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/internal/userdir"
)

// save keeps a policy that is about to be replaced in the user's state folder:
// readable by the user alone, and on the disk before the call is made.
func save(resource, text string, now time.Time) (path string, err error) {
	folder, err := stateFolder("replaced")
	if err != nil {
		return "", err
	}
	name := fileName(resource)
	// Two in one second are two files: what is there is never written over.
	for i := range 1000 {
		path = filepath.Join(folder, fmt.Sprintf("%s.%s.%d.json", name, now.UTC().Format("20060102T150405Z"), i))
		if i == 0 {
			path = filepath.Join(folder, fmt.Sprintf("%s.%s.json", name, now.UTC().Format("20060102T150405Z")))
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.WriteString(text)
		return path, errors.Join(err, f.Sync(), f.Close(), syncFolder(folder))
	}
	return "", fmt.Errorf("%s: a thousand policies were saved there in one second", folder)
}

// stateFolder is a folder of the user's state, made where it is not there.
func stateFolder(name string) (string, error) {
	state, err := userdir.State()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(state, "crosstrail", name)
	return folder, os.MkdirAll(folder, 0o700)
}

// fileName is what a file about a resource is named after.
func fileName(arn string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r) {
			return r
		}
		return '_'
	}, strings.TrimPrefix(arn, "arn:"))
}

// syncFolder makes the new name last. Windows has no such call, nor needs it.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
