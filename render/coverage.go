package render

import (
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Coverage prints which logs are there and what the holes leave open: as JSON or
// CSV a flat row a log, silent span, account known by its events alone, missing
// account, account that nobody can use, change and gap, told apart by their kind;
// and one that counts the files with stamps ahead of the clock.
func Coverage(w io.Writer, a *query.CoverageAnswer, form Form, style Style) error {
	e := NewEncoder(style)
	return kinds{
		objects: func(add func(func([]byte) []byte)) { e.coverage(a, add) },
		csv:     func() []byte { return e.coverageCSV(a) },
		table:   func() error { return coverageTable(w, a, style) },
	}.print(w, form)
}

// The kinds of rows.
const (
	kindLog     = "log"
	kindFailed  = "failed"
	kindPart    = "failed-in-part"
	kindFloor   = "floor"
	kindSilent  = "silent"
	kindMissing = "missing"
	kindUnused  = "unusable"
	kindChange  = "change"
	kindGap     = "gap"
	kindAhead   = "ahead"
	kindQuiet   = "quiet"
	kindAltered = "altered"
	kindEvents  = "events"
	kindListed  = "listed"
)

func (e *Encoder) coverage(a *query.CoverageAnswer, add func(members func([]byte) []byte)) {
	if a.Ahead > 0 {
		add(func(dst []byte) []byte { return number(text(dst, "kind", kindAhead), "files", a.Ahead) })
	}
	if a.Listed {
		add(func(dst []byte) []byte { return number(text(dst, "kind", kindListed), "files", a.Files) })
	}
	for _, l := range a.Logs {
		add(func(dst []byte) []byte { return e.accountLog(dst, l) })
		for kind, h := range stillHours(&l) {
			add(func(dst []byte) []byte {
				dst = e.placed(text(dst, "kind", kind), l.Account, l.Region)
				dst = moment(moment(dst, "from", h.From), "until", h.Until)
				return number(dst, "hours", int(h.Until+1-h.From)/3600)
			})
		}
	}
	for _, l := range a.Lost {
		add(func(dst []byte) []byte { return e.lostSpan(dst, l) })
	}
	for _, of := range a.Unnamed {
		add(func(dst []byte) []byte {
			dst = number(e.placed(text(dst, "kind", kindEvents), of.Account, ""), "calls", of.Events)
			return moment(moment(dst, "from", of.First), "until", of.Last)
		})
	}
	for kind, n := range lackRows(a.Lack) {
		add(func(dst []byte) []byte { return number(text(dst, "kind", kind), "files", n) })
	}
	if a.Lack.Floor != 0 {
		add(func(dst []byte) []byte { return moment(text(dst, "kind", kindFloor), "from", a.Lack.Floor) })
	}
	for _, account := range a.Missing {
		add(func(dst []byte) []byte { return e.placed(text(dst, "kind", kindMissing), account, "") })
	}
	for _, account := range a.Unusable {
		add(func(dst []byte) []byte {
			return text(e.placed(text(dst, "kind", kindUnused), account, ""), "state", e.names.State(account))
		})
	}
	for _, c := range a.Changes {
		add(func(dst []byte) []byte { return e.trailChange(dst, c) })
	}
	for _, g := range a.Gaps {
		add(func(dst []byte) []byte { return e.coverageGap(dst, g) })
	}
}

// lackRows are how many files could not be read, by kind.
func lackRows(l query.Lack) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		if l.Failed > 0 && !yield(kindFailed, l.Failed) {
			return
		}
		if l.Partly > 0 && !yield(kindPart, l.Partly) {
			return
		}
		if l.Altered > 0 {
			yield(kindAltered, l.Altered)
		}
	}
}

// stillHours are the hours of a log without a file, by kind.
func stillHours(l *query.AccountLog) iter.Seq2[string, query.Hours] {
	return func(yield func(string, query.Hours) bool) {
		for _, h := range l.Silent {
			if !yield(kindSilent, h) {
				return
			}
		}
		for _, h := range l.Quiet {
			if !yield(kindQuiet, h) {
				return
			}
		}
	}
}

func (e *Encoder) placed(dst []byte, account, region string) []byte {
	dst = text(dst, "accountId", account)
	dst = text(dst, "accountName", e.names.Of(account))
	dst = text(dst, "organization", e.names.Organization(account))
	return text(dst, "region", region)
}

func (e *Encoder) accountLog(dst []byte, l query.AccountLog) []byte {
	dst = e.placed(text(dst, "kind", kindLog), l.Account, l.Region)
	dst = number(dst, "files", l.Files)
	dst = moment(moment(dst, "first", l.First), "newest", l.Newest)
	dst = number(number(dst, "hours", l.Hours), "silentHours", l.SilentHours)
	if l.QuietHours > 0 {
		dst = number(dst, "quietHours", l.QuietHours)
	}
	if l.LostHours > 0 {
		dst = number(dst, "lostHours", l.LostHours)
	}
	return dst
}

