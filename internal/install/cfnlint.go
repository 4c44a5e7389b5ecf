package install

import (
	_ "embed"
	"errors"
	"os/exec"
	"testing"
)

//go:embed cfnlint/requirements.txt
var cfnlint []byte

// CFNLint is what AWS's own linter, which knows CloudFormation's schemas of resources
// and the form of policies, has to say of templates, a line a finding; warnings too.
func CFNLint(t testing.TB, files ...string) (findings string) {
	t.Helper()
	python, err := Python(t.Context(), cfnlint)
	if err != nil {
		Missing(t, "cfn-lint", err)
	}
	// By the module: a script of pip's has the path of the folder that it was installed in.
	const program = "import sys, cfnlint.runner; sys.exit(cfnlint.runner.main())"
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", program, "--format", "parseable", "--regions", "us-east-1", "--"}, files...)...).CombinedOutput()
	if _, found := errors.AsType[*exec.ExitError](err); err != nil && !(found && len(out) > 0) {
		t.Fatalf("cfn-lint: %v: %s", err, out)
	}
	return string(out)
}
