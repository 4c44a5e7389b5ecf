package lineage

import "github.com/crosstrail/crosstrail/cloudtrail"

// Chain is the answer for one use: who is behind it, hop by hop. Uses that
// share an answer share the Chain; it is never written to once returned.
type Chain struct {
	Evidence     Evidence
	Origin       *Origin // nil where nothing in the logs can tell, or contested
	Hops         []Hop   // origin's side first; the last made the call
	Via          []Via   // who acted on the origin's behalf
	Conflicts    []Conflict
	Candidates   []Candidate
	Gaps         []Gap
	CrossAccount bool // some hop was made from another account

	span      int  // sessions between the event and the record that named the origin
	cutOff    bool // there is more before the first hop than is followed
	ring      bool // nothing but itself leads to the session
	delegated bool // further sessions were made by whoever stands in Via
}

// Origin is where a chain starts.
type Origin struct {
	ID          string // the contract's origin.id: compare by this alone
	Kind        OriginKind
	Rule        Rule // what named it
	ARN         string
	PrincipalID string
	AccountID   string
	Name        string
	AccessKeyID string // long-term key the chain began with
	Workload    string // instance, pod, function, certificate
	SignIn      *SignInInfo
	NamedBy     *Use // where the event's own record does not name it: the record of its session, or its other copy, that does
}

// SignInInfo is how an IAM user, root or person came by the first session: a
// console sign-in or GetSessionToken. It is context and no hop.
type SignInInfo struct {
	By       string          // eventName
	MFA      cloudtrail.Bool // absent where its record has no word of it
	SourceIP string
	Event    Use
}

// Hop is one session of a chain and the issuance that made it.
type Hop struct {
	ID         string // session id: "AROA…:name@2016-04-05T20:39:37Z"
	SessionARN string // userIdentity.arn of its calls
	RoleARN    string
	Account    string // where the session lives
	By         string // eventName of the issuance, "" where it is not known
	Rule       Rule   // "" where nothing tied the session to an issuance
	Evidence   Evidence

	Issuance        *Fact   // the copy shown (the caller's, where there is one), or the sign-in; nil if none
	Copies          []*Fact // the other accounts' copies
	Ambiguous       bool    // credential: several issuances, one origin
	CallerAccountID string
	MFA             cloudtrail.Bool
	SourceIdentity  string
	Tags            map[string]string
	Notes           []string // console-session, account-differs, …: sorted
	Proof           Proof
}

// Proof is what a hop rests on: the two records and what is equal in them.
type Proof struct {
	// Use is the record that shows the session in use: the call that issued
	// the next hop's. For the last hop it is the event asked about; many share
	// the chain, so there only the Caller is set and the ID is zero.
	Use Use
	// Delivered is when the last log file was delivered in which another issuance
	// was looked for; see [NoteDelivered].
	Delivered cloudtrail.Time
	Equal     []Equal    // fields that match, in the rule's order
	Fits      []*Fact    // where several issuances fit: each of them
	RuledOut  []RuledOut // what was considered and fell out, by event id
}

// Equal is one field that two records share.
type Equal struct{ Field, Value string }

// RuledOut is a candidate that a guard refused.
type RuledOut struct {
	Issuance *Fact
	Guard    string // expiry, before-issue, account, role-id, session-name, user-id, creation-date, denied, own-key
}

// Via is one step of delegation: a hop of the actor, or just a service or account.
type Via struct {
	Hop       *Hop
	Service   string
	AccountID string
	Call      *Use // forward access from a long-term key: the call the service went on with, where it is one
}

// Conflict is a proof on the record that names another person.
type Conflict struct {
	Says   string // onBehalfOf, …
	Origin *Origin
}

// Candidate is one of several issuances that fit, with its origin.
type Candidate struct {
	Origin *Origin // nil where its chain leads to none
	Event  *Fact
}

// Gap is why a chain stops short, and what to collect.
type Gap struct {
	Reason    Reason
	AccountID string
	Region    string
	From      cloudtrail.Time
	Until     cloudtrail.Time
	Lost      bool // log files of that time are proved to be lost
}