func (e *Encoder) trailChange(dst []byte, c query.TrailChange) []byte {
	r := c.Row
	dst = e.placed(text(dst, "kind", kindChange), r.ID.Recipient, r.Region)
	dst = text(dst, "eventID", r.ID.Event)
	dst = moment(dst, "eventTime", r.Time)
	dst = text(dst, "eventSource", r.EventSource)
	dst = text(dst, "eventName", r.EventName)
	dst = text(dst, "trail", c.Trail)
	dst = text(dst, "bucket", c.Bucket)
	dst = text(dst, "errorCode", r.ErrorCode)
	if o := c.Chain.Origin; o != nil {
		dst = text(dst, "origin", o.ID)
		dst = text(dst, "originName", e.originName(o))
	}
	dst = text(dst, "evidence", gradeOf(c.Chain.Evidence).word)
	if r.Variant {
		dst = boolean(dst, "variant", true)
	}
	return e.location(dst, r.Location)
}

func (e *Encoder) coverageGap(dst []byte, g query.CoverageGap) []byte {
	dst = text(dst, "kind", kindGap)
	dst = text(dst, "reason", string(g.Reason))
	dst = text(dst, "hole", string(g.Hole))
	dst = moment(moment(dst, "holeFrom", g.Span.From), "holeUntil", g.Span.Until)
	dst = e.placed(dst, g.AccountID, g.Region)
	dst = moment(moment(dst, "from", g.From), "until", g.Until)
	dst = number(number(dst, "sessions", g.Sessions), "calls", g.Calls)
	dst = texts(dst, "examples", g.Examples)
	return text(dst, "get", getFor(e.names, g.Gap))
}

var coverageColumns = []string{
	"kind", "accountId", "accountName", "region", "files", "first", "newest", "hours", "silentHours", "from", "until", "reason", "hole",
	"sessions", "calls", "examples", "get", "eventID", "eventTime", "eventSource", "eventName", "trail", "bucket", "errorCode", "origin", "originName", "evidence",
	"organization", "state",
	"quietHours", "lostHours", "listed", "digest", "holeFrom", "holeUntil",
}

func (e *Encoder) coverageCSV(a *query.CoverageAnswer) []byte {
	dst := appendRow(nil, coverageColumns)
	add := func(kind, account, region string, cells map[string]string) {
		cells["kind"], cells["accountId"], cells["accountName"], cells["region"] = kind, account, e.names.Of(account), region
		cells["organization"] = e.names.Organization(account)
		dst = appendCells(dst, coverageColumns, cells)
	}
	if a.Ahead > 0 {
		add(kindAhead, "", "", map[string]string{"files": strconv.Itoa(a.Ahead)})
	}
	if a.Listed {
		add(kindListed, "", "", map[string]string{"files": strconv.Itoa(a.Files)})
	}
	for _, l := range a.Logs {
		add(kindLog, l.Account, l.Region, map[string]string{
			"files": strconv.Itoa(l.Files), "first": l.First.String(), "newest": l.Newest.String(),
			"hours": strconv.Itoa(l.Hours), "silentHours": strconv.Itoa(l.SilentHours),
			"quietHours": someOf(l.QuietHours), "lostHours": someOf(l.LostHours),
		})
		for kind, h := range stillHours(&l) {
			add(kind, l.Account, l.Region, map[string]string{
				"from": h.From.String(), "until": h.Until.String(), "hours": strconv.Itoa(int(h.Until+1-h.From) / 3600),
			})
		}
	}
	for _, l := range a.Lost {
		add(kindLost, l.Account, l.Region, e.lostCells(l))
	}
	for _, of := range a.Unnamed {
		add(kindEvents, of.Account, "", map[string]string{"calls": strconv.Itoa(of.Events), "from": of.First.String(), "until": of.Last.String()})
	}
	for kind, n := range lackRows(a.Lack) {
		add(kind, "", "", map[string]string{"files": strconv.Itoa(n)})
	}
	if a.Lack.Floor != 0 {
		add(kindFloor, "", "", map[string]string{"from": a.Lack.Floor.String()})
	}
	for _, account := range a.Missing {
		add(kindMissing, account, "", map[string]string{})
	}
	for _, account := range a.Unusable {
		add(kindUnused, account, "", map[string]string{"state": e.names.State(account)})
	}
	for _, c := range a.Changes {
		o := c.Chain.Origin
		if o == nil {
			o = &lineage.Origin{}
		}
		add(kindChange, c.Row.ID.Recipient, c.Row.Region, map[string]string{
			"eventID": c.Row.ID.Event, "eventTime": c.Row.Time.String(), "eventSource": c.Row.EventSource, "eventName": c.Row.EventName,
			"trail": c.Trail, "bucket": c.Bucket, "errorCode": c.Row.ErrorCode, "origin": o.ID, "originName": e.originName(o), "evidence": gradeOf(c.Chain.Evidence).word,
		})
	}
	for _, g := range a.Gaps {
		add(kindGap, g.AccountID, g.Region, map[string]string{
			"reason": string(g.Reason), "hole": string(g.Hole), "from": g.From.String(), "until": g.Until.String(), "holeFrom": g.Span.From.String(), "holeUntil": g.Span.Until.String(),
			"sessions": strconv.Itoa(g.Sessions), "calls": strconv.Itoa(g.Calls), "examples": strings.Join(g.Examples, " "), "get": getFor(e.names, g.Gap),
		})
	}
	return dst
}
