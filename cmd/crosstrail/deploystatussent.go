package main

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// sentBy is what the hub is to be sent: by its senders, of that what its watch takes, and
// of that what the sender's rule takes, where that is seen.
func sentBy(h *hubLook, l *spokeLook, w *lineage.Watch) []query.Sent {
	accounts := h.sendersNamed()
	var by func(string, *lineage.Fact) query.Taken
	if l != nil || h.set != nil {
		by = (&seenRules{h, l}).takes
	}
	if w == nil || len(w.Roles)+len(w.ExternalIDs) == 0 || len(w.Accounts) > 0 {
		return []query.Sent{{Accounts: accounts, By: by}}
	}
	var all []query.Sent
	if len(w.Roles) > 0 {
		all = append(all, query.Sent{Accounts: accounts, Roles: w.Roles, By: by})
	}
	if len(w.ExternalIDs) > 0 {
		all = append(all, query.Sent{Accounts: accounts, ExternalIDs: w.ExternalIDs, By: by})
	}
	return all
}

// sendersNamed are the accounts that may send, the hub's own among them; nil: anybody may,
// or those of an organisation, and which these are is not known.
func (h *hubLook) sendersNamed() []string {
	named, open := h.senders()
	if open && (h.bus.Anybody || h.members == nil) {
		return nil
	}
	for account := range h.members {
		named = append(named, account)
	}
	return unique(append(named, h.caller.Account))
}

// takesFrom reports whether the hub takes events of an account, as far as can be told.
func (h *hubLook) takesFrom(account string) bool {
	named, open := h.senders()
	return slices.Contains(named, account) || open && (h.bus.Anybody || h.members == nil || h.members[account])
}

// seenRules are the event patterns of the rules that were seen.
type seenRules struct {
	h *hubLook
	l *spokeLook
}

// pattern is that of an account's rule in a region, "" where it was not seen, or there is
// none because none was asked for, which is told besides. Where one is missing it is what
// the account's others have.
func (s *seenRules) pattern(account, region string) (pattern string, none bool) {
	if s.l != nil && s.l.caller.Account == account {
		one := s.l.regions[region]
		switch {
		case one != nil && one.rule != nil:
			return one.rule.Pattern, false
		case one == nil || one.unseen != "":
			return "", false
		case s.l.wanted != nil && !slices.Contains(s.l.wanted, region):
			return "", true
		}
		for _, other := range sortedOf(s.l.regions) {
			if o := s.l.regions[other]; o != nil && o.rule != nil {
				return o.rule.Pattern, false
			}
		}
		return "", false
	}
	if s.h.set != nil && slices.ContainsFunc(s.h.set.Instances, instanceOf(account, region)) {
		if spoke, err := deploy.ReadSpoke(s.h.set.Template); err == nil {
			return string(spoke.Pattern()), false
		}
	}
	return "", false
}

// takes tells whether the rule where a call was made sends it. What is not seen may; it is
// no fault then.
func (s *seenRules) takes(account string, f *lineage.Fact) query.Taken {
	region := strings.Replace(f.Region, "global", "us-east-1", 1) // where a rule sees it
	pattern, none := s.pattern(account, region)
	switch {
	case none:
		return query.NotTaken
	case pattern == "":
		return query.SurelyTaken
	}
	takes, sure := deploy.Takes(pattern, func(path string) (any, bool) { return eventField(account, region, f, path) })
	switch {
	case takes:
		return query.SurelyTaken
	case sure:
		return query.NotTaken
	}
	return query.PerhapsTaken
}

// eventField is a field of the caller's event of a call, as far as the copy that the role's
// owner has tells it too: of who called, that has the account alone (linkage.md section 1).
func eventField(account, region string, f *lineage.Fact, path string) (value any, known bool) {
	text := func(s string) (any, bool) {
		if s == "" {
			return nil, true
		}
		return s, true
	}
	r := &f.Request
	switch path {
	case "source":
		return "aws." + strings.TrimSuffix(f.EventSource, ".amazonaws.com"), true
	case "account", "detail.recipientAccountId", "detail.userIdentity.accountId":
		return account, true
	case "region", "detail.awsRegion":
		return region, true
	case "detail.eventSource":
		return f.EventSource, true
	case "detail.eventName":
		return f.EventName, true
	case "detail.errorCode", "detail.errorMessage": // one that failed handed out nothing
		return nil, true
	case "detail.requestParameters.roleArn":
		return text(r.RoleARN)
	case "detail.requestParameters.externalId":
		return text(r.ExternalID)
	case "detail.requestParameters.roleSessionName":
		return text(r.SessionName)
	case "detail.requestParameters.sourceIdentity":
		return text(r.SourceIdentity)
	case "detail.requestParameters.durationSeconds":
		if r.Duration == 0 {
			return nil, true
		}
		return r.Duration, true
	}
	return nil, false
}
