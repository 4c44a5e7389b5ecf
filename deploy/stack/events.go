package stack

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Event is one step of an operation. All but Time is AWS's text.
type Event struct {
	Time                                        time.Time
	LogicalID, PhysicalID, Type, Status, Reason string
}

// Retained reports whether the stack lets go of a resource that stays.
func (e Event) Retained() bool { return e.Status == string(types.ResourceStatusDeleteSkipped) }

const stackType = "AWS::CloudFormation::Stack"

// trail follows one operation on a stack by its events.
type trail struct {
	c       *Client
	name    string
	stackID string
	token   string // of the request that began it; "": whoever began it
	since   string // id of the last event before
	told    func(Event)

	seen      map[string]bool
	events    []Event
	operation string // CloudFormation's id of it, "" where there is none
	end       types.ResourceStatus
}

// begin notes where a stack's events are before an operation.
func (c *Client) begin(ctx context.Context, name, stackID, token string, told func(Event)) (*trail, error) {
	page, err := c.api.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stackID})
	if err != nil {
		return nil, c.cannot(err, "read the events of the stack", name)
	}
	t := &trail{c: c, name: name, stackID: stackID, token: token, told: told, seen: map[string]bool{}}
	if len(page.StackEvents) != 0 {
		t.since = aws.ToString(page.StackEvents[0].EventId)
	}
	return t, nil
}

// look reads what happened since, oldest first, and tells what is new. Pages are newest
// first; all since the beginning are read each time, as one may turn up late.
func (t *trail) look(ctx context.Context) error {
	var since []types.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(t.c.api, &cloudformation.DescribeStackEventsInput{StackName: &t.stackID})
	for reached := false; !reached && pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.StackEvents {
			if reached = aws.ToString(e.EventId) == t.since; reached {
				break
			}
			since = append(since, e)
		}
	}
	for _, e := range slices.Backward(since) {
		t.take(e)
	}
	return nil
}

func (t *trail) take(e types.StackEvent) {
	id, token := aws.ToString(e.EventId), aws.ToString(e.ClientRequestToken)
	if t.seen[id] || t.token != "" && token != "" && token != t.token {
		return
	}
	t.seen[id] = true
	if t.operation == "" {
		t.operation = aws.ToString(e.OperationId)
	}
	event := Event{
		aws.ToTime(e.Timestamp), aws.ToString(e.LogicalResourceId), aws.ToString(e.PhysicalResourceId), aws.ToString(e.ResourceType),
		string(e.ResourceStatus), aws.ToString(e.ResourceStatusReason),
	}
	if e.HookStatusReason != nil {
		// A hook, as Control Tower's proactive controls are, has a status and words of its own.
		event.Status, event.Reason = string(e.HookStatus), aws.ToString(e.HookType)+": "+aws.ToString(e.HookStatusReason)
	}
	t.events = append(t.events, event)
	if event.PhysicalID == t.stackID && e.HookStatusReason == nil {
		t.end = e.ResourceStatus
	}
	if t.told != nil {
		t.told(event)
	}
}

// follow tells events until the operation has ended.
func (t *trail) follow(ctx context.Context) error {
	p := t.c.patience()
	for {
		over, err := t.over(ctx)
		if over {
			return nil
		}
		if err := p.next(ctx, err); err != nil {
			return t.away(err)
		}
	}
}

// over looks, and reports whether the stack's last event is the operation's last. A stack that
// fails before its first resource is CREATE_FAILED or UPDATE_FAILED, and rolled back
// then; only the stack itself tells whether it stays so.
func (t *trail) over(ctx context.Context) (bool, error) {
	if err := t.look(ctx); err != nil {
		return false, err
	}
	switch {
	case t.end == "" || strings.HasSuffix(string(t.end), "_IN_PROGRESS"):
		return false, nil
	case t.end != types.ResourceStatusCreateFailed && t.end != types.ResourceStatusUpdateFailed:
		return true, nil
	}
	s, err := t.c.describe(ctx, t.stackID)
	return err == nil && string(s.StackStatus) == string(t.end), err
}

func (t *trail) away(err error) error {
	return &AwayError{Name: t.name, Look: "aws cloudformation describe-stack-events --stack-name " + t.name, Region: t.c.config.Region, Err: err}
}

// cause is the first resource that failed. Without one it is what was wrong before the
// first resource, or what the stack itself says.
func (t *trail) cause(ctx context.Context) Event {
	if e, ok := firstFailed(t.events, t.stackID); ok {
		return e
	}
	input := &cloudformation.DescribeEventsInput{StackName: &t.stackID}
	if t.operation != "" {
		input.OperationId = &t.operation
	}
	if wrong := t.c.wrong(ctx, input); len(wrong) != 0 {
		return wrong[0]
	}
	for _, e := range t.events {
		if e.Reason != "" && (strings.HasSuffix(e.Status, "_FAILED") || strings.Contains(e.Status, "ROLLBACK")) {
			return e
		}
	}
	return Event{LogicalID: t.name, Type: stackType, Status: string(t.end)}
}

// firstFailed is the first resource that failed of itself: "Resource creation cancelled"
// are those that CloudFormation gave up on its account. A hook's words come before the
// resource's, which name the hook alone.
func firstFailed(events []Event, stackID string) (Event, bool) {
	hooks := map[string]string{} // what one said of a resource
	for _, e := range events {
		switch {
		case strings.HasPrefix(e.Status, "HOOK_") && strings.HasSuffix(e.Status, "_FAILED"):
			hooks[e.LogicalID] = e.Reason
		case e.PhysicalID == stackID || !strings.HasSuffix(e.Status, "_FAILED") || strings.HasSuffix(strings.ToLower(e.Reason), "cancelled"):
		default:
			e.Reason += colon(hooks[e.LogicalID])
			return e, true
		}
	}
	return Event{}, false
}
