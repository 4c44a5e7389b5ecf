package query

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Shared is a grant of log files as its use is looked for. What is empty is not
// known; of a role its ARN is enough.
type Shared struct {
	ID       string   // of the grant
	RoleARN  string   // the role that its readers take; empty: a bucket policy lets them in
	Owner    string   // the account of the role, or of the bucket
	To       string   // an account id, the ARN of a user or role, or the id of an organisation
	Members  []string // the accounts of that organisation; nil: any but the owner
	Bucket   string
	Region   string          // of the bucket
	Gets     []string        // the keys that it is a grant of, as patterns of a policy; nil: all of the bucket, or not known
	Lists    []string        // the prefixes below which keys may be listed, likewise
	Expires  cloudtrail.Time // zero: no end, or not known
	LastUsed cloudtrail.Time // of the role, as IAM tells it (IAM API Reference, RoleLastUsed: of the last 400 days)
}

// GrantUse is what the log tells of the use of a grant.
type GrantUse string

// What it may tell.
const (
	GrantUsed      GrantUse = "used"
	GrantMaybeUsed GrantUse = "maybe-used" // somebody was let in who need not be whom it is for, or by something else
	GrantTaken     GrantUse = "taken"      // the role was, and no call shows the session in use
	GrantOutside   GrantUse = "outside"    // whom it is for was let through, but on nothing that is of the grant
	GrantRefused   GrantUse = "refused"    // somebody asked for the role, or for what the bucket's policy lets through, and was refused
	GrantUnused    GrantUse = "unused"     // the log tells so, for the time and the regions that are named
	GrantNotTold   GrantUse = "not-told"   // the log that would tell is not here, or has holes: see Why
)

// GrantEnd is whether a grant is at its end.
type GrantEnd string

// The ends.
const (
	GrantGoesOn  GrantEnd = ""
	GrantEnds    GrantEnd = "soon" // within 30 days
	GrantExpired GrantEnd = "expired"
)

// endsSoon is how long before its end a grant is told of.
const endsSoon = 30 * 24 * hour

// UsageLine is what one user did by one grant; or that nobody used it.
type UsageLine struct {
	Grant *Shared
	Use   GrantUse
	End   GrantEnd

	Chain       *lineage.Chain // of the best proved call; where there is none, of how the role was asked for; nil: nobody did
	FromAccount string         // the reader's: where the role was taken from; "" where nothing tells

	Sessions    int  // of the role, those included that no call shows in use
	Refused     int  // AssumeRole calls that were; they are logged where the caller is, and nowhere else (linkage.md rule 7)
	RefusedFrom Top  // addresses
	ExternalID  Told // of the calls that took the role
	ExternalIDs []string
	MFA         Told

	Calls, Writes, Errors int             // each call once, also where two accounts' logs have it
	First, Last           cloudtrail.Time // of the calls; where there is none, of when the role was taken; else of when it was refused
	Addresses, Agents     Top

	Reading
	Denied    int // of the calls, for want of permission
	DeniedOn  Top // what they were about
	Outside   int // of the calls, those let through on what is not of the grant; zero where its bucket is not known
	OutsideOn Top

	OwnerLogged Logged      // when, in all regions that count
	Regions     []RegionLog // those where a use would be logged
	Why         Hole        // of GrantNotTold, the gravest
	ReaderLog   RegionLog   // of a role's reader in the home region, where it is known: what is there of when it would be told that it was refused
}

// Reading is what was read, by the S3 data events among the calls: CloudTrail logs
// them only where a trail is told to (CloudTrail User Guide, "Logging data events").
type Reading struct {
	DataEvents Told            // whether the log has any for the bucket: without, nothing tells what was read
	DataBeyond cloudtrail.Time // where it has none: of one outside the span that is asked about; zero: none either
	Reads      int             // objects that were got, as often as they were
	Keys       int             // different ones
	Lists      int
	Bytes      int64 // of the reads that tell (additionalEventData.bytesTransferredOut)
	Untold     int   // reads that do not
}

// Usage tells who used each grant: a line a user, those who did most recently
// first; and a line for each grant that nobody used. Of the filter it keeps to
// Since and Until. now is what ends are measured by.
//
// The users of a role are who took it, by the chain of each session. Those of a
// bucket policy's statement are told by the S3 calls that the bucket's log has of
// the reader's account or, where the grant names a user or role, of that one; and,
// as who may have used it, of whoever of the account may be that one.
func Usage(ctx context.Context, r Reader, resolver *lineage.Resolver, grants []Shared, f Filter, now cloudtrail.Time) ([]UsageLine, error) {
	b := &usageBook{
		reader: r, resolver: resolver, span: Selection{Since: f.Since, Until: f.Until}, grants: grants,
		lines: map[usageKey]*usage{}, used: map[string]bool{}, data: map[string]dataSpan{}, named: map[string]string{},
		logs: ownerLogs{events: map[logPlace]Logged{}, reads: map[string]bool{}}, told: map[*Shared]*told{},
	}
	for _, step := range []func(context.Context) error{b.roles, b.buckets} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return b.finish(ctx, now)
}

// usageKey is one user of one grant.
type usageKey struct {
	grant     int
	who, from string
	maybe     bool // it is not proved to be whom the grant is for
}

// usage is a UsageLine being counted.
type usage struct {
	UsageLine
	key   usageKey
	rank  int // of what Chain speaks of: calls before issuances before refusals
	told  speaker
	asked way // how the role was asked for

	sessions, opened, keys *distinct
	did                    activity
	taken, refused         activity
	denied, outside        counter
	unread                 int // lists of which nothing tells what they were of
}

// What a line's chain may be of.
const (
	ofCall = iota
	ofIssuance
	ofRefusal
	ofNothing
)

