package stack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestAway: Ctrl-C in the middle says that CloudFormation goes on; the next run waits
// for the end, and begins clean.
func TestAway(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	c := client(a.Config())
	cloud.StackTime(t, 100*time.Millisecond)
	cloud.FailResource(t, "AWS::SQS::Queue", "quota")
	plan, err := c.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Do(ctx, plan, func(stack.Event) { cancel() })
	away, ok := errors.AsType[*stack.AwayError](err)
	if !ok || !errors.Is(err, context.Canceled) || !strings.HasSuffix(away.Look, "--stack-name "+name) || !slices.Contains(stack.Hints(err, nil), "how far it is: "+away.Look+" --region us-east-1") || !strings.Contains(err.Error(), "goes on") {
		t.Fatalf("%v", err)
	}
	if got := status(t, a, name); got != "CREATE_IN_PROGRESS" {
		t.Errorf("after that it is %s", got)
	}

	var notes []string
	c.Note = func(line string) { notes = append(notes, line) }
	plan, err = c.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil || !plan.Leftover || len(notes) == 0 || !strings.Contains(notes[0], "CREATE_IN_PROGRESS") {
		t.Fatalf("%+v, %v, %q", plan, err, notes)
	}
	if _, err := c.Do(t.Context(), plan, nil); err != nil || status(t, a, name) != "CREATE_COMPLETE" {
		t.Errorf("%v, %s", err, status(t, a, name))
	}

	// Somebody else's operation, that one waits for in vain.
	ctx, cancel = context.WithCancel(t.Context())
	c.Note = func(string) { cancel() }
	leaveUpdate(t, a, queues(false, "one", "theirs"))
	if _, err := c.Plan(ctx, ours(queues(false, "one", "two"))); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "nothing was done") {
		t.Errorf("waiting for somebody else: %v", err)
	}
	c.Note = nil
	plan, _, _ = up(t, c, ours(queues(false, "one", "two")))
	if plan.Kind != stack.Update || !slices.Equal(queueNames(t, a), []string{"one", "two"}) {
		t.Errorf("after somebody else: %+v, %v", plan, queueNames(t, a))
	}
}

func leaveUpdate(t *testing.T, a awstest.Account, template []byte) {
	t.Helper()
	if _, err := cloudformation.NewFromConfig(a.Config()).UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String(name), TemplateBody: aws.String(string(template))}); err != nil {
		t.Fatal(err)
	}
}

// TestOvertaken: what somebody else begins between a look and a call is waited for.
func TestOvertaken(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	c := client(a.Config())
	up(t, c, ours(queues(false, "one")))
	cloud.StackTime(t, 30*time.Millisecond)

	cloud.Before(t, "cloudformation:CreateChangeSet", 1, func() { leaveUpdate(t, a, queues(false, "one", "theirs")) })
	var notes []string
	c.Note = func(line string) { notes = append(notes, line) }
	plan, _, _ := up(t, c, ours(queues(false, "one", "mine")))
	if plan.Kind != stack.Update || len(notes) == 0 || !strings.Contains(notes[0], "planning anew") || !slices.Equal(queueNames(t, a), []string{"mine", "one"}) {
		t.Errorf("%+v, %q, %v", plan, notes, queueNames(t, a))
	}

	cloud.Before(t, "cloudformation:DeleteStack", 1, func() { leaveUpdate(t, a, queues(false, "one", "theirs")) })
	if err := c.Delete(t.Context(), name, nil); err != nil || status(t, a, name) != "none" {
		t.Errorf("taking down: %v, %s", err, status(t, a, name))
	}
}

// TestTwoOperators: many at once, on a stack that is not there yet, each with a queue of their own beside the first. Each
// ends well or is told that the plan is obsolete, and plans anew.
func TestTwoOperators(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	cloud.StackTime(t, 10*time.Millisecond)
	const operators = 4
	var wg sync.WaitGroup
	for i := range operators {
		wg.Go(func() {
			c := client(a.Config())
			for range 50 {
				plan, err := c.Plan(t.Context(), ours(queues(false, "first", fmt.Sprintf("own%d", i))))
				if err != nil {
					t.Errorf("operator %d plans: %v", i, err)
					return
				}
				_, err = c.Do(t.Context(), plan, nil)
				if err == nil {
					return
				}
				if !errors.Is(err, stack.ErrObsolete) {
					t.Errorf("operator %d: %v", i, err)
					return
				}
			}
			t.Errorf("operator %d was obsolete each time", i)
		})
	}
	wg.Wait()
	got := queueNames(t, a)
	if len(got) != 2 || !strings.HasPrefix(got[1], "own") {
		t.Errorf("queues: %v", got)
	}
	if got := status(t, a, name); got != "UPDATE_COMPLETE" { // one of them made it
		t.Errorf("the stack is %s", got)
	}
	noChangeSets(t, a, name)

	// Two take it down.
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { errs[i] = client(a.Config()).Delete(t.Context(), name, nil) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, stack.ErrNone) {
			t.Errorf("taking down: %v", err)
		}
	}
	if got := status(t, a, name); got != "none" {
		t.Errorf("after that it is %s", got)
	}
}

// fault is what happens to some calls of an operation on their way.
type fault struct {
	operation string
	times     int
	err       error
	answered  bool // AWS did it all the same
}

