package deploy

// Spoke is what one account sends to a hub, from each of its regions.
type Spoke struct {
	Name Name   `json:"name"`
	Hub  string `json:"hub"` // ARN of the hub's event bus; or of its queue, with ByTopic
	// ByTopic has a topic in each region in place of the hub's bus, which the hub's queue
	// is then subscribed to.
	ByTopic bool  `json:"byTopic,omitempty"`
	Match   Match `json:"match,omitzero"`
	// Regions are those that were asked for; nil: every one that is enabled. The template
	// is the same in each.
	Regions []string `json:"regions,omitempty"`
}

// Match chooses the events that a spoke sends. The zero value: whatever hands out
// credentials. Values of one field: any of them; several fields: all of them.
type Match struct {
	ExternalIDs []string `json:"externalIds,omitempty"`
	Roles       []string `json:"roles,omitempty"`  // ARNs of roles, whole
	Fields      []Field  `json:"fields,omitempty"` // more of the event pattern, below detail
}

// Field is one more field of an event pattern: "userIdentity.type" and its values.
type Field struct {
	Path   string   `json:"path"`
	Values []string `json:"values"`
}

// Template is the CloudFormation template of the spoke, in YAML: of one region, the
// same in each. [Spoke.Check] comes first.
func (s *Spoke) Template() []byte {
	return render("spoke.yaml", spokeData{s, settings{Spoke: s}.text(), block(s.pattern(), 8)})
}

type spokeData struct {
	*Spoke
	Settings, PatternYAML string
}
