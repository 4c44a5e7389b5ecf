package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// places are what leads to much: the days of accounts, by which events are found by
// time, and the spans of accounts and regions, by which log files are. There are few of
// them beside what they lead to, so they are held.
type places struct {
	mu     sync.Mutex         // guards what follows
	days   map[itemKey]string // the accounts of those that are wanted
	spans  map[itemKey]lineage.Span
	forged map[itemKey]error
}

func newPlaces() *places {
	return &places{days: map[itemKey]string{}, spans: map[itemKey]lineage.Span{}, forged: map[itemKey]error{}}
}

// event notes the day that an event needs.
func (p *places) event(e *event) {
	_, rest, _ := strings.Cut(e.key.sort, "#") // the account as keys have it, maybe hashed
	k := itemKey{partDays, dayText(e.Time) + "#" + rest[:max(strings.LastIndexByte(rest, '#'), 0)]}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.days[k]; !ok {
		p.days[k] = strings.Clone(e.ID.Recipient) // which lies in a buffer with all texts
	}
}

// file notes the span that a log file needs.
func (p *places) file(f cloudtrail.LogFile) {
	k := spanKey(f.Account, f.Region)
	p.mu.Lock()
	defer p.mu.Unlock()
	want, ok := p.spans[k]
	if !ok {
		want = lineage.Span{Account: f.Account, Region: f.Region}
	}
	if f.Kind == cloudtrail.LogFileKind {
		reach(&want, f.Delivered, f.Delivered)
	}
	p.spans[k] = want
}

// reach widens a span; zero: by nothing.
func reach(s *lineage.Span, first, newest cloudtrail.Time) {
	if !first.IsZero() && (s.First.IsZero() || first < s.First) {
		s.First = first
	}
	s.Newest = max(s.Newest, newest)
}

// look looks at a day or a span itself.
func (p *places) look(i item) {
	var err error
	if kindOf(i) == kindDay {
		_, err = readDay(i)
	} else {
		_, err = readSpan(i)
	}
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.forged[keyOf(i)] = err
	}
}

// confirmPlaces tells which days and spans are not there, or are not what their keys
// say. Who writes puts them before what needs them, so they are read afterwards.
func (c *checking) confirmPlaces(ctx context.Context) error {
	p := c.places
	for k, err := range p.forged {
		_, day := p.days[k]
		if _, span := p.spans[k]; !day && !span {
			c.report(Finding{Item: k.String(), Problem: err.Error()})
		}
	}
	for k, account := range p.days {
		there, err := c.get(ctx, k, "")
		if err != nil {
			return err
		}
		if _, err := readDay(there); err != nil {
			put := k.attributes()
			put[attrAccount] = text(account)
			c.misplaced(k, there, err, "events of its account and day are not found by time", put)
		}
	}
	for k, want := range p.spans {
		there, err := c.get(ctx, k, "")
		if err != nil {
			return err
		}
		is, err := readSpan(there)
		if err == nil {
			all := is
			if reach(&all, want.First, want.Newest); all == is {
				continue
			}
			want = all
			err = fmt.Errorf("it does not reach from %s to %s, as log files of its account and region do", all.First, all.Newest)
		}
		c.misplaced(k, there, err, "log files of its account and region are not found", spanItem(k, want))
	}
	return nil
}

func (c *checking) misplaced(k itemKey, there item, err error, so string, put item) {
	problem := "it is not there: " + so
	if len(there) > 0 {
		problem = err.Error()
	}
	c.report(Finding{Item: k.String(), Problem: problem, Remedy: RemedyPut, Put: inJSON(put)})
}

func spanItem(k itemKey, s lineage.Span) item {
	i := k.attributes()
	i[attrAccount], i[attrRegion] = text(s.Account), text(s.Region)
	if !s.First.IsZero() {
		i[attrFirst], i[attrNewest] = number(s.First), number(s.Newest)
	}
	return i
}

// inJSON is an item of texts and numbers as DynamoDB's own JSON has it.
func inJSON(i item) string {
	all := map[string]map[string]string{}
	for name, value := range i {
		as := "S"
		if _, ok := value.(*types.AttributeValueMemberN); ok {
			as = "N"
		}
		all[name] = map[string]string{as: textOf(i, name)}
	}
	b, _ := json.Marshal(all) // texts cannot fail
	return string(b)
}
