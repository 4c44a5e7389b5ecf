package render

import (
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func (e *Encoder) appendChain(dst []byte, c *lineage.Chain) []byte {
	dst = boolean(dst, "crossAccount", c.CrossAccount)
	dst = text(dst, "evidence", gradeOf(c.Evidence).word)
	dst = e.origin(dst, c.Origin)
	dst = array(dst, "chain", c.Hops, func(dst []byte, h lineage.Hop) []byte { return e.hop(dst, &h) })
	dst = array(dst, "via", c.Via, e.via)
	dst = array(dst, "conflicts", c.Conflicts, func(dst []byte, x lineage.Conflict) []byte {
		return e.origin(text(dst, "says", x.Says), x.Origin)
	})
	dst = array(dst, "gaps", c.Gaps, e.gap)
	return array(dst, "candidates", c.Candidates, func(dst []byte, x lineage.Candidate) []byte {
		dst = e.origin(dst, x.Origin)
		if x.Event != nil {
			dst = text(dst, "eventID", x.Event.ID.Event)
		}
		return dst
	})
}

// array adds a member that is an array of objects, each filled by members.
func array[T any](dst []byte, key string, all []T, members func([]byte, T) []byte) []byte {
	if len(all) == 0 {
		return dst
	}
	dst = append(member(dst, key), '[')
	for _, x := range all {
		dst = append(members(append(element(dst), '{'), x), '}')
	}
	return append(dst, ']')
}

func (e *Encoder) origin(dst []byte, o *lineage.Origin) []byte {
	if o == nil {
		return dst
	}
	dst = append(member(dst, "origin"), '{')
	return append(e.originMembers(dst, o), '}')
}

func (e *Encoder) originMembers(dst []byte, o *lineage.Origin) []byte {
	dst = text(dst, "id", o.ID)
	dst = text(dst, "kind", string(o.Kind))
	dst = text(dst, "rule", string(o.Rule))
	dst = text(dst, "arn", o.ARN)
	dst = text(dst, "principalId", o.PrincipalID)
	dst = text(dst, "accountId", o.AccountID)
	dst = text(dst, "accountName", e.names.Of(o.AccountID))
	dst = text(dst, "name", e.originName(o))
	dst = text(dst, "displayName", givenName(e.names, o))
	dst = text(dst, "accessKeyId", o.AccessKeyID)
	dst = text(dst, "workload", o.Workload)
	dst = text(dst, "workloadName", e.names.Of(o.Workload))
	if s := o.SignIn; s != nil {
		dst = append(member(dst, "signIn"), '{')
		dst = text(dst, "by", s.By)
		dst = text(dst, "eventID", s.Event.ID.Event)
		dst = moment(dst, "eventTime", s.Event.Time)
		dst = known(dst, "mfa", s.MFA)
		dst = text(dst, "sourceIPAddress", s.SourceIP)
		dst = text(dst, "sourceIPName", e.names.Of(s.SourceIP))
		dst = append(e.location(dst, s.Event.Location), '}')
	}
	return dst
}

// hop adds the members of one hop.
func (e *Encoder) hop(dst []byte, h *lineage.Hop) []byte {
	dst = text(dst, "id", h.ID)
	dst = text(dst, "session", h.SessionARN)
	dst = text(dst, "principalName", e.principalName(h.ID))
	dst = text(dst, "roleArn", h.RoleARN)
	dst = text(dst, "accountId", h.Account)
	dst = text(dst, "accountName", e.names.Of(h.Account))
	dst = text(dst, "by", h.By)
	dst = text(dst, "rule", string(h.Rule))
	dst = text(dst, "evidence", gradeOf(h.Evidence).word)
	i := h.Issuance
	if i == nil {
		return hopLabels(dst, h)
	}
	dst = text(dst, "eventID", i.ID.Event)
	if len(h.Copies) > 0 {
		dst = append(member(dst, "copies"), '[')
		for _, c := range h.Copies {
			dst = quote(element(dst), copyID(h, c))
		}
		dst = append(dst, ']')
	}
	dst = moment(dst, "eventTime", i.Time)
	dst = moment(dst, "expires", i.Grant.Expires)
	dst = text(dst, "accessKeyId", i.Grant.AccessKeyID)
	if i.Caller != nil {
		dst = text(dst, "callerAccessKeyId", i.Caller.AccessKeyID)
	}
	dst = text(dst, "callerAccountId", h.CallerAccountID)
	dst = text(dst, "sourceIPAddress", i.SourceIP)
	dst = text(dst, "sourceIPName", e.names.Of(i.SourceIP))
	dst = text(dst, "userAgent", i.UserAgent)
	dst = text(dst, "externalId", i.Request.ExternalID)
	return e.location(hopLabels(dst, h), i.Location)
}

// hopLabels adds what is known of a session with or without its issuance.
func hopLabels(dst []byte, h *lineage.Hop) []byte {
	dst = known(dst, "mfa", h.MFA)
	dst = text(dst, "sourceIdentity", h.SourceIdentity)
	if len(h.Tags) > 0 {
		dst = append(member(dst, "tags"), '{')
		for _, k := range slices.Sorted(maps.Keys(h.Tags)) {
			dst = pair(dst, k, h.Tags[k])
		}
		dst = append(dst, '}')
	}
	if h.Ambiguous {
		dst = text(dst, "credential", "ambiguous")
	}
	return texts(dst, "notes", h.Notes)
}

func (e *Encoder) via(dst []byte, v lineage.Via) []byte {
	if v.Hop != nil {
		dst = e.hop(dst, v.Hop)
	}
	dst = text(dst, "service", v.Service)
	if v.Hop == nil {
		dst = text(dst, "accountId", v.AccountID)
		dst = text(dst, "accountName", e.names.Of(v.AccountID))
	}
	return dst
}

func (e *Encoder) gap(dst []byte, g lineage.Gap) []byte {
	dst = text(dst, "reason", string(g.Reason))
	dst = text(dst, "accountId", g.AccountID)
	dst = text(dst, "accountName", e.names.Of(g.AccountID))
	dst = text(dst, "region", g.Region)
	dst = moment(dst, "from", g.From)
	dst = moment(dst, "until", g.Until)
	if g.Lost {
		dst = text(dst, "hole", string(query.LostFiles))
	}
	return text(dst, "get", Get(g))
}
