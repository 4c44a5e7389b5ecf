package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

const (
	hubAccount    = "999999999999"
	readerAccount = "222222222222"
)

// TestAWSScript runs the sessions of testdata/aws, against one AWS whose policies
// are really asked. Each has buckets and names of its own:
//
//	bucket NAME FOLDER          makes a bucket of account 999999999999 and puts there what is below a folder
//	put NAME KEY FILE           puts one object more
//	sealed NAME                 puts the demo's digest files there, and their public key where AWS lists it
//	user NAME POLICY            becomes a new user of that account with the policy in a file
//	reader NAME POLICY          becomes a new user of account 222222222222
//	history FILE                puts records, a line each, into CloudTrail's event history, where NOW-2h is a time
//	member ACCOUNT NAME POLICY  becomes a new user of that account with the policy in a file
//	managed NAME POLICY...      makes a managed policy of account 222222222222, a version each, the last in force
//	role NAME EXTERNALID POLICY makes a role of account 999999999999 that the other account may assume, as $NAME
//	logged ACCOUNT BUCKET FOLDER PREFIX  makes a bucket of that account, whose owner owns all, with what is below a folder, and a trail BUCKET-trail that writes there
//	altered ACCOUNT BUCKET OLD NEW  changes a text in the policy of a bucket
//	owned ACCOUNT BUCKET WHOSE  sets a bucket's Object Ownership
//	organized ACCOUNT MEMBER... makes an organisation
//	profile NAME                keeps who calls as a profile in $WORK/aws-config
//	opened ACCOUNT ROLE POLICY  gives a role one policy more
//	tagged ACCOUNT ROLE TAG=VALUE...  tags a role of grants, made if need be
//	table NAME                  makes a table of account 999999999999 as AWS's text on auditing cross-account roles does
//	shaped TABLE KEY            makes one of another shape
//	unindexed TABLE INDEX       takes an index away
//	forged TABLE FILE           puts items, a JSON object a line
//	unfound TABLE KEY           deletes what is under a key
//	newer TABLE                 marks it as of a later release
//	saved TABLE FILE            puts a record, or the EventBridge event that it came in, as the two programs in AWS's text on auditing cross-account roles do
//	function FILE               writes what looks like the function's program
//	told ACCOUNT BUCKET PREFIX... has a bucket tell somebody's queue what is new below prefixes (eventbridge: EventBridge)
//	notices ACCOUNT BUCKET FILE writes what a bucket tells into a file
//	enabled ACCOUNT REGION...   are the regions that an account has enabled
//	denied ACCOUNT ACTION...    has the organisation deny actions in an account
//	failing TYPE REASON         has CloudFormation fail at a type of resource, wherever
//	stacksets ACCOUNT MEMBER NAME OTHER...  lets StackSets into an organisation, with a delegated administrator, and makes a unit $NAME of others
//	together N COMMAND...       runs a command so many times at once
//	foreign ACCOUNT STACK       makes a stack that is nobody's of ours
//	locked ACCOUNT              has the organisation deny changes of bucket policies, as Control Tower does
func TestAWSScript(t *testing.T) {
	stand := stack.Start(t)
	s := scripted{t: t, aws: stand}
	testscript.Run(t, s.sessions("testdata/aws", nil))
}

