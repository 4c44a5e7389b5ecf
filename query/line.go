package query

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Line is one event with its chain: what the contract's JSON line prints.
type Line struct {
	Row      *Row
	Chain    *lineage.Chain
	Variants []Row // the other forms of the event, by [Lines], [Print], [Who] and [Show]; the least first
}

// Filter is the contract's filters. Several values of one field: any of them;
// several fields: all of them. Not holds filters of which none may match.
type Filter struct {
	Since, Until cloudtrail.Time
	Origins      []string // id, ARN, name, e-mail or workload
	Kinds        []string
	Roles        []string // name or ARN of any role in the chain
	Accounts     []string // where it happened
	FromAccounts []string
	Regions      []string
	Keys         []string // access key ids, of the call, or issued or used in a hop
	Sessions     []string // session id, or its name
	EventNames   []string // whatever their case
	EventSources []string
	IPs          []string         // address or CIDR
	UserAgents   []string         // substring
	Resources    []string         // ARN or name, as the contract says of --resource
	Evidence     lineage.Evidence // at least, in Not: exactly; zero: any
	CrossAccount bool
	ThirdParty   bool
	Writes       bool
	Errors       bool
	Not          []Filter
	Newest       bool
	Limit        int      // 0: no limit
	OwnAccounts  []string // for ThirdParty: accounts that are one's own, as those of one's organisation, beside those with log files in the set
	NoHistory    bool     // for Access: what was before Since was not read
}
