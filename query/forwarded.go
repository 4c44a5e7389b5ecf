package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Sent is what somebody is to send of the calls that hand out credentials. Of one field
// any value does, and an empty one takes all; of several fields each has to fit.
type Sent struct {
	Accounts    []string // the callers'
	Roles       []string // ARNs, whole
	ExternalIDs []string
	// By is asked of a call that fits so far, made by that account, of which the role's
	// owner has this copy; nil: it is sent.
	By func(account string, copied *lineage.Fact) Taken
}

// Taken tells whether a call is to be sent.
type Taken int

// In this order: of several the greatest counts.
const (
	NotTaken Taken = iota
	PerhapsTaken
	SurelyTaken
)

func (s *Sent) takes(i *forwardedCall) Taken {
	switch {
	case !anyOf(s.Accounts, i.account) || !anyOf(s.Roles, i.role) || !anyOf(s.ExternalIDs, i.externalID):
		return NotTaken
	case s.By == nil:
		return SurelyTaken
	}
	return s.By(i.account, i.logged)
}

// ForwardedOptions narrows [Forwarded].
type ForwardedOptions struct {
	Since, Until cloudtrail.Time // of the calls, both included; zero is open
	Sent         []Sent          // any of these is to be sent; none: whatever there is
}

// ForwardedAnswer tells what came of the calls by which credentials went from one
// account into another.
type ForwardedAnswer struct {
	Lines  []ForwardedLine // by account and region
	Newest cloudtrail.Time // stamp of all log files: of what was later they tell nothing
}

// ForwardedLine is of the calls of one account, in the region where they were made. The
// numbers count issuances: the copies of one are one (linkage.md section 1).
type ForwardedLine struct {
	Account, Region string

	Both        int // came as events, and log files tell of them too
	Lost        int // log files tell of them, and no event came
	Unsure      int // likewise, of what may not have been to be sent
	Others      int // likewise, of what was not to be sent
	Pending     int // came as events; the log file is not here yet
	Unlogged    int // came as events, and the log that should have them has them not
	Uncollected int // came as events; the log that would have them is not collected
	Within      int // came as events, and stay within the account: no other tells of them
	Own         int // the account's own log is here, which may have taken the event's place

	FirstEvent, LastEvent   cloudtrail.Time // of what came as an event
	FirstLogged, LastLogged cloudtrail.Time // of what log files tell
	Missing                 []LostEvent     // of Lost, by time: not more than mostMissing
}

// LostEvent is a call of which no event came, by the copy that its log file has.
type LostEvent struct {
	ID         cloudtrail.ID
	Time       cloudtrail.Time
	RoleARN    string
	ExternalID string
	lineage.Location
}

// mostMissing is how many lost events are named one by one, of each line.
const mostMissing = 100

// Forwarded sets what accounts sent against what log files tell. EventBridge is best
// effort (EventBridge User Guide, "Events from AWS services"): the caller's copy of a
// call that came as an event lies in a message, a log file of our own making; that of the
// role's owner in the owner's log. Where the caller's own log is here too it takes the
// place of what a message told, and nothing shows any more whether one came: that is Own.
// What was read by LookupEvents cannot be told from a message.
//
// A service's calls are left out, and those that failed: they have no second copy.
func Forwarded(ctx context.Context, r Reader, o ForwardedOptions) (*ForwardedAnswer, error) {
	spans, err := readSpans(ctx, r)
	if err != nil {
		return nil, err
	}
	b := forwardedBook{o: &o, horizon: lineage.NewHorizon(spans), lines: map[logPlace]*ForwardedLine{}, own: map[logPlace]cloudtrail.Time{}}
	for _, s := range spans {
		if s.Account != "" {
			at := logPlace{s.Account, s.Region}
			b.own[at] = max(b.own[at], s.Newest)
		}
	}
	read := issuedRows{r: r, each: b.add}
	for row, err := range r.Rows(ctx, Selection{Since: o.Since, Until: o.Until, EventNames: issuingNames}) {
		if err != nil {
			return nil, fmt.Errorf("reading who got credentials: %w", err)
		}
		if inSpan(row.Time, o.Since, o.Until) && lineage.IssuesCredentials(row.EventSource, row.EventName) && row.ErrorCode == "" && row.Caller.Type != "AWSService" {
			if err := read.add(ctx, row); err != nil {
				return nil, err
			}
		}
	}
	if err := read.flush(ctx); err != nil {
		return nil, err
	}
	return &ForwardedAnswer{Lines: b.done(), Newest: b.horizon.Newest()}, nil
}

func inSpan(t, since, until cloudtrail.Time) bool {
	return (since == 0 || t >= since) && (until == 0 || t <= until)
}

// issuingNames are the names that [lineage.IssuesCredentials] knows of STS: others hand
// out nothing that is good in another account.
var issuingNames = []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken"}

// forwardedBook counts issuances.
type forwardedBook struct {
	o       *ForwardedOptions
	horizon *lineage.LogHorizon
	own     map[logPlace]cloudtrail.Time // newest stamp of each log that is here
	lines   map[logPlace]*ForwardedLine
}

