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
