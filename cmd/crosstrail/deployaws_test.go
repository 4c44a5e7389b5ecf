package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// The commands of sessions that deploy.

func (s scripted) deploying() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"function": s.function, "told": s.told, "notices": s.notices, "enabled": s.enabled, "denied": s.denied, "failing": s.failing, "foreign": s.foreign, "byhand": s.byHand, "together": s.together, "stacksets": s.stacksets,
	}
}

// function writes what looks like the function's program: nothing calls it in these
// sessions.
func (s scripted) function(ts *testscript.TestScript, _ bool, args []string) {
	writeProgram(s.t, ts.MkAbs(args[0]))
}

// writeProgram writes the head of a program for Linux, which is what is looked at before
// it is uploaded.
func writeProgram(t *testing.T, path string) {
	t.Helper()
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64,
	}
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, h); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o700); err != nil {
		t.Fatal(err)
	}
}

// told has a bucket tell a queue of somebody's what is new below a prefix, and
// EventBridge where the prefix is that.
func (s scripted) told(_ *testscript.TestScript, _ bool, args []string) {
	account, b := s.aws.Account(args[0]), s.of(args[0], args[1])
	var all []awstest.Notice
	for _, prefix := range args[2:] {
		if prefix == "eventbridge" {
			all = append(all, awstest.Notice{EventBridge: true})
			continue
		}
		q := account.Queue(s.t, "siem-"+args[1])
		q.Policy(s.t, awstest.AllowService("s3.amazonaws.com", "arn:aws:s3:::"+args[1], q.ARN, "sqs:SendMessage"))
		all = append(all, awstest.Notice{Queue: q, Prefix: prefix})
	}
	b.Notify(s.t, all...)
}

// notices writes what a bucket tells into a file.
func (s scripted) notices(ts *testscript.TestScript, _ bool, args []string) {
	b := s.of(args[0], args[1])
	out, err := b.Owner.GetBucketNotificationConfiguration(s.t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &b.Name})
	ts.Check(err)
	text, err := json.MarshalIndent(types.NotificationConfiguration{
		EventBridgeConfiguration: out.EventBridgeConfiguration, QueueConfigurations: out.QueueConfigurations,
		TopicConfigurations: out.TopicConfigurations, LambdaFunctionConfigurations: out.LambdaFunctionConfigurations,
	}, "", " ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), append(text, '\n'), 0o600))
}

// enabled are the regions that an account has enabled.
func (s scripted) enabled(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.Account(args[0]).Regions(s.t, args[1:]...)
}

// denied has the organisation deny actions in an account.
func (s scripted) denied(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.Account(args[0]).SCP(s.t, awstest.Deny("*", args[1:]...))
}

// failing has CloudFormation fail at a type of resource from now on; without a reason,
// no longer.
func (s scripted) failing(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.FailResource(s.t, args[0], args[1])
}

// foreign makes a stack that is nobody's of ours.
func (s scripted) foreign(_ *testscript.TestScript, _ bool, args []string) {
	s.aws.Account(args[0]).CFNStack(s.t, args[1], `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`)
}

// byHand gives a function other memory than its stack did.
func (s scripted) byHand(ts *testscript.TestScript, _ bool, args []string) {
	api := lambda.NewFromConfig(s.aws.Account(args[0]).Config())
	_, err := api.UpdateFunctionConfiguration(s.t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: &args[1], MemorySize: aws.Int32(128)})
	ts.Check(err)
}

// together runs a command so many times at once: at least one does it, and none ends in
// another way than that it was done, or that somebody else was faster.
func (s scripted) together(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	var environment []string
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HOME", "PATH"} {
		environment = append(environment, name+"="+ts.Getenv(name))
	}
	var running []*exec.Cmd
	said := make([]bytes.Buffer, n)
	for i := range n {
		cmd := exec.CommandContext(s.t.Context(), program, args[2:]...)
		cmd.Dir, cmd.Env, cmd.Stderr = ts.MkAbs("."), environment, &said[i]
		ts.Check(cmd.Start())
		running = append(running, cmd)
	}
	done := 0
	for i, cmd := range running {
		err := cmd.Wait()
		ts.Logf("%d: %v\n%s", i, err, said[i].String())
		if err == nil {
			done++
		} else if !strings.Contains(said[i].String(), "somebody else") && !strings.Contains(said[i].String(), "there is no hub") {
			ts.Fatalf("it fails for another reason")
		}
	}
	if done == 0 {
		ts.Fatalf("nobody did it")
	}
}

// stacksets lets StackSets into the organisation of an account, makes a member their
// administrator, and sets a variable to a unit with other members.
func (s scripted) stacksets(ts *testscript.TestScript, _ bool, args []string) {
	management := s.aws.Account(args[0])
	management.StackSets(s.t, args[1])
	ts.Setenv(args[2], management.OU(s.t, "workloads", args[3:]...))
}
