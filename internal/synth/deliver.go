package synth

import (
	"cmp"
	"slices"
	"time"
)

// trail is one way in which records become files.
type trail struct {
	prefix string
	every  time.Duration // a file an account, region and interval
	late   int           // percent of records that come hours later
	loss   int           // percent of files that never come
	repeat int           // percent of files that come again
}

// deliver turns what happened into files and settles what is kept.
func (c *company) deliver(trails ...trail) *Org {
	o := &Org{Truth: map[string]Truth{}}
	collected := map[string]bool{}
	for _, a := range c.accounts {
		collected[a.id] = a.collected
		o.Names = append(o.Names, Name{a.id, a.name})
	}
	for _, t := range trails {
		o.files = append(o.files, c.files(t, collected)...)
	}
	if c.chance(c.bridged) {
		o.files = append(o.files, c.envelopes(collected)...)
	}
	slices.SortStableFunc(o.files, func(a, b File) int { return a.Delivered.Compare(b.Delivered) })
	for _, e := range c.events {
		if e.kept {
			o.Truth[e.id+"@"+e.recipient] = judge(e)
		}
	}
	return o
}

// bundle is a file while it is being filled.
type bundle struct {
	account, region string
	at              time.Time
	events          []*event
	whole           bool
}

func (c *company) files(t trail, collected map[string]bool) []File {
	type slot struct {
		account, region string
		at              time.Time
	}
	bundles := map[slot]*bundle{}
	var order []*bundle
	for _, e := range c.events {
		if e.hidden || !collected[e.recipient] {
			continue
		}
		lag := time.Duration(60+c.IntN(480)) * time.Second
		if !e.whole && c.chance(t.late) {
			lag += time.Duration(c.IntN(6*3600)) * time.Second
		}
		in := e.region
		if in == "global" { // what records of 2016 say, not where their file lies
			in = "us-east-1"
		}
		s := slot{e.recipient, in, e.at.Add(lag).Truncate(t.every).Add(t.every)}
		b := bundles[s]
		if b == nil {
			b = &bundle{account: s.account, region: s.region, at: s.at}
			bundles[s] = b
			order = append(order, b)
		}
		b.events = append(b.events, e)
		b.whole = b.whole || e.whole
	}
	var files []File
	for _, b := range order {
		lost, again := c.chance(t.loss), c.chance(t.repeat)
		unique := c.text(16, alnum)
		if lost && !b.whole {
			continue
		}
		f := File{Name: logName(t.prefix, c.org, b.account, b.region, b.at, unique), Delivered: b.at}
		for _, e := range b.events {
			e.kept = true
			f.Records = append(f.Records, e.append(nil))
		}
		files = append(files, f)
		if again {
			f.Delivered = c.later(f.Delivered, 2*time.Hour)
			files = append(files, f)
		}
	}
	return files
}

// envelopes are what EventBridge sent: issuances again, and some of a third
// party's own copies, which carry no recipient (linkage.md 7.4).
func (c *company) envelopes(collected map[string]bool) []File {
	ours, theirs := c.chance(60), c.chance(60)
	days := map[time.Time]*File{}
	for _, e := range c.events {
		known, member := collected[e.recipient]
		if !e.issues || e.hidden || member && (!known || !ours) || !member && !theirs {
			continue
		}
		inner := *e
		if e.kept && c.chance(20) { // a variant: less is told than in the log file
			inner.who.key, inner.resources = "", ""
		}
		e.kept = true
		if !member {
			inner.recipient = ""
		}
		day := e.at.Truncate(24 * time.Hour)
		f := days[day]
		if f == nil {
			f = &File{Name: day.Format("eventbridge/2006-01-02.jsonl.gz"), Lines: true, Delivered: day.Add(24 * time.Hour)}
			days[day] = f
		}
		f.Records = append(f.Records, []byte(object("version", "0", "id", c.uuid(), "detail-type", "AWS API Call via CloudTrail",
			"source", "aws.sts", "account", e.recipient, "time", e.at.Format(stamp), "region", e.region,
			"resources", array(), "detail", raw(inner.append(nil)))))
	}
	var files []File
	for _, f := range days {
		files = append(files, *f)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files
}
