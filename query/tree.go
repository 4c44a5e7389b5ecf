package query

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// mostNames is how many session names of one role stand for themselves below
// one parent; the sessions with later names share a line.
const mostNames = 6

// tree is Nodes being built, below one origin, dispute or gap.
type tree struct {
	children map[nodeKey]*node
	names    map[string]int // session names below each role
	byRole   bool           // a service's sessions: one line a role, whatever their names
}

type nodeKey struct {
	role, session string
	by            string
	evidence      lineage.Evidence
}

type node struct {
	tree
	hop                         *lineage.Hop
	caller                      string
	name                        string
	otherName                   bool
	evidence                    lineage.Evidence
	sessions                    int
	did                         activity
	calls                       calls
	otherAddresses, otherAgents counter
	workloads                   map[string]*places // by session, of those issued to a service
	suspect                     *places            // the first of them that was in two places
	suspectID                   string
}

// place finds or makes the node of a chain. seen holds the sessions counted so
// far, across all trees.
func (t *tree) place(row *Row, c *lineage.Chain, seen map[string]bool) *node {
	if len(c.Hops) == 0 {
		caller := ""
		if c.Origin == nil {
			caller = callerWords(row.Caller)
		}
		n := t.child(nodeKey{session: caller})
		n.caller = caller
		return n
	}
	at, byRole := t, t.byRole
	var n *node
	for i := range c.Hops {
		n = at.childFor(&c.Hops[i], byRole)
		at = &n.tree
		if !seen[c.Hops[i].ID] {
			seen[c.Hops[i].ID] = true
			n.sessions++
		}
	}
	return n
}

func (t *tree) childFor(hop *lineage.Hop, byRole bool) *node {
	role, name := cmp.Or(hop.RoleARN, hop.Account), cmp.Or(hop.SessionARN, hop.ID)
	key := nodeKey{role, name, hop.By, hop.Evidence}
	if byRole {
		key.session = ""
	} else if t.children[key] == nil {
		if t.names[role] >= mostNames {
			key.session = ""
		} else {
			if t.names == nil {
				t.names = map[string]int{}
			}
			t.names[role]++
		}
	}
	n := t.child(key)
	if n.hop == nil {
		alone := *hop // the others of its chain, and what proves them, are let go
		alone.Proof = lineage.Proof{}
		n.hop, n.name = &alone, name
	}
	n.otherName = n.otherName || n.name != name
	return n
}

func (t *tree) child(key nodeKey) *node {
	n := t.children[key]
	if n == nil {
		if t.children == nil {
			t.children = map[nodeKey]*node{}
		}
		n = &node{}
		t.children[key] = n
	}
	return n
}

// add counts a call into the node of its session.
func (n *node) add(row *Row, c *lineage.Chain, via string, write bool) {
	n.did.add(row, write)
	n.calls.add(row, via, write)
	n.evidence = max(n.evidence, c.Evidence)
	if len(c.Hops) == 0 {
		return
	}
	issued := c.Hops[len(c.Hops)-1].Issuance
	if issued == nil || via != "" {
		return
	}
	if isService(issued.SourceIP) {
		n.was(c.Hops[len(c.Hops)-1].ID, &row.Use)
	}
	if !isService(row.SourceIP) && !isService(issued.SourceIP) && row.SourceIP != issued.SourceIP {
		n.otherAddresses.add(row.SourceIP)
	}
	if a, b := product(row.UserAgent), product(issued.UserAgent); a != "" && b != "" && a != b {
		n.otherAgents.add(row.UserAgent)
	}
}

// product is the tool an agent begins with, without version and platform, in
// lower case: one tool asks for credentials and uses them under agents that
// differ in the rest. It is "" for what AWS's own console and services write.
func product(agent string) string {
	if isService(agent) || strings.Contains(agent, "aws-internal") || strings.Contains(agent, "Console") || strings.HasPrefix(agent, "console.") {
		return ""
	}
	agent = strings.TrimPrefix(agent, "[")
	if i := strings.IndexAny(agent, "/ "); i >= 0 {
		agent = agent[:i]
	}
	return strings.ToLower(agent)
}

// callerWords is what a record says of a caller that nothing else is known of.
func callerWords(id *lineage.Identity) string {
	return cmp.Or(id.ARN, id.PrincipalID, id.InvokedBy, id.AccountID, id.Type)
}

// done returns the finished nodes, by first call, and what was done in all.
func (t *tree) done() ([]*Node, activity) {
	type entry struct {
		key   nodeKey
		first cloudtrail.Time
		node  *Node
	}
	var entries []entry
	keys := make([]nodeKey, 0, len(t.children))
	for key := range t.children {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y nodeKey) int {
		return cmp.Or(cmp.Compare(x.role, y.role), cmp.Compare(x.session, y.session), cmp.Compare(x.by, y.by), cmp.Compare(x.evidence, y.evidence))
	})
	var all activity
	for _, key := range keys {
		n := t.children[key]
		delete(t.children, key) // the answer takes its place in memory too
		children, below := n.done()
		out := &Node{
			Hop: n.hop, Caller: n.caller, Evidence: n.evidence, Sessions: n.sessions, OtherName: n.otherName,
			Activity: n.did.done(), Calls: n.calls.done(), Children: children,
			OtherAddresses: n.otherAddresses.top(), OtherAgents: n.otherAgents.top(), Places: n.moved(),
		}
		if n.hop != nil && n.hop.Issuance != nil {
			out.IssuedToAddress, out.IssuedToAgent = n.hop.Issuance.SourceIP, n.hop.Issuance.UserAgent
		}
		below.merge(&n.did)
		entries = append(entries, entry{key, below.first, out})
		all.merge(&below)
	}
	slices.SortStableFunc(entries, func(x, y entry) int { return cmp.Compare(x.first, y.first) })
	nodes := make([]*Node, len(entries))
	for i, e := range entries {
		nodes[i] = e.node
	}
	return nodes, all
}