type usageBook struct {
	reader   Reader
	resolver *lineage.Resolver
	span     Selection // since and until
	grants   []Shared
	lines    map[usageKey]*usage
	used     map[string]bool // issuances that calls lead to: their events and keys
	again    []readAgain
	data     map[string]dataSpan // by owner and bucket
	named    map[string]string   // ARNs by unique id, "" where there are several
	logs     ownerLogs
	told     map[*Shared]*told
}

func (b *usageBook) line(key usageKey) *usage {
	u := b.lines[key]
	if u == nil {
		u = &usage{key: key, rank: ofNothing, sessions: newDistinct(), opened: newDistinct(), keys: newDistinct()}
		u.Grant, u.FromAccount = &b.grants[key.grant], key.from
		u.asked.external = map[string]bool{}
		b.lines[key] = u
	}
	return u
}

// speak lets the best of the best kind of calls tell who it was.
func (u *usage) speak(rank int, row *Row, c *lineage.Chain) {
	t := tallyOf(row)
	said := speakerOf(&t, c, false)
	if rank < u.rank || rank == u.rank && said.before(&u.told) {
		u.rank, u.told, u.Chain = rank, said, c
	}
}

// finish completes the lines and puts them in order.
func (b *usageBook) finish(ctx context.Context, now cloudtrail.Time) ([]UsageLine, error) {
	seen := map[int]bool{}
	for key, u := range b.lines {
		u.done()
		seen[key.grant] = seen[key.grant] || u.Use != GrantRefused && (u.Use != GrantOutside || u.Grant.RoleARN != "")
	}
	for i := range b.grants {
		if !seen[i] {
			b.line(usageKey{grant: i, who: keySep}).Use = GrantUnused
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(b.lines), compareUsage) {
		u := b.lines[key]
		if err := b.place(ctx, u, now); err != nil {
			return nil, err
		}
	}
	all := slices.SortedFunc(maps.Values(b.lines), func(x, y *usage) int {
		return cmp.Or(cmp.Compare(x.key.grant, y.key.grant), cmp.Compare(useOrder(x.Use), useOrder(y.Use)),
			cmp.Compare(y.Last, x.Last), compareUsage(x.key, y.key))
	})
	lines := make([]UsageLine, len(all))
	for i, u := range all {
		lines[i] = u.UsageLine
	}
	return lines, nil
}

func compareUsage(x, y usageKey) int {
	return cmp.Or(cmp.Compare(x.grant, y.grant), cmp.Compare(x.who, y.who), cmp.Compare(x.from, y.from), boolOrder(x.maybe, y.maybe))
}

func boolOrder(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

func useOrder(u GrantUse) int {
	return slices.Index([]GrantUse{GrantUsed, GrantMaybeUsed, GrantTaken, GrantUnused, GrantNotTold, GrantOutside, GrantRefused}, u)
}

func (u *usage) done() {
	u.Sessions += u.sessions.n()
	u.Calls, u.Writes, u.Errors = u.did.events, u.did.writes, u.did.errors
	u.Refused, u.RefusedFrom = u.refused.events, u.refused.addresses.top()
	u.Keys = u.keys.n()
	u.DeniedOn, u.OutsideOn = u.denied.top(), u.outside.top()
	if ids := sortedKeys(u.asked.external); len(ids) > 0 {
		u.ExternalIDs = ids[:min(len(ids), mostShown)]
	}
	u.ExternalID, u.MFA = u.asked.ExternalID, u.asked.MFA
	from := &u.did
	switch {
	case u.Calls > 0:
		u.Use = u.useByCalls()
	case u.Sessions > 0:
		u.Use, from = GrantTaken, &u.taken
	default:
		u.Use, from = GrantRefused, &u.refused
	}
	u.First, u.Last = from.first, from.last
	u.Addresses, u.Agents = from.addresses.top(), from.agents.top()
}

// useByCalls is what the calls show. Whoever is in a session of the role uses it,
// and what is denied is a use in vain; a bucket's policy is used by what it let
// through.
func (u *usage) useByCalls() GrantUse {
	role := u.Grant.RoleARN != ""
	failed := u.Errors - u.Denied // neither let through nor refused, as far as is told
	inside := u.Calls - u.Errors - u.Outside - u.unread
	switch {
	case u.Outside > 0 && u.Outside+u.Denied == u.Calls:
		return GrantOutside
	case role, inside > 0 && !u.key.maybe:
		return GrantUsed
	case inside+failed+u.unread > 0:
		return GrantMaybeUsed
	case u.Outside > 0:
		return GrantOutside
	}
	return GrantRefused
}

// place tells what the log can tell of the grant, and when it ends.
func (b *usageBook) place(ctx context.Context, u *usage, now cloudtrail.Time) error {
	g := u.Grant
	switch {
	case g.Expires == 0:
	case g.Expires <= now:
		u.End = GrantExpired
	case g.Expires <= now+endsSoon:
		u.End = GrantEnds
	}
	t, err := b.toldOf(ctx, g, Clock(now))
	if err != nil {
		return err
	}
	u.OwnerLogged, u.Regions, u.ReaderLog = t.when, t.regions, t.reader
	if u.DataEvents == NotTold && (u.Calls > 0 || g.RoleARN == "") {
		d, err := b.dataOf(ctx, g)
		if err != nil {
			return err
		}
		if has := d.first != 0; !has || g.Bucket != "" { // those of another bucket tell nothing of this one
			u.DataEvents.add(has)
			u.DataBeyond = d.beyond
		}
	}
	if u.Use != GrantUnused {
		return nil
	}
	if u.Why = t.why; u.Why == NoHole && b.usedByIAM(g, t) {
		u.Why = SaidUsed
	}
	if u.Why != NoHole {
		u.Use = GrantNotTold
	}
	return nil
}
