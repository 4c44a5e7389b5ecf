package stack

import "testing"

// TestFirstFailed: the resource that failed of itself, with what a hook said of it.
// AWS's texts; the stand-in makes one resource after the other, so it cancels none, and
// has no hooks.
func TestFirstFailed(t *testing.T) {
	const id = "arn:aws:cloudformation:us-east-1:111111111111:stack/x/1"
	const hooked = "The following hook(s) failed: [AWS::ControlTower::Hook]"
	for what, c := range map[string]struct {
		events []Event
		want   string // logical id and reason
	}{
		"others are cancelled": {[]Event{
			{LogicalID: "x", PhysicalID: id, Status: "CREATE_IN_PROGRESS"},
			{LogicalID: "A", Status: "CREATE_FAILED", Reason: "Resource creation cancelled"},
			{LogicalID: "B", Status: "CREATE_FAILED", Reason: "taken already"},
			{LogicalID: "C", Status: "CREATE_FAILED", Reason: "later"},
		}, "B: taken already"},
		"an update": {[]Event{
			{LogicalID: "A", Status: "UPDATE_FAILED", Reason: "Resource update cancelled"},
			{LogicalID: "B", Status: "UPDATE_FAILED", Reason: "no such key"},
		}, "B: no such key"},
		"a hook": {[]Event{
			{LogicalID: "B", Status: "HOOK_COMPLETE_FAILED", Reason: "AWS::ControlTower::Hook: CT.SQS.PR.1"},
			{LogicalID: "B", Status: "CREATE_FAILED", Reason: hooked},
		}, "B: " + hooked + ": AWS::ControlTower::Hook: CT.SQS.PR.1"},
		"only the stack": {[]Event{{LogicalID: "x", PhysicalID: id, Status: "CREATE_FAILED", Reason: "Validation failed with 1 error(s)."}}, ""},
	} {
		e, ok := firstFailed(c.events, id)
		if got := e.LogicalID + colon(e.Reason); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
