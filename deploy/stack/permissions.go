package stack

import "slices"

// Work is what a client is used for.
type Work string

// What a client is used for.
const (
	WorkUp      Work = "up"       // Plan, Do, Drop
	WorkDown    Work = "down"     // Delete
	WorkFind    Work = "find"     // Find
	WorkSetUp   Work = "set up"   // PlanSet, DoSet
	WorkSetDown Work = "set down" // DeleteSet
	WorkSetFind Work = "set find" // FindSet
)

// Permissions are the actions that the caller needs, sorted: CloudFormation's, and for
// sets one of Organizations. What the template's resources need comes on top, as
// CloudFormation makes them with the caller's rights. cloudformation:DescribeEvents only
// adds to what is said of a template that is refused.
//
// Tags: CloudFormation asks for cloudformation:TagResource where a
// StackSet has tags (API Reference, CreateStackSet, Tags), and puts a stack's tags on its
// resources, which wants the tagging action of each kind.
func Permissions(of ...Work) []string {
	var actions []string
	for _, work := range of {
		for _, name := range needs(work) {
			actions = append(actions, "cloudformation:"+name)
		}
		if work == WorkSetUp {
			actions = append(actions, "organizations:ListRoots")
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

func needs(work Work) []string {
	switch work {
	case WorkUp:
		return append(needs(WorkDown), "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DescribeEvents")
	case WorkDown:
		return []string{"DescribeStacks", "DescribeStackEvents", "ListChangeSets", "DeleteStack"}
	case WorkFind:
		return []string{"DescribeStacks", "ListStackResources", "GetTemplate"}
	case WorkSetFind:
		return []string{"DescribeStackSet", "ListStackInstances"}
	case WorkSetUp:
		return append(needs(WorkSetFind), "DescribeOrganizationsAccess", "CreateStackSet", "UpdateStackSet", "DeleteStackSet", "CreateStackInstances",
			"DescribeStackSetOperation", "ListStackSetOperationResults", "TagResource")
	case WorkSetDown:
		return append(needs(WorkSetFind), "DeleteStackInstances", "DeleteStackSet",
			"DescribeStackSetOperation", "ListStackSetOperationResults")
	}
	return nil
}
