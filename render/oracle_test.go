package render

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// jsonLine is the contract's line as encoding/json understands it: the oracle
// for what is written by hand.
type jsonLine struct {
	EventID            string          `json:"eventID"`
	EventTime          string          `json:"eventTime,omitempty"`
	EventSource        string          `json:"eventSource,omitempty"`
	EventName          string          `json:"eventName,omitempty"`
	AWSRegion          string          `json:"awsRegion,omitempty"`
	RecipientAccountID string          `json:"recipientAccountId,omitempty"`
	AccessKeyID        string          `json:"accessKeyId,omitempty"`
	PrincipalID        string          `json:"principalId,omitempty"`
	SourceIPAddress    string          `json:"sourceIPAddress,omitempty"`
	UserAgent          string          `json:"userAgent,omitempty"`
	ErrorCode          string          `json:"errorCode,omitempty"`
	ErrorMessage       string          `json:"errorMessage,omitempty"`
	ReadOnly           *bool           `json:"readOnly,omitempty"`
	RequestID          string          `json:"requestID,omitempty"`
	SharedEventID      string          `json:"sharedEventID,omitempty"`
	InvokedBy          string          `json:"invokedBy,omitempty"`
	Resources          []string        `json:"resources,omitempty"`
	CrossAccount       bool            `json:"crossAccount"`
	Evidence           string          `json:"evidence,omitempty"`
	Origin             *jsonOrigin     `json:"origin,omitempty"`
	Chain              []jsonHop       `json:"chain,omitempty"`
	Via                []jsonHop       `json:"via,omitempty"`
	Conflicts          []jsonConflict  `json:"conflicts,omitempty"`
	Gaps               []jsonGap       `json:"gaps,omitempty"`
	Candidates         []jsonCandidate `json:"candidates,omitempty"`
	File               string          `json:"file,omitempty"`
	Record             *int            `json:"record,omitempty"`
}

type jsonOrigin struct {
	ID          string      `json:"id,omitempty"`
	Kind        string      `json:"kind,omitempty"`
	Rule        string      `json:"rule,omitempty"`
	ARN         string      `json:"arn,omitempty"`
	PrincipalID string      `json:"principalId,omitempty"`
	AccountID   string      `json:"accountId,omitempty"`
	Name        string      `json:"name,omitempty"`
	AccessKeyID string      `json:"accessKeyId,omitempty"`
	Workload    string      `json:"workload,omitempty"`
	SignIn      *jsonSignIn `json:"signIn,omitempty"`
}

type jsonSignIn struct {
	By              string `json:"by,omitempty"`
	EventID         string `json:"eventID,omitempty"`
	EventTime       string `json:"eventTime,omitempty"`
	MFA             *bool  `json:"mfa,omitempty"`
	SourceIPAddress string `json:"sourceIPAddress,omitempty"`
}

type jsonHop struct {
	ID                string            `json:"id,omitempty"`
	Session           string            `json:"session,omitempty"`
	RoleARN           string            `json:"roleArn,omitempty"`
	AccountID         string            `json:"accountId,omitempty"`
	By                string            `json:"by,omitempty"`
	Rule              string            `json:"rule,omitempty"`
	Evidence          string            `json:"evidence,omitempty"`
	EventID           string            `json:"eventID,omitempty"`
	Copies            []string          `json:"copies,omitempty"`
	EventTime         string            `json:"eventTime,omitempty"`
	Expires           string            `json:"expires,omitempty"`
	AccessKeyID       string            `json:"accessKeyId,omitempty"`
	CallerAccessKeyID string            `json:"callerAccessKeyId,omitempty"`
	CallerAccountID   string            `json:"callerAccountId,omitempty"`
	SourceIPAddress   string            `json:"sourceIPAddress,omitempty"`
	UserAgent         string            `json:"userAgent,omitempty"`
	ExternalID        string            `json:"externalId,omitempty"`
	MFA               *bool             `json:"mfa,omitempty"`
	SourceIdentity    string            `json:"sourceIdentity,omitempty"`
	Tags              map[string]string `json:"tags,omitempty"`
	Credential        string            `json:"credential,omitempty"`
	Notes             []string          `json:"notes,omitempty"`
	Service           string            `json:"service,omitempty"`
	File              string            `json:"file,omitempty"`
	Record            *int              `json:"record,omitempty"`
}

