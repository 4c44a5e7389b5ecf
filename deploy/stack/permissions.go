package stack

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

// Permissions are the actions of CloudFormation (and Organizations, for sets) that the
// caller needs, sorted. What the template's resources need comes on top: CloudFormation
// makes them as the caller.
func Permissions(of ...Work) []string { return nil }
