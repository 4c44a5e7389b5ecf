package awstest

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// Build builds a Lambda function of this checkout, a path as go build takes it, for
// this machine, and gives the program's path.
func Build(t testing.TB, pkg string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", program, pkg)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, said)
	}
	return program
}
