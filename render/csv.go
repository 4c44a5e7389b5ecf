package render

import (
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// lineColumns are the columns of trace and events -o csv: the fields of the
// JSON line, those of the origin with a dot. A chain is the ids of its sessions
// and its roles, origin's side first; lists are joined by a space.
var lineColumns = []string{
	"eventID", "eventTime", "eventSource", "eventName", "awsRegion", "recipientAccountId", "recipientAccountName",
	"accessKeyId", "principalId", "principalName", "sourceIPAddress", "sourceIPName", "userAgent", "errorCode", "errorMessage", "readOnly",
	"requestID", "sharedEventID", "invokedBy", "resources", "crossAccount", "evidence",
	"origin.id", "origin.kind", "origin.rule", "origin.arn", "origin.accountId", "origin.accountName", "origin.name", "origin.displayName", "origin.workload",
	"chain", "chain.roleArn", "via", "gaps", "candidates", "file", "record",
	"variant", "variants", "integrity",
}

func (e *Encoder) cells(l query.Line) []string {
	r, c := l.Row, l.Chain
	if c == nil {
		c = &lineage.Chain{}
	}
	who := r.Caller
	if who == nil {
		who = &lineage.Identity{}
	}
	o := c.Origin
	if o == nil {
		o = &lineage.Origin{}
	}
	record := ""
	if r.File != "" {
		record = strconv.Itoa(r.Record)
	}
	return []string{
		r.ID.Event, r.Time.String(), r.EventSource, r.EventName, r.Region, r.ID.Recipient, e.names.Of(r.ID.Recipient),
		who.AccessKeyID, who.PrincipalID, e.principalName(who.PrincipalID), r.SourceIP, e.names.Of(r.SourceIP), r.UserAgent, r.ErrorCode, r.ErrorMessage, truth(r.ReadOnly),
		r.RequestID, r.SharedEventID, who.InvokedBy, strings.Join(r.Resources, " "), strconv.FormatBool(c.CrossAccount), gradeOf(c.Evidence).word,
		o.ID, string(o.Kind), string(o.Rule), o.ARN, o.AccountID, e.names.Of(o.AccountID), e.originName(o), givenName(e.names, o), o.Workload,
		joined(c.Hops, func(h lineage.Hop) string { return h.ID }),
		joined(c.Hops, func(h lineage.Hop) string { return h.RoleARN }),
		joined(c.Via, viaWord),
		joined(c.Gaps, func(g lineage.Gap) string { return string(g.Reason) }),
		joined(c.Candidates, candidateWord),
		r.File, record,
		variantWord(r), joined(l.Variants, placeWord), string(e.integrityOf(r.File)),
	}
}

// viaWord is who acted, in one word.
func viaWord(v lineage.Via) string {
	switch {
	case v.Service != "":
		return v.Service
	case v.Hop != nil:
		return v.Hop.ID
	}
	return v.AccountID
}

// candidateWord is a candidate's origin or, where its chain has none, its event.
func candidateWord(c lineage.Candidate) string {
	switch {
	case c.Origin != nil:
		return c.Origin.ID
	case c.Event != nil:
		return c.Event.ID.Event
	}
	return ""
}

// joined is the words of a list that are not empty, with a space between.
func joined[T any](all []T, word func(T) string) string {
	var words []string
	for _, x := range all {
		if w := word(x); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

func truth(b cloudtrail.Bool) string {
	switch b {
	case cloudtrail.True:
		return "true"
	case cloudtrail.False:
		return "false"
	}
	return ""
}

// appendRow appends one CSV record (RFC 4180), each value as [Cell] makes it.
func appendRow(dst []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		c = Cell(c)
		if !strings.ContainsAny(c, `",`) && c == strings.TrimSpace(c) {
			dst = append(dst, c...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(c, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}
