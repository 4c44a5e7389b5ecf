package main

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// statusRow is one thing that deploy status tells of.
type statusRow struct {
	part            string // as hub, queue, function, spoke, region
	level           string // ok, note or fault
	account, region string
	name            string
	state           string // a word or two
	text, do        string // a sentence; what to do
	last            cloudtrail.Time
	line            *query.ForwardedLine // of a region of a spoke
	count           *int                 // messages, lines, errors
	age             int                  // seconds; 0: not known, or nothing waits
}

// The levels.
const (
	levelOK    = "ok"
	levelNote  = "note"
	levelFault = "fault"
)

// flat is the row for programs. All have the same members; empty ones are left out of
// JSON.
func (r *statusRow) flat() flat {
	l := r.line
	count := func(n func() int) any {
		if l == nil {
			return ""
		}
		return n()
	}
	var messages, age, missing any = "", "", ""
	if r.count != nil {
		messages = *r.count
	}
	if r.age > 0 {
		age = r.age
	}
	if l != nil && len(l.Missing) > 0 {
		missing = eventsOf(l)
	}
	return flat{
		{"part", r.part},
		{"level", r.level},
		{"accountId", r.account},
		{"region", r.region},
		{"name", r.name},
		{"state", r.state},
		{"text", r.text},
		{"remedy", r.do},
		{"count", messages},
		{"ageSeconds", age},
		{"last", r.last},
		{"forwarded", count(func() int { return forwarded(l) })},
		{"logged", count(func() int { return l.Both + l.Lost + l.Unsure + l.Others + l.Own })},
		{"both", count(func() int { return l.Both })},
		{"lost", count(func() int { return l.Lost })},
		{"perhapsNotToBeSent", count(func() int { return l.Unsure })},
		{"notToBeSent", count(func() int { return l.Others })},
		{"pending", count(func() int { return l.Pending })},
		{"unlogged", count(func() int { return l.Unlogged })},
		{"notCollected", count(func() int { return l.Uncollected })},
		{"within", count(func() int { return l.Within })},
		{"ownLog", count(func() int { return l.Own })},
		{"lostEvents", missing},
	}
}

// forwarded is how many calls came as events, as far as that can be told.
func forwarded(l *query.ForwardedLine) int {
	return l.Both + l.Pending + l.Unlogged + l.Uncollected + l.Within
}

// eventsOf are the ids of the lost events, as crosstrail show takes them.
func eventsOf(l *query.ForwardedLine) (ids []string) {
	for _, e := range l.Missing {
		ids = append(ids, e.ID.Event+"@"+e.ID.Recipient)
	}
	return ids
}
