package render

import (
	"io"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Usage prints who used which grant: as JSON or CSV a flat row a user of one.
func Usage(w io.Writer, all []query.UsageLine, form Form, style Style) error {
	e := NewEncoder(style)
	return listed(w, all, form, e.usage, usageColumns, e.usageCells, func() error { return usageTable(w, all, style) })
}

// means is how a grant is made, in the contract's words.
func means(g *query.Shared) string {
	if g.RoleARN != "" {
		return "role"
	}
	return "bucket-policy"
}

// dataWord is whether the log has S3 data events of the bucket, "" where nobody
// looked.
func dataWord(t query.Told) string {
	switch t {
	case query.Used:
		return "logged"
	case query.NotUsed:
		return "none"
	}
	return ""
}

func values(t query.Top) []string {
	var all []string
	for _, c := range t.Most {
		all = append(all, c.Value)
	}
	return all
}

// disputedIDs are the ids of all that fit, where none is picked.
func disputedIDs(c *lineage.Chain) []string {
	if c == nil || c.Origin != nil {
		return nil
	}
	return strings.Fields(joined(c.Candidates, candidateWord))
}

func (e *Encoder) usage(dst []byte, l query.UsageLine) []byte {
	g := l.Grant
	dst = text(dst, "grant", g.ID)
	dst = text(dst, "to", g.To)
	dst = text(dst, "means", means(g))
	dst = text(dst, "roleArn", g.RoleARN)
	dst = text(dst, "bucket", g.Bucket)
	dst = text(dst, "use", string(l.Use))
	if l.Chain != nil {
		if o := l.Chain.Origin; o != nil {
			dst = text(dst, "origin", o.ID)
			dst = text(dst, "originKind", string(o.Kind))
			dst = text(dst, "originName", e.originName(o))
			dst = text(dst, "originDisplayName", givenName(e.names, o))
		}
		dst = texts(dst, "candidates", disputedIDs(l.Chain))
		dst = text(dst, "evidence", gradeOf(l.Chain.Evidence).word)
	}
	dst = text(dst, "fromAccountId", l.FromAccount)
	dst = text(dst, "fromAccountName", e.names.Of(l.FromAccount))
	if l.Elsewhere() {
		dst = append(member(dst, "otherAccount"), "true"...)
	}
	dst = text(dst, "mfa", toldWord(l.MFA))
	dst = text(dst, "externalId", toldWord(l.ExternalID))
	dst = texts(dst, "externalIds", l.ExternalIDs)
	dst = number(dst, "sessions", l.Sessions)
	dst = number(dst, "calls", l.Calls)
	dst = number(dst, "writes", l.Writes)
	dst = number(dst, "errors", l.Errors)
	dst = moment(dst, "first", l.First)
	dst = moment(dst, "last", l.Last)
	dst = texts(dst, "sourceIPAddresses", values(l.Addresses))
	dst = texts(dst, "userAgents", values(l.Agents))
	dst = text(dst, "dataEvents", dataWord(l.DataEvents))
	dst = moment(dst, "dataEventsOutside", l.DataBeyond)
	if l.DataEvents == query.Used {
		dst = number(dst, "reads", l.Reads)
		dst = number(dst, "keysRead", l.Keys)
		dst = number(dst, "lists", l.Lists)
		dst = strconv.AppendInt(member(dst, "bytesRead"), l.Bytes, 10)
		if l.Untold > 0 {
			dst = number(dst, "bytesUntold", l.Untold)
		}
	}
	dst = number(dst, "denied", l.Denied)
	dst = texts(dst, "deniedResources", values(l.DeniedOn))
	dst = number(dst, "outside", l.Outside)
	dst = texts(dst, "outsideResources", values(l.OutsideOn))
	dst = number(dst, "refused", l.Refused)
	dst = texts(dst, "refusedFrom", values(l.RefusedFrom))
	dst = text(dst, "why", string(l.Why))
	dst = moment(dst, "logSince", l.OwnerLogged.Since)
	dst = moment(dst, "logUntil", l.OwnerLogged.Until)
	if len(l.Regions) > 0 {
		dst = append(member(dst, "logs"), '[')
		for _, r := range l.Regions {
			dst = append(regionLog(element(dst), r), '}')
		}
		dst = append(dst, ']')
	}
	if l.ReaderLog.Region != "" {
		dst = append(regionLog(member(dst, "readerLog"), l.ReaderLog), '}')
	}
	dst = moment(dst, "lastUsed", g.LastUsed)
	dst = moment(dst, "expires", g.Expires)
	return text(dst, "ends", string(l.End))
}

// regionLog is what the log in one region tells of.
func regionLog(dst []byte, r query.RegionLog) []byte {
	dst = text(append(dst, '{'), "region", r.Region)
	dst = moment(dst, "since", r.Since)
	dst = moment(dst, "until", r.Until)
	dst = text(dst, "hole", string(r.Hole))
	dst = number(dst, "silentHours", r.SilentHours)
	return number(dst, "lostHours", r.LostHours)
}

var usageColumns = []string{
	"grant", "to", "means", "roleArn", "bucket", "use",
	"origin", "originKind", "originName", "originDisplayName", "candidates", "evidence", "fromAccountId", "fromAccountName",
	"mfa", "externalId", "externalIds", "sessions", "calls", "writes", "errors", "first", "last", "sourceIPAddresses", "userAgents",
	"dataEvents", "reads", "keysRead", "lists", "bytesRead", "bytesUntold", "denied", "deniedResources", "outside", "outsideResources",
	"refused", "refusedFrom", "readerLogSince", "readerLogUntil", "readerLogHole", "why", "logRegions", "logSince", "logUntil", "lastUsed", "expires", "ends",
	"otherAccount", "dataEventsOutside",
}

func (e *Encoder) usageCells(l query.UsageLine) []string {
	g, o, evidence := l.Grant, &lineage.Origin{}, ""
	if l.Chain != nil {
		evidence = gradeOf(l.Chain.Evidence).word
		if l.Chain.Origin != nil {
			o = l.Chain.Origin
		}
	}
	list := func(t query.Top) string { return strings.Join(values(t), " ") }
	read := func(n int64) string {
		if l.DataEvents != query.Used {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	at := func(t cloudtrail.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.String()
	}
	return []string{
		g.ID, g.To, means(g), g.RoleARN, g.Bucket, string(l.Use),
		o.ID, string(o.Kind), e.originName(o), givenName(e.names, o), strings.Join(disputedIDs(l.Chain), " "), evidence, l.FromAccount, e.names.Of(l.FromAccount),
		toldWord(l.MFA), toldWord(l.ExternalID), strings.Join(l.ExternalIDs, " "),
		strconv.Itoa(l.Sessions), strconv.Itoa(l.Calls), strconv.Itoa(l.Writes), strconv.Itoa(l.Errors), at(l.First), at(l.Last), list(l.Addresses), list(l.Agents),
		dataWord(l.DataEvents), read(int64(l.Reads)), read(int64(l.Keys)), read(int64(l.Lists)), read(l.Bytes), read(int64(l.Untold)),
		strconv.Itoa(l.Denied), list(l.DeniedOn), strconv.Itoa(l.Outside), list(l.OutsideOn),
		strconv.Itoa(l.Refused), list(l.RefusedFrom), at(l.ReaderLog.Since), at(l.ReaderLog.Until), string(l.ReaderLog.Hole), string(l.Why), strings.Join(regionsOf(l), " "), at(l.OwnerLogged.Since), at(l.OwnerLogged.Until), at(g.LastUsed), at(g.Expires), string(l.End),
		strings.TrimPrefix(strconv.FormatBool(l.Elsewhere()), "false"), at(l.DataBeyond),
	}
}