// unreliable has calls go wrong once they are armed, below the SDK's retries: the first
// fault that has any left.
func unreliable(cfg aws.Config, armed *atomic.Bool, faults ...*fault) aws.Config {
	var one sync.Mutex
	next := func(operation string) *fault {
		one.Lock()
		defer one.Unlock()
		i := slices.IndexFunc(faults, func(f *fault) bool { return f.operation == operation && f.times > 0 })
		if i < 0 || !armed.Load() {
			return nil
		}
		faults[i].times--
		return faults[i]
	}
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(s *middleware.Stack) error {
		return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("unreliable", func(ctx context.Context, in middleware.FinalizeInput, on middleware.FinalizeHandler) (out middleware.FinalizeOutput, of middleware.Metadata, err error) {
			f := next(awsmiddleware.GetOperationName(ctx))
			if f == nil || f.answered {
				if out, of, err = on.HandleFinalize(ctx, in); f == nil || err != nil {
					return out, of, err
				}
			}
			return middleware.FinalizeOutput{}, of, f.err
		}), middleware.After)
	})
	return cfg
}

// TestUnreliable: throttling slows down, and an answer that is lost on its way is not
// taken for another's doing.
func TestUnreliable(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	var armed atomic.Bool
	cut := &smithyhttp.RequestSendError{Err: syscall.ECONNRESET}
	faults := []*fault{
		{operation: "DescribeStackEvents", times: 3, err: &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}},
		{operation: "DescribeStackEvents", times: 2, err: cut},
	}
	cfg := unreliable(a.Config(), &armed, faults...)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	impatient := client(cfg)
	plan, err := impatient.Plan(t.Context(), ours(queues(false, "one")))
	if err != nil {
		t.Fatal(err)
	}
	cloud.Before(t, "cloudformation:ExecuteChangeSet", 1, func() { armed.Store(true) })
	var events []stack.Event
	_, err = impatient.Do(t.Context(), plan, func(e stack.Event) { events = append(events, e) })
	if err != nil || events[len(events)-1].Status != "CREATE_COMPLETE" {
		t.Errorf("throttled: %v, %v", err, events)
	}
	lost := &fault{operation: "ExecuteChangeSet", times: 1, err: cut, answered: true}
	c := client(unreliable(a.Config(), &armed, lost))
	plan, err = c.Plan(t.Context(), ours(queues(false, "one", "two")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), plan, nil); err != nil || !slices.Equal(queueNames(t, a), []string{"one", "two"}) {
		t.Errorf("with a lost answer: %v, %v", err, queueNames(t, a))
	}
	for _, f := range append(faults, lost) {
		if f.times > 0 {
			t.Errorf("%s did not fail as often as it was to: %d", f.operation, f.times)
		}
	}
}

// TestBasis: what was made of a stack that somebody else changed since is not done, and
// leaves no change set: whether they did so before the plan, while it waits for them, or
// as its change set is made.
func TestBasis(t *testing.T) {
	cloud := cloud.Start(t)
	a := cloud.Account("111111111111")
	c := client(a.Config())
	of := func(names ...string) stack.Stack {
		t.Helper()
		s := ours(queues(false, names...))
		found, err := c.Find(t.Context(), name)
		if err != nil && !errors.Is(err, stack.ErrNone) {
			t.Fatal(err)
		}
		s.Basis = found.Basis()
		return s
	}
	obsolete := func(what string, s stack.Stack) {
		t.Helper()
		if _, err := c.Plan(t.Context(), s); !errors.Is(err, stack.ErrObsolete) {
			t.Errorf("%s: %v", what, err)
		}
		left, err := cloudformation.NewFromConfig(a.Config()).ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range left.Summaries {
			if set.ExecutionStatus != types.ExecutionStatusExecuteComplete {
				t.Errorf("%s: a change set is left, which is %s", what, set.ExecutionStatus)
			}
		}
	}
	first := of("one", "mine")
	up(t, c, of("one"))
	obsolete("somebody made it", first)
	up(t, c, of("one", "two"))

	mine := of("one", "two", "mine")
	up(t, c, ours(queues(false, "one", "two", "theirs")))
	obsolete("changed before", mine)

	mine = of("one", "two", "mine")
	cloud.StackTime(t, 100*time.Millisecond)
	leaveUpdate(t, a, queues(false, "one", "two"))
	obsolete("being changed", mine)
	leaveUpdate(t, a, queues(false, "one", "two", "theirs"))
	mine = of("one", "two", "mine")
	obsolete("looked at while it was being changed", mine)
	cloud.StackTime(t, 0)

	mine = of("one", "two", "mine")
	cloud.Before(t, "cloudformation:DescribeChangeSet", 1, func() { leaveUpdate(t, a, queues(false, "one", "two")) })
	obsolete("changed as it is planned", mine)

	if plan, _, _ := up(t, c, of("one", "two", "mine")); plan.Kind != stack.Update || !slices.Equal(queueNames(t, a), []string{"mine", "one", "two"}) {
		t.Errorf("%+v, %v", plan, queueNames(t, a))
	}
	if plan, _, _ := up(t, c, of("one", "two", "mine")); plan.Kind != stack.Unchanged {
		t.Errorf("%+v", plan)
	}
}
