package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// DefaultName is the name of a deployment that was given none.
const DefaultName = "crosstrail"

// DefaultTable is the table of AWS's text.
const DefaultTable = "CrossAccountAuditing"

// Name is that of a deployment: one hub, what sends to it, and what it is made of. All
// names of its parts follow from it, so two hubs of two names live side by side in one
// account and region, and a second run finds what the first one made.
type Name string

// Check says what is wrong with the name: what AWS does not take, and what would be the
// name of a part of another deployment.
func (n Name) Check() error {
	if err := DeploymentName.Check(string(n)); err != nil {
		return err
	}
	for _, end := range ends {
		if of, ok := strings.CutSuffix(string(n), end); ok {
			return fmt.Errorf("%q is no name of a deployment: a part of the deployment %q has a name that ends in %s", string(n), of, end)
		}
	}
	return nil
}

// ends are how names end that are made of a deployment's.
var ends = []string{hubStack, spokeStack, deadLetters, logFiles}

const (
	hubStack    = "-hub"
	spokeStack  = "-spoke"
	roleStack   = "-role-"
	deadLetters = "-dead-letters"
	logFiles    = "-log-files"
)

// HubStack is the stack of the hub.
func (n Name) HubStack() string { return string(n) + hubStack }

// SpokeStack is the stack of a spoke, one in each region, and its StackSet's name.
func (n Name) SpokeStack() string { return string(n) + spokeStack }

// RoleStack is the stack of a role that is assumed across accounts. A stack's name has
// letters, digits and hyphens alone, where a role's may have others (CloudFormation API
// Reference, CreateStack: StackName; IAM API Reference, CreateRole: RoleName), and is
// nobody else's: a digest tells which role it is where the name would have to be another
// than the role's, or might be that of a hub, a spoke, or a role of another deployment.
func (n Name) RoleStack(role string) string {
	meets := strings.Contains("-"+role, roleStack) || slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix("-"+role, end) })
	if !meets && !strings.ContainsFunc(role, unfit) && !digested(role) {
		return string(n) + roleStack + role
	}
	sum := sha256.Sum256([]byte(role))
	fit := strings.Map(func(r rune) rune {
		if unfit(r) {
			return '-'
		}
		return r
	}, role)
	return string(n) + roleStack + fit + digest + hex.EncodeToString(sum[:5])
}

// digest begins the digest of a role's name at the end of its stack's.
const digest = "-x"

// digested reports whether a role's name looks as if it ended in a digest.
func digested(role string) bool {
	i := strings.LastIndex(role, digest)
	return i >= 0 && len(role) == i+len(digest)+10 && !strings.ContainsFunc(role[i+len(digest):], func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') })
}

// unfit reports whether a stack's name cannot have a letter.
func unfit(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// Bus is the hub's event bus.
func (n Name) Bus() string { return string(n) }

// Queue is the hub's queue.
func (n Name) Queue() string { return string(n) }

// QueueARN is the ARN of the hub's queue.
func (n Name) QueueARN(partition, region, account string) string {
	return "arn:" + partition + ":sqs:" + region + ":" + account + ":" + n.Queue()
}

// DeadLetters is the queue of what could not be read.
func (n Name) DeadLetters() string { return string(n) + deadLetters }

// Function is the hub's function.
func (n Name) Function() string { return string(n) }

// LogGroup has the log of the function.
func (n Name) LogGroup() string { return "/aws/lambda/" + string(n) }

// Rule is a spoke's rule, on the default bus of each region, and the hub's, on its own bus.
func (n Name) Rule() string { return string(n) }

// LogFileRule is the hub's rule for new log files, on the default bus.
func (n Name) LogFileRule() string { return string(n) + logFiles }

// Topic is a spoke's topic, one in each region.
func (n Name) Topic() string { return string(n) }

// Alarms are those of the hub.
func (n Name) Alarms() []string {
	var all []string
	for _, what := range []string{"dead-letters", "oldest-message", "function-errors", "function-throttles", "table-throttles"} {
		all = append(all, string(n)+"-"+what)
	}
	return all
}
