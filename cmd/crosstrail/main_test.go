package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata/script")

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"crosstrail": main}) }

// TestScript runs the sessions of testdata/script: the program as its user
// types it, in a folder of its own. Files that a txtar cannot hold are made by
// the commands of fixtures_test.go.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds:                fixtures,
		Condition: func(name string) (bool, error) {
			if name == "root" { // may read what nobody may read
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: setupScript,
	})
}

// setupScript makes what a session runs in the same everywhere.
func setupScript(env *testscript.Env) error {
	for _, name := range []string{"NO_COLOR", "COLUMNS", "LC_ALL", "LC_CTYPE", "LANG"} {
		env.Setenv(name, "")
	}
	// A program built with -race waits a second before it ends, for races
	// that its other goroutines may still run into: ours have ended.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	env.Setenv("HOME", filepath.Join(env.WorkDir, ".home")) // the store is below it
	return os.MkdirAll(env.Getenv("HOME"), 0o700)
}
