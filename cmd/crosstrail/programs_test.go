package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// here is the folder of this package, wherever a test goes.
var here, _ = os.Getwd()

// programs are built once for all tests, as a user has them: a process that a test
// runs is the test's own program else, which under -race is ten times as slow.
var programs struct {
	sync.Mutex
	built map[string]string
}

// built builds a command of this checkout for this machine, and gives the program's
// path. Its flags are those that CI runs it with, so that nothing is compiled twice.
func built(t testing.TB, command string) (program string) {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if program := programs.built[command]; program != "" {
		return program
	}
	mine, err := exec.LookPath("crosstrail") // in a folder that goes with the tests
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(filepath.Dir(mine), "built", command)
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-tags", "lambda.norpc", "-o", program, "github.com/crosstrail/crosstrail/cmd/"+command)
	build.Dir = here
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", command, err, said)
	}
	if programs.built == nil {
		programs.built = map[string]string{}
	}
	programs.built[command] = program
	return program
}
