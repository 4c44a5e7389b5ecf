package deploy

import (
	"slices"
)

// Work is something that an operator does, which needs permissions.
type Work string

// What each command does.
const (
	WorkLook     Work = "look"     // at the account, its trails and their buckets
	WorkForecast Work = "forecast" // from yesterday's log files
	WorkNotify   Work = "notify"   // to be told of new log files, and no longer
	WorkUpload   Work = "upload"   // the function's code, and remove it
	WorkHub      Work = "hub"      // the hub's stack: up and down
	WorkSpoke    Work = "spoke"
	WorkRole     Work = "role"
	WorkStackSet Work = "stackset"
)

// Permissions are the actions that an operator needs for some work, sorted.
func Permissions(what ...Work) []string {
	var all []string
	for _, w := range what {
		all = append(all, actions[w]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// actions are those of each work.
var actions = map[Work][]string{}
