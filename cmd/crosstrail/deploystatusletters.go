package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/source/notice"
)

// letterGroup is dead letters of one reason.
type letterGroup struct {
	by, reason string
	letters    []site.DeadLetter // by time
}

// lettersByReason puts dead letters together, those of most first.
func lettersByReason(all []site.DeadLetter) []letterGroup {
	groups := map[[2]string]*letterGroup{}
	for _, l := range all {
		by, reason := string(l.By), l.Reason
		if reason == "" {
			reason = map[site.Undertaker]string{
				site.ByQueue:       "it was handed out as often as the queue allows, and the function never got done with it: it was killed, or could not write to the table; see its log",
				site.ByEventBridge: "EventBridge could not put it into the queue",
			}[l.By]
		}
		// Word for word: a reason that names its file is of that file's letters alone.
		key := [2]string{by, reason}
		if groups[key] == nil {
			groups[key] = &letterGroup{by: by, reason: reason}
		}
		groups[key].letters = append(groups[key].letters, l)
	}
	var list []letterGroup
	for _, g := range groups {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b letterGroup) int {
		return cmp.Or(cmp.Compare(len(b.letters), len(a.letters)), cmp.Compare(a.by, b.by), cmp.Compare(a.reason, b.reason))
	})
	return list
}

// aboutLetter is what a message is about, as far as it can be read.
func aboutLetter(l *site.DeadLetter) string {
	n, err := notice.Parse([]byte(l.Body))
	switch {
	case err != nil:
		return ""
	case len(n.Objects) > 0:
		text := "s3://" + n.Objects[0].Bucket + "/" + n.Objects[0].Key
		if more := len(n.Objects) - 1; more > 0 {
			text += " and " + thousands(more) + " more"
		}
		return text
	case len(n.Records) > 0:
		return "an event"
	}
	return ""
}

// failuresIn are the lines of the function's log that say most, in words: what it says of each
// message that failed, and what Lambda says of it; of one text the last.
func failuresIn(lines []site.LogLine) (all []site.LogLine) {
	for _, l := range lines {
		var one struct{ Message, Reason, Permission string }
		if json.Unmarshal([]byte(l.Text), &one) == nil && one.Message != "" {
			if one.Message == "failed" || one.Message == "done in part" { // the sum of what was said before
				continue
			}
			l.Text = one.Message
			if one.Reason != "" {
				l.Text += ": " + one.Reason
			}
		}
		all = slices.DeleteFunc(all, func(o site.LogLine) bool { return o.Text == l.Text })
		all = append(all, l)
	}
	return all[max(0, len(all)-mostLogLines):]
}

func sortedOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