// sessions are those of a folder, with the commands of all and some of their own.
func (s scripted) sessions(dir string, own map[string]func(ts *testscript.TestScript, neg bool, args []string)) testscript.Params {
	cmds := map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"logged": s.logged, "altered": s.altered, "owned": s.ownership, "organized": s.organized, "locked": s.locked, "profile": s.profile, "opened": s.opened, "tagged": s.tagged,
		"bucket": s.bucket, "put": s.put, "role": s.role, "managed": s.managed, "sealed": s.sealed, "saved": s.saved, "table": s.table, "history": s.history,
		"member": func(ts *testscript.TestScript, _ bool, args []string) { s.become(ts, args[0], args[1:]) },
		"user":   func(ts *testscript.TestScript, _ bool, args []string) { s.become(ts, hubAccount, args) },
		"reader": func(ts *testscript.TestScript, _ bool, args []string) { s.become(ts, readerAccount, args) },
	}
	maps.Copy(cmds, fixtures)
	maps.Copy(cmds, s.tables())
	maps.Copy(cmds, s.deploying())
	maps.Copy(cmds, own)
	return testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds:                cmds,
		Setup: func(env *testscript.Env) error {
			if err := setupScript(env); err != nil {
				return err
			}
			for _, v := range s.aws.Environment(s.t, s.aws.Account(hubAccount).Config()) {
				name, value, _ := strings.Cut(v, "=")
				env.Setenv(name, value)
			}
			return nil
		},
	}
}

// scripted is the AWS of the sessions.
type scripted struct {
	t   *testing.T
	aws *awstest.AWS
}

func (s scripted) bucket(ts *testscript.TestScript, _ bool, args []string) {
	s.fill(ts, s.aws.Account(hubAccount).Bucket(s.t, args[0]), args[1], "")
}

// fill puts what is below a folder into a bucket, below a prefix.
func (s scripted) fill(ts *testscript.TestScript, b *awstest.Bucket, folder, prefix string) {
	folder = ts.MkAbs(folder)
	var all []awstest.Object
	ts.Check(filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		rel, _ := filepath.Rel(folder, path)
		all = append(all, awstest.Object{Key: prefix + filepath.ToSlash(rel), Body: body})
		return err
	}))
	b.Put(s.t, all...)
}

func (s scripted) put(ts *testscript.TestScript, _ bool, args []string) {
	s.owned(args[0]).Put(s.t, awstest.Object{Key: args[1], Body: []byte(ts.ReadFile(args[2]))})
}

// owned is a bucket that was made.
func (s scripted) owned(name string) *awstest.Bucket {
	return &awstest.Bucket{Name: name, Owner: s3.NewFromConfig(s.aws.Account(hubAccount).Config())}
}

func (s scripted) history(ts *testscript.TestScript, _ bool, args []string) {
	now := time.Now().UTC()
	text := regexp.MustCompile(`NOW-\w+`).ReplaceAllStringFunc(ts.ReadFile(args[0]), func(s string) string {
		ago, err := time.ParseDuration(s[len("NOW-"):])
		ts.Check(err)
		return now.Add(-ago).Format(time.RFC3339)
	})
	h := awstest.History{Throttled: true}
	for line := range strings.Lines(text) {
		h.Records = append(h.Records, json.RawMessage(line))
	}
	s.aws.History(s.t, h)
}

func (s scripted) become(ts *testscript.TestScript, account string, args []string) {
	s.use(ts, s.aws.Account(account).User(s.t, args[0], ts.ReadFile(args[1])))
}

func (s scripted) use(ts *testscript.TestScript, cfg aws.Config) {
	for _, v := range s.aws.Environment(s.t, cfg) {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
}

func (s scripted) managed(ts *testscript.TestScript, _ bool, args []string) {
	api := iam.NewFromConfig(s.aws.Account(readerAccount).Config())
	var arn *string
	for i, file := range args[1:] {
		text := ts.ReadFile(file)
		if i == 0 {
			made, err := api.CreatePolicy(s.t.Context(), &iam.CreatePolicyInput{PolicyName: &args[0], PolicyDocument: &text})
			ts.Check(err)
			arn = made.Policy.Arn
			continue
		}
		_, err := api.CreatePolicyVersion(s.t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &text, SetAsDefault: true})
		ts.Check(err)
	}
}

func (s scripted) role(ts *testscript.TestScript, _ bool, args []string) {
	arn := s.aws.Account(hubAccount).Role(s.t, args[0], awstest.Trust(args[1], readerAccount), ts.ReadFile(args[2]))
	ts.Setenv(args[0], arn)
}
