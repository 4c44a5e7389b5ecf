package awstest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// Function is a Lambda function, and its owner's hand on it.
type Function struct {
	Name, ARN string
	Role      string // the ARN of its execution role, which has the function's name
	Owner     *lambda.Client
	account   Account
}

// FunctionOptions say what a function is.
type FunctionOptions struct {
	Name string
	// Binary is the path of a program for this machine: go build -tags lambda.norpc,
	// with CGO_ENABLED=0. It runs as a process that stays for the next call.
	Binary  string
	Policy  string            // of the execution role; empty: it may do nothing
	Env     map[string]string // beside what leads the function to this AWS
	Memory  int32             // MB, a label here: nothing is limited; 0: 128
	Timeout time.Duration     // whole seconds; 0: three, as on AWS
}

// lambdaTrust lets Lambda take a role: Lambda Developer Guide, "Execution role".
const lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// Function makes a function of the account and its execution role.
func (c Account) Function(t testing.TB, o FunctionOptions) *Function {
	t.Helper()
	f := &Function{Name: o.Name, Role: c.Role(t, o.Name, lambdaTrust, o.Policy), Owner: lambda.NewFromConfig(c.Config()), account: c}
	code, err := Zip(o.Binary)
	must(t, err)
	input := &lambda.CreateFunctionInput{
		FunctionName: &o.Name, Role: &f.Role, Code: &types.FunctionCode{ZipFile: code},
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Architectures: []types.Architecture{types.ArchitectureX8664},
		Environment: &types.Environment{Variables: f.environment(o.Env)},
	}
	if runtime.GOARCH == "arm64" {
		input.Architectures = []types.Architecture{types.ArchitectureArm64}
	}
	if o.Memory != 0 {
		input.MemorySize = &o.Memory
	}
	if o.Timeout != 0 {
		input.Timeout = aws.Int32(int32(o.Timeout.Seconds()))
	}
	made, err := f.Owner.CreateFunction(t.Context(), input)
	must(t, err)
	f.ARN = *made.FunctionArn
	return f
}

// OwnedFunction is a function of the account that is there already, or will be.
func (c Account) OwnedFunction(name string) *Function {
	return &Function{Name: name, ARN: "arn:aws:lambda:" + Region + ":" + c.ID + ":function:" + name, Owner: lambda.NewFromConfig(c.Config()), account: c}
}

// environment is what a function is started with: Lambda itself puts in the
// credentials of the role and the region.
func (f *Function) environment(more map[string]string) map[string]string {
	env := map[string]string{}
	for _, entry := range f.account.aws.environment() {
		if name, value, _ := strings.Cut(entry, "="); name != "AWS_REGION" {
			env[name] = value
		}
	}
	maps.Copy(env, more)
	return env
}

// Configure gives the function this environment in the place of the one that it
// had: what runs of it is started anew with the next call.
func (f *Function) Configure(t testing.TB, env map[string]string) {
	t.Helper()
	_, err := f.Owner.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &f.Name, Environment: &types.Environment{Variables: f.environment(env)},
	})
	must(t, err)
}

// Zip is a deployment package with the program as bootstrap: Lambda Developer
// Guide, "Deploy Go Lambda functions with .zip file archives".
func Zip(path string) ([]byte, error) {
	program, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the function's program: %w", err)
	}
	defer program.Close()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(w, program)
	err = errors.Join(err, z.Close())
	return archive.Bytes(), err
}

// Invoke calls the function with a JSON document, waits, and gives what it answers;
// or as failure what it failed with, which is Lambda's JSON of errorMessage and
// errorType.
func (f *Function) Invoke(t testing.TB, payload []byte) (answer []byte, failure error) {
	t.Helper()
	out, err := f.Owner.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &f.Name, Payload: payload})
	must(t, err)
	if out.FunctionError != nil {
		return nil, fmt.Errorf("%s: %s", *out.FunctionError, out.Payload)
	}
	return out.Payload, nil
}

