// Package userdir tells where a user's programs keep what they keep.
package userdir

import (
	"os"
	"path/filepath"
	"runtime"
)

// Data is for data (XDG Base Directory Specification, $XDG_DATA_HOME), and what
// comes next to it on other systems.
func Data() (string, error) { return of("XDG_DATA_HOME", "share") }

// State is for what is to outlast a restart and is no data (likewise,
// $XDG_STATE_HOME).
func State() (string, error) { return of("XDG_STATE_HOME", "state") }

func of(variable, local string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) { // the specification wants others passed over
		return dir, nil
	}
	if dir := os.Getenv("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}
	return filepath.Join(home, ".local", local), nil
}
