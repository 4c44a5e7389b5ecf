//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestSharedSeed walks AWS's page "Sharing CloudTrail log files between AWS
// accounts" from its first line to its last.
func TestSharedSeed(t *testing.T) {
	s := scripted{t: t, aws: stack.Start(t)}
	var device awstest.MFA
	testscript.Run(t, s.typed("share_seed", map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"block": s.block, "running": s.running,
		"device": func(ts *testscript.TestScript, _ bool, args []string) {
			device = s.aws.Account(args[0]).MFA(s.t, args[1])
			ts.Setenv("SERIAL", device.Serial)
		},
		"code": func(ts *testscript.TestScript, _ bool, _ []string) {
			ts.Setenv("CODE", device.Code())
			ts.Check(os.WriteFile(ts.MkAbs("code"), []byte(device.Code()+"\n"), 0o600))
		},
		"held": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
		},
	}))
}

// typed is a session of testdata/seed with AWS's own command line, aws, on its PATH.
// Beside TestAWSScript's commands these have:
//
//	person NAME ACCOUNT POLICY [PROFILE]  makes a user, and a profile for it in ~/.aws/config, of the same name if there is no other
//	as NAME                     goes on with that profile
//	session FILE                goes on with the credentials that aws sts assume-role printed
//
// and of the first page's
//
//	block FILE BELOW OUT [OLD NEW]...  takes out of a letter what it has indented below a line that begins so
//	device ACCOUNT USER         gives a user an MFA device, as $SERIAL
//	code                        reads its code, as $CODE and as the file code
//	held NAME FILE              takes a file's text as $NAME
//	running ACCOUNT ROLE        has an instance profile with the role
func (s scripted) typed(session string, own map[string]func(ts *testscript.TestScript, neg bool, args []string)) testscript.Params {
	program := awstest.KeptCommandLine(s.t)
	params := s.sessions("", own)
	params.Files = []string{filepath.Join("testdata", "seed", session+".txtar")}
	maps.Copy(params.Cmds, map[string]func(ts *testscript.TestScript, neg bool, args []string){"person": s.person, "as": s.as, "session": s.session})
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		config := filepath.Join(env.Getenv("HOME"), ".aws")
		env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
		env.Setenv("AWS_CONFIG_FILE", filepath.Join(config, "config"))
		env.Setenv("AWS_PAGER", "")
		// The Go SDK has no AWS_ENDPOINT_URL yet when it makes the client for a profile's own role.
		env.Setenv("AWS_ENDPOINT_URL_STS", s.aws.Endpoint)
		return os.Mkdir(config, 0o700)
	}
	return params
}

func (s scripted) person(ts *testscript.TestScript, _ bool, args []string) {
	c, err := s.aws.Account(args[1]).User(s.t, args[0], ts.ReadFile(args[2])).Credentials.Retrieve(s.t.Context())
	ts.Check(err)
	profile := args[0]
	if len(args) > 3 {
		profile = args[3]
	}
	f, err := os.OpenFile(ts.Getenv("AWS_CONFIG_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = fmt.Fprintf(f, "[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = %s\n\n", profile, c.AccessKeyID, c.SecretAccessKey, awstest.Region)
	ts.Check(err)
	ts.Check(f.Close())
}

func (s scripted) as(ts *testscript.TestScript, _ bool, args []string) {
	s.credentials(ts, aws.Credentials{})
	ts.Setenv("AWS_PROFILE", args[0])
}

func (s scripted) session(ts *testscript.TestScript, _ bool, args []string) {
	var printed struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &printed))
	c := printed.Credentials
	s.credentials(ts, aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken})
}

func (scripted) credentials(ts *testscript.TestScript, c aws.Credentials) {
	ts.Setenv("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", c.SessionToken)
}

func (scripted) block(ts *testscript.TestScript, _ bool, args []string) {
	_, text, found := strings.Cut("\n"+ts.ReadFile(args[0]), "\n"+args[1])
	if !found {
		ts.Fatalf("%s has no line that begins with %q", args[0], args[1])
	}
	var taken strings.Builder
	for line := range strings.Lines(text) {
		if inner, indented := strings.CutPrefix(line, "    "); indented {
			taken.WriteString(inner)
		} else if taken.Len() > 0 {
			break
		}
	}
	out := taken.String()
	for i := 3; i < len(args); i += 2 {
		if !strings.Contains(out, args[i]) {
			ts.Fatalf("%q is not in\n%s", args[i], out)
		}
		out = strings.ReplaceAll(out, args[i], args[i+1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(out), 0o600))
}

func (s scripted) running(ts *testscript.TestScript, _ bool, args []string) {
	api := iam.NewFromConfig(s.aws.Account(args[0]).Config())
	_, err := api.CreateInstanceProfile(s.t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &args[1]})
	ts.Check(err)
	_, err = api.AddRoleToInstanceProfile(s.t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &args[1], RoleName: &args[1]})
	ts.Check(err)
}
