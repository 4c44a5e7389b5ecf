package deploy

// Spoke is what one account sends to a hub, from each of its regions.
type Spoke struct {
	Name Name
	Hub  string // ARN of the hub's event bus; or of its queue, with ByTopic
	// ByTopic has a topic in each region in place of the hub's bus, which the hub's queue
	// is then subscribed to.
	ByTopic bool
	Match   Match
}

// Match chooses the events that a spoke sends. The zero value: whatever hands out
// credentials. Values of one field: any of them; several fields: all of them.
type Match struct {
	ExternalIDs []string
	Roles       []string // ARNs of roles, whole
	Fields      []Field  // more of the event pattern, below detail
}

// Field is one more field of an event pattern: "userIdentity.type" and its values.
type Field struct {
	Path   string
	Values []string
}