// Permit lets a service, as sns.amazonaws.com, call the function for a source: the
// ARN of a bucket, topic or rule.
func (f *Function) Permit(t testing.TB, service, source string) {
	t.Helper()
	id := strings.NewReplacer(".", "-", ":", "-", "/", "-").Replace(service + "-" + source)
	_, err := f.Owner.AddPermission(t.Context(), &lambda.AddPermissionInput{
		FunctionName: &f.Name, StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: &service, SourceArn: &source,
	})
	must(t, err)
}

// Kill kills what runs of the function, and says how many processes of it were at a
// call. Those calls have failed; the next gets a new process.
func (f *Function) Kill(t testing.TB) (busy int) {
	t.Helper()
	var answer struct{ Busy int }
	f.account.aws.ask(t, "kill-function", f.place(), &answer)
	return answer.Busy
}

func (f *Function) place() map[string]string {
	return map[string]string{"account": f.account.ID, "region": Region, "name": f.Name}
}

// Log is what the function printed so far, with Lambda's own lines START, END and
// REPORT, in the order of the calls' ends; a line that came after the answer is the
// last, or with the next call. (Plain ministack tells it with the next call only.)
func (f *Function) Log(t testing.TB) string {
	t.Helper()
	question := map[string]any{"logGroupName": "/aws/lambda/" + f.Name}
	var log strings.Builder
	for {
		var page struct {
			Events    []struct{ Message string }
			NextToken string
		}
		err := f.account.root(t.Context(), "logs", "Logs_20140328.FilterLogEvents", question, &page)
		if err != nil && strings.Contains(err.Error(), "ResourceNotFoundException") {
			return "" // it never ran
		}
		must(t, err)
		for _, e := range page.Events {
			log.WriteString(strings.TrimSuffix(e.Message, "\n") + "\n")
		}
		if page.NextToken == "" {
			break
		}
		question["nextToken"] = page.NextToken
	}
	if !f.account.aws.plain {
		var late []string
		f.account.aws.ask(t, "late-lines", f.place(), &late)
		for _, line := range late {
			log.WriteString(line + "\n")
		}
	}
	return log.String()
}

// EventSource has Lambda take messages from a queue and call the function with
// them. The function's role must be let receive and delete them.
func (f *Function) EventSource(t testing.TB, q *Queue, options ...EventSourceOption) (mappingID string) {
	t.Helper()
	input := &lambda.CreateEventSourceMappingInput{FunctionName: &f.Name, EventSourceArn: &q.ARN}
	for _, option := range options {
		option(input)
	}
	made, err := f.Owner.CreateEventSourceMapping(t.Context(), input)
	must(t, err)
	return *made.UUID
}

// EventSourceOption is something about a mapping that is not as Lambda has it by
// default.
type EventSourceOption func(*lambda.CreateEventSourceMappingInput)

// BatchSize is how many messages a call gets at most; Lambda has ten. More than
// ten want a Window of a second.
func BatchSize(n int32) EventSourceOption {
	return func(in *lambda.CreateEventSourceMappingInput) { in.BatchSize = &n }
}

// Window is how long messages are gathered for a call, in whole seconds.
func Window(d time.Duration) EventSourceOption {
	return func(in *lambda.CreateEventSourceMappingInput) {
		in.MaximumBatchingWindowInSeconds = aws.Int32(int32(d.Seconds()))
	}
}

// PartialFailures lets the function name the messages that it failed on; all
// others are deleted: Lambda Developer Guide, "Implementing partial batch
// responses".
func PartialFailures(in *lambda.CreateEventSourceMappingInput) {
	in.FunctionResponseTypes = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
}

// Twin has functions whose program is for another processor than this machine's run as
// this one, which is the same for this machine.
func (a *AWS) Twin(t testing.TB, program string) {
	t.Helper()
	a.ask(t, "twin", map[string]string{"program": program}, nil)
}