type jsonConflict struct {
	Says   string      `json:"says,omitempty"`
	Origin *jsonOrigin `json:"origin,omitempty"`
}

type jsonGap struct {
	Reason    string `json:"reason,omitempty"`
	AccountID string `json:"accountId,omitempty"`
	Region    string `json:"region,omitempty"`
	From      string `json:"from,omitempty"`
	Until     string `json:"until,omitempty"`
	Get       string `json:"get,omitempty"`
}

type jsonCandidate struct {
	Origin  *jsonOrigin `json:"origin,omitempty"`
	EventID string      `json:"eventID,omitempty"`
}

func tristate(b cloudtrail.Bool) *bool {
	if b == cloudtrail.Absent {
		return nil
	}
	t := b == cloudtrail.True
	return &t
}

func lineOf(l query.Line) jsonLine {
	r, c := l.Row, l.Chain
	out := jsonLine{
		EventID: r.ID.Event, EventTime: r.Time.String(), EventSource: r.EventSource, EventName: r.EventName, AWSRegion: r.Region,
		RecipientAccountID: r.ID.Recipient, AccessKeyID: r.Caller.AccessKeyID, PrincipalID: r.Caller.PrincipalID,
		SourceIPAddress: r.SourceIP, UserAgent: r.UserAgent, ErrorCode: r.ErrorCode, ErrorMessage: r.ErrorMessage, ReadOnly: tristate(r.ReadOnly),
		RequestID: r.RequestID, SharedEventID: r.SharedEventID, InvokedBy: r.Caller.InvokedBy, Resources: r.Resources,
		CrossAccount: c.CrossAccount, Evidence: gradeOf(c.Evidence).word, Origin: originOf(c.Origin), File: r.File, Record: &r.Record,
	}
	for i := range c.Hops {
		out.Chain = append(out.Chain, hopOf(&c.Hops[i]))
	}
	for _, v := range c.Via {
		if v.Hop != nil {
			out.Via = append(out.Via, hopOf(v.Hop))
		} else {
			out.Via = append(out.Via, jsonHop{Service: v.Service, AccountID: v.AccountID})
		}
	}
	for _, x := range c.Conflicts {
		out.Conflicts = append(out.Conflicts, jsonConflict{x.Says, originOf(x.Origin)})
	}
	for _, g := range c.Gaps {
		out.Gaps = append(out.Gaps, jsonGap{string(g.Reason), g.AccountID, g.Region, g.From.String(), g.Until.String(), Get(g)})
	}
	for _, x := range c.Candidates {
		out.Candidates = append(out.Candidates, jsonCandidate{originOf(x.Origin), x.Event.ID.Event})
	}
	return out
}

func originOf(o *lineage.Origin) *jsonOrigin {
	if o == nil {
		return nil
	}
	out := &jsonOrigin{
		ID: o.ID, Kind: string(o.Kind), Rule: string(o.Rule), ARN: o.ARN, PrincipalID: o.PrincipalID, AccountID: o.AccountID,
		Name: o.Name, AccessKeyID: o.AccessKeyID, Workload: o.Workload,
	}
	if s := o.SignIn; s != nil {
		out.SignIn = &jsonSignIn{s.By, s.Event.ID.Event, s.Event.Time.String(), tristate(s.MFA), s.SourceIP}
	}
	return out
}

func hopOf(h *lineage.Hop) jsonHop {
	i := h.Issuance
	out := jsonHop{
		ID: h.ID, Session: h.SessionARN, RoleARN: h.RoleARN, AccountID: h.Account, By: h.By, Rule: string(h.Rule),
		Evidence: gradeOf(h.Evidence).word, EventID: i.ID.Event, EventTime: i.Time.String(), Expires: i.Grant.Expires.String(),
		AccessKeyID: i.Grant.AccessKeyID, CallerAccessKeyID: i.Caller.AccessKeyID, CallerAccountID: h.CallerAccountID,
		SourceIPAddress: i.SourceIP, UserAgent: i.UserAgent, ExternalID: i.Request.ExternalID, MFA: tristate(h.MFA),
		SourceIdentity: h.SourceIdentity, Tags: h.Tags, Notes: h.Notes, File: i.File, Record: &i.Record,
	}
	if h.Ambiguous {
		out.Credential = "ambiguous"
	}
	for _, c := range h.Copies {
		out.Copies = append(out.Copies, c.ID.Event)
	}
	return out
}
