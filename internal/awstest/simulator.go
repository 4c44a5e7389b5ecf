package awstest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"sync"
	"testing"

	"github.com/crosstrail/crosstrail/internal/install"
)

// Verdicts of a Simulator.
const (
	Allowed          = "Allowed"
	ImplicitlyDenied = "ImplicitlyDenied" // nothing allows it
	ExplicitlyDenied = "ExplicitlyDenied" // something denies it
)

// A Simulator judges policies without AWS, by rules that were written apart from
// the stand-in's: where the two agree, it is no slip of one of them. It is
// iam-simulate, in a process of its own that starts with the first question. The
// zero value is ready.
type Simulator struct {
	mu      sync.Mutex
	process *process
}

// Question is a call, and the policies that may have a say in it. Policies are
// JSON.
type Question struct {
	Principal string         // the ARN of who calls: a user, a role's session, or a service
	Action    string         // as s3:GetObject
	Resource  string         // its ARN
	Account   string         // the account that the resource is in
	Context   map[string]any // context keys and their values: text, or a list of it

	Identity       []string
	SessionPolicy  string
	Boundary       string
	ResourcePolicy string     // of a role: its trust policy
	ServiceControl [][]string // those of each level, the organisation's root first
}

// Judge answers a question.
func (s *Simulator) Judge(t testing.TB, q Question) (verdict string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		started, err := runSimulator(t.Context())
		if err != nil {
			install.Missing(t, t.Name(), err)
		}
		s.process = started
	}
	var answer struct{ Verdict, Error string }
	err := call(t.Context(), http.MethodPost, s.process.address, q.document(), &answer)
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	if err != nil {
		t.Fatalf("may %s %s: %v", q.Principal, q.Action, err)
	}
	return answer.Verdict
}

func runSimulator(ctx context.Context) (*process, error) {
	dir, err := install.Node(ctx, simulator, "simulator")
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	return run(ctx, dir, node, "server.mjs")
}

// document is the question as server.mjs takes it.
func (q Question) document() map[string]any {
	policies := func(texts []string) []json.RawMessage {
		list := make([]json.RawMessage, 0, len(texts))
		for _, text := range texts {
			list = append(list, json.RawMessage(text))
		}
		return list
	}
	document := map[string]any{
		"principal": q.Principal, "action": q.Action, "resource": q.Resource, "account": q.Account,
		"context": q.Context, "identity": policies(q.Identity),
	}
	for name, text := range map[string]string{"sessionPolicy": q.SessionPolicy, "boundary": q.Boundary, "resourcePolicy": q.ResourcePolicy} {
		if text != "" {
			document[name] = json.RawMessage(text)
		}
	}
	var levels [][]json.RawMessage
	for _, level := range q.ServiceControl {
		levels = append(levels, policies(level))
	}
	document["serviceControl"] = levels
	return document
}
