package main

import (
	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of sessions that deploy.

// lambda builds the function's program, for this machine, and sets a variable to its path.
func (s scripted) lambda(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], built(s.t, "crosstrail-lambda"))
}
