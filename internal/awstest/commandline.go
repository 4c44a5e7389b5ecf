package awstest

import (
	"bufio"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crosstrail/crosstrail/internal/install"
)

//go:embed awscli/requirements.txt
var awscli []byte

//go:embed awscli/kept.py
var kept embed.FS

// CommandLine is a Python that has AWS's own command line: python -m awscli.
func CommandLine(ctx context.Context) (python string, err error) {
	return install.Python(ctx, awscli)
}

// KeptCommandLine is AWS's own command line for a test that types many commands: its
// modules are loaded once. It is the path of a program aws, there until the test ends.
func KeptCommandLine(t testing.TB) (program string) {
	t.Helper()
	python, err := CommandLine(t.Context())
	if err != nil {
		install.Missing(t, t.Name()+" with the aws command line", err)
	}
	files, err := install.Files(t.Context(), "awscli", kept)
	must(t, err)
	dir, err := os.MkdirTemp("", "awscli") // short, as the address of a socket is
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	script, socket := filepath.Join(files, "awscli", "kept.py"), filepath.Join(dir, "socket")
	log := new(tail)
	server := exec.Command(python, script, "serve", socket)
	// Where it keeps the credentials of roles follows from the HOME that it began with.
	server.Env, server.Stderr = append(cleanEnvironment(), "HOME="+dir), log
	lifeline, err := server.StdinPipe()
	must(t, err)
	out, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() {
		_ = lifeline.Close()
		_ = server.Wait() // it is killed by its own
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%s serve printed %q, %v: %s", script, line, err, log)
	}
	program = filepath.Join(dir, "aws")
	must(t, os.WriteFile(program, fmt.Appendf(nil, "#!/bin/sh\nexec '%s' -I -S '%s' call '%s' \"$@\"\n", python, script, socket), 0o700))
	return program
}
