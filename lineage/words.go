package lineage

// Evidence is how sure an answer is, best first when compared: a smaller value
// is stronger (linkage.md section 2).
type Evidence uint8

// The ladder.
const (
	Exact Evidence = iota + 1
	Strong
	Inferred
	Claimed
	Contested
	Unresolved
)

// Rule names what tied two records, or named an origin.
type Rule string

// The rules, in the contract's words.
const (
	AccessKey      Rule = "access-key"      // E1
	SignInSession  Rule = "sign-in-session" // E2
	NamedOnRecord  Rule = "named-on-record" // E3
	Session        Rule = "session"         // S1
	ServiceSession Rule = "service-session" // S2
	SignInRule     Rule = "sign-in"         // S3
	SharedEvent    Rule = "shared-event"    // S4
	ForwardAccess  Rule = "forward-access"  // I1
	SoleCandidate  Rule = "sole-candidate"  // I2
	PortalRule     Rule = "portal"          // I3
	SourceIdentity Rule = "source-identity" // C1
)

// Reason is why a chain stops short.
type Reason string

// The gaps, in the contract's words.
const (
	NoIssuerLog               Reason = "no-issuer-log"
	CallerAccountNotCollected Reason = "caller-account-not-collected"
	BeforeCoverage            Reason = "before-coverage"
	Pending                   Reason = "pending"
	NotWatched                Reason = "not-watched"
	ExpiredWindow             Reason = "expired-window"
	NoSessionFields           Reason = "no-session-fields"
	Anonymous                 Reason = "anonymous"
	ServiceInternal           Reason = "service-internal"
	Redacted                  Reason = "redacted"
)

// OriginKind is AWS's word for what stands at the start of a chain.
type OriginKind string

// The kinds; a workload is an AWSService with Workload set.
const (
	IAMUser            OriginKind = "IAMUser"
	Root               OriginKind = "Root"
	SAMLUser           OriginKind = "SAMLUser"
	WebIdentityUser    OriginKind = "WebIdentityUser"
	IdentityCenterUser OriginKind = "IdentityCenterUser"
	AWSService         OriginKind = "AWSService"
	AWSAccount         OriginKind = "AWSAccount"
	UnknownOrigin      OriginKind = "Unknown"
)
