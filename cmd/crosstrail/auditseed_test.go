//go:build unix

package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAuditSeed walks AWS's text "How to Audit Cross-Account Roles Using AWS
// CloudTrail and Amazon CloudWatch Events" from its first line to its last, with ours
// in the place of its two functions. That EventBridge and the log files carry what is
// called is the launcher's doing. Its session has, beside those of typed:
//
//	packaged FILE           writes the deployment package of crosstrail-lambda
//	trailed ACCOUNT BUCKET  makes a bucket and a trail that writes there
//	recorded                has CloudTrail record calls from now on
//	delivered               has CloudTrail deliver log files
//	eventually REGEXP COMMAND...  runs a command until what it prints matches
//	event NAME FILE         takes the id of an event, printed as JSON, as $NAME
func TestAuditSeed(t *testing.T) {
	s := scripted{t: t, aws: stack.Start(t)}
	params := s.typed("audit_seed", map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"packaged": s.packaged, "trailed": s.trailed, "eventually": eventuallyCommand, "event": eventCommand,
		"recorded":  func(*testscript.TestScript, bool, []string) { s.aws.Record(s.t) },
		"delivered": func(*testscript.TestScript, bool, []string) { s.aws.Deliver(s.t) },
	})
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		return s.lambdaEnvironment(env, "CrossAccountAuditing")
	}
	testscript.Run(t, params)
}

// packaged writes the deployment package of crosstrail-lambda, for this machine.
func (s scripted) packaged(ts *testscript.TestScript, _ bool, args []string) {
	program, err := os.ReadFile(built(s.t, "crosstrail-lambda"))
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	ts.Check(err)
	_, err = w.Write(program)
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(f.Close())
}

// trailed makes a bucket of an account, and a trail of it that writes there.
func (s scripted) trailed(_ *testscript.TestScript, _ bool, args []string) {
	account := s.aws.Account(args[0])
	account.Trail(s.t, "main", account.Bucket(s.t, args[1]).Name)
}

// eventually runs a command until what it prints matches, as AWS needs its time.
func eventuallyCommand(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?ms)" + args[0])
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if printed := ts.ReadFile("stdout"); want.MatchString(printed) {
			return
		} else if time.Now().After(end) {
			ts.Fatalf("not after 30 seconds: %s (%v)\n%s%s", args[0], err, printed, ts.ReadFile("stderr"))
		}
	}
}

func eventCommand(ts *testscript.TestScript, _ bool, args []string) {
	var printed struct{ EventID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &printed))
	ts.Setenv(args[0], printed.EventID)
}

// lambdaEnvironment is what aws lambda create-function takes as --environment.
func (s scripted) lambdaEnvironment(env *testscript.Env, table string) error {
	variables := map[string]string{"CROSSTRAIL_STORE": "dynamodb://" + table}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED", "HTTPS_PROXY", "NO_PROXY"} {
		variables[name] = env.Getenv(name)
	}
	text, err := json.Marshal(map[string]any{"Variables": variables})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(env.WorkDir, "environment.json"), text, 0o600)
}
