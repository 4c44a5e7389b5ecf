package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

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
			groups[key] = &letterGroup{by: by, reason: clipped(reason)}
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
		text := clipped("s3://" + n.Objects[0].Bucket + "/" + n.Objects[0].Key)
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
// message that failed, and which that is, and what Lambda says of it; of one text the last.
func failuresIn(lines []site.LogLine) (all []site.LogLine) {
	at := map[string]int{} // by what they say, whichever the message
	for _, l := range lines {
		var one struct{ Message, Reason, Object, MessageID string }
		said := ""
		if json.Unmarshal([]byte(l.Text), &one) == nil && one.Message != "" {
			if one.Message == "failed" || one.Message == "done in part" { // the sum of what was said before
				continue
			}
			l.Text = strings.Join(nonEmpty([]string{one.Message, one.Reason}), ": ")
			said = strings.Join(nonEmpty([]string{clipped(one.Object), of("message", one.MessageID)}), ", ")
		}
		key := l.Text
		l.Text = clipped(l.Text)
		if said != "" {
			l.Text += " (" + said + ")"
		}
		if i, ok := at[key]; ok {
			all[i].Text = ""
		}
		at[key] = len(all)
		all = append(all, l)
	}
	all = slices.DeleteFunc(all, func(l site.LogLine) bool { return l.Text == "" })
	return all[max(0, len(all)-mostLogLines):]
}

func of(what, name string) string {
	if name == "" {
		return ""
	}
	return what + " " + clipped(name)
}

// mostSaid is how many signs of a text are shown that came out of a log or a message.
const mostSaid = 300

// clipped is the start of a text that somebody else wrote, where it is long.
func clipped(text string) string {
	n := 0
	for i := range text {
		if n++; n > mostSaid {
			return text[:i] + "…"
		}
	}
	return text
}

func sortedOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