// forwardedCall is an issuance as far as it matters here.
type forwardedCall struct {
	account, region  string // the caller's
	role, externalID string
	owner            string        // the account that the credentials are good in
	sent, logged     *lineage.Fact // the caller's copy out of a message, and a copy out of a log file
	own              bool          // a copy of the caller's is in its own log
}

func (b *forwardedBook) add(copies []*lineage.Fact) {
	i := callOf(copies)
	if i == nil {
		return
	}
	at := logPlace{i.account, i.region}
	l := b.lines[at]
	if l == nil {
		l = &ForwardedLine{Account: i.account, Region: i.region}
		b.lines[at] = l
	}
	when := copies[0].Time
	if i.sent != nil {
		l.FirstEvent, l.LastEvent = earliest(l.FirstEvent, when), max(l.LastEvent, when)
	}
	if i.logged != nil {
		l.FirstLogged, l.LastLogged = earliest(l.FirstLogged, when), max(l.LastLogged, when)
	}
	switch {
	case i.own, i.sent != nil && b.mayBeOwn(at, when):
		l.Own++
	case i.sent != nil:
		b.sent(l, i, when)
	default:
		b.logged(l, i, when)
	}
}

// logged counts what log files tell of alone.
func (b *forwardedBook) logged(l *ForwardedLine, i *forwardedCall, when cloudtrail.Time) {
	switch b.toBeSent(i) {
	case NotTaken:
		l.Others++
	case PerhapsTaken:
		l.Unsure++
	default:
		l.Lost++
		l.miss(LostEvent{ID: i.logged.ID, Time: when, RoleARN: i.role, ExternalID: i.externalID, Location: i.logged.Location})
	}
}

// mayBeOwn reports whether a log file of the account's own may have a call of that
// moment: which of both files the store then names is free. Such a file has a stamp that
// is later, and the log began before: from when on it has all, the horizon tells.
func (b *forwardedBook) mayBeOwn(at logPlace, when cloudtrail.Time) bool {
	switch b.horizon.At(at.account, at.region, when) {
	case lineage.Covered, lineage.Hole:
		return true
	case lineage.BehindNewest:
		return b.own[at] >= when
	}
	return false
}

// sent counts what came as an event.
func (b *forwardedBook) sent(l *ForwardedLine, i *forwardedCall, when cloudtrail.Time) {
	switch {
	case i.logged != nil:
		l.Both++
	case i.owner == i.account:
		l.Within++
	default:
		switch b.horizon.At(i.owner, i.region, when) {
		case lineage.BehindNewest:
			l.Pending++
		case lineage.Covered, lineage.Hole:
			l.Unlogged++
		default:
			l.Uncollected++
		}
	}
}

func (b *forwardedBook) toBeSent(i *forwardedCall) Taken {
	if len(b.o.Sent) == 0 {
		return SurelyTaken
	}
	most := NotTaken
	for n := range b.o.Sent {
		most = max(most, b.o.Sent[n].takes(i))
	}
	return most
}

// callOf reads the copies of one issuance; nil where no caller's account is told.
func callOf(copies []*lineage.Fact) *forwardedCall {
	i := &forwardedCall{}
	for _, f := range copies {
		i.account = cmp.Or(i.account, callerAccount(f.Caller))
		i.role = cmp.Or(i.role, f.Request.RoleARN)
		i.externalID = cmp.Or(i.externalID, f.Request.ExternalID)
		i.owner = cmp.Or(i.owner, accountOf(f.Request.RoleARN), accountOf(f.Grant.ARN))
	}
	if i.account == "" {
		return nil
	}
	i.owner = cmp.Or(i.owner, i.account)
	for _, f := range slices.SortedFunc(slices.Values(copies), compareFacts) {
		own := f.ID.Recipient == i.account
		switch {
		case own && isMessage(f.File):
			i.sent = cmp.Or(i.sent, f)
		case own:
			i.own = true
			i.logged = cmp.Or(i.logged, f)
		default:
			i.logged = cmp.Or(i.logged, f)
		}
		if i.region == "" || own {
			i.region = cmp.Or(regionOf(f), i.region)
		}
	}
	return i
}

// regionOf is where a rule sees the call: what old records call global is us-east-1
// (linkage.md 7.2).
func regionOf(f *lineage.Fact) string {
	if f.Region == "global" {
		return "us-east-1"
	}
	return f.Region
}

// isMessage reports whether a record came without a log file. In a table that AWS's own
// text made no file is named of anything.
func isMessage(file string) bool {
	return cloudtrail.IsInline(file) || strings.HasPrefix(file, "item:")
}

// miss notes a lost event among the first.
func (l *ForwardedLine) miss(e LostEvent) {
	at, _ := slices.BinarySearchFunc(l.Missing, e, compareLost)
	if at < mostMissing {
		l.Missing = slices.Insert(l.Missing, at, e)
		l.Missing = l.Missing[:min(len(l.Missing), mostMissing)]
	}
}

func compareLost(x, y LostEvent) int {
	return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event), cmp.Compare(x.ID.Recipient, y.ID.Recipient))
}

func (b *forwardedBook) done() []ForwardedLine {
	var all []ForwardedLine
	for _, l := range b.lines {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(x, y ForwardedLine) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region))
	})
	return all
}
