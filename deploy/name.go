package deploy

// DefaultName is the name of a deployment that was given none.
const DefaultName = "crosstrail"

// DefaultTable is the table of AWS's text.
const DefaultTable = "CrossAccountAuditing"

// Name is that of a deployment: one hub, what sends to it, and what it is made of. All
// names of its parts follow from it, so two hubs of two names live side by side in one
// account and region, and a second run finds what the first one made.
type Name string

// HubStack is the stack of the hub.
func (n Name) HubStack() string { return string(n) + "-hub" }

// SpokeStack is the stack of a spoke, one in each region, and its StackSet's name.
func (n Name) SpokeStack() string { return string(n) + "-spoke" }

// RoleStack is the stack of a role that is assumed across accounts.
func (n Name) RoleStack(role string) string { return string(n) + "-role-" + role }

// Bus is the hub's event bus.
func (n Name) Bus() string { return string(n) }

// Queue is the hub's queue.
func (n Name) Queue() string { return string(n) }

// QueueARN is the ARN of the hub's queue.
func (n Name) QueueARN(partition, region, account string) string {
	return "arn:" + partition + ":sqs:" + region + ":" + account + ":" + n.Queue()
}

// DeadLetters is the queue of what could not be read.
func (n Name) DeadLetters() string { return string(n) + "-dead-letters" }

// Function is the hub's function.
func (n Name) Function() string { return string(n) }

// LogGroup has the log of the function.
func (n Name) LogGroup() string { return "/aws/lambda/" + string(n) }

// Rule is a spoke's rule, on the default bus of each region, and the hub's, on its own bus.
func (n Name) Rule() string { return string(n) }

// LogFileRule is the hub's rule for new log files, on the default bus.
func (n Name) LogFileRule() string { return string(n) + "-log-files" }

// Topic is a spoke's topic, one in each region.
func (n Name) Topic() string { return string(n) }
