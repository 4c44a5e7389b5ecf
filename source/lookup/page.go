package lookup

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/crosstrail/crosstrail/source"
)

// span is the part of the history that a window asks for; it is false where the
// history has none of it.
func (l *Log) span(w source.Window) (from, until *time.Time, ok bool) {
	begin := l.options.Now - kept
	if w.Since != 0 && w.Since < begin {
		l.mu.Lock()
		said := l.early
		l.early = true
		l.mu.Unlock()
		if !said {
			l.note("the event history begins at " + begin.String() + ": CloudTrail keeps 90 days of it")
		}
	}
	if w.Since > begin {
		from = aws.Time(w.Since.Time())
	}
	if w.Until != 0 {
		if w.Until < begin {
			return nil, nil, false
		}
		if w.Until < l.options.Now {
			until = aws.Time(w.Until.Time())
		}
	}
	return from, until, true
}

// entry is an event as `aws cloudtrail lookup-events` prints it.
type entry struct {
	EventID         string     `json:"EventId,omitempty"`
	EventName       string     `json:",omitempty"`
	ReadOnly        string     `json:",omitempty"`
	AccessKeyID     string     `json:"AccessKeyId,omitempty"`
	EventTime       string     `json:",omitempty"`
	EventSource     string     `json:",omitempty"`
	Username        string     `json:",omitempty"`
	Resources       []resource `json:",omitempty"`
	CloudTrailEvent string
}

type resource struct {
	ResourceType string `json:",omitempty"`
	ResourceName string `json:",omitempty"`
}

// itemOf makes a log file of one page.
func itemOf(events []types.Event) (source.Item, error) {
	var page struct{ Events []entry }
	for i := range events {
		e := &events[i]
		one := entry{
			EventID: aws.ToString(e.EventId), EventName: aws.ToString(e.EventName), ReadOnly: aws.ToString(e.ReadOnly),
			AccessKeyID: aws.ToString(e.AccessKeyId), EventSource: aws.ToString(e.EventSource), Username: aws.ToString(e.Username),
			CloudTrailEvent: aws.ToString(e.CloudTrailEvent),
		}
		if e.EventTime != nil {
			one.EventTime = e.EventTime.UTC().Format(time.RFC3339)
		}
		for _, r := range e.Resources {
			one.Resources = append(one.Resources, resource{aws.ToString(r.ResourceType), aws.ToString(r.ResourceName)})
		}
		page.Events = append(page.Events, one)
	}
	body, err := json.Marshal(page)
	if err != nil {
		return source.Item{}, err
	}
	return source.Inline(body), nil
}
