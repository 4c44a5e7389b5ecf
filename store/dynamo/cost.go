package dynamo

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Cost is what reading costs, or has cost.
type Cost struct {
	Units   float64 // read request units: half of one for each 4 KB that are read eventually consistent, a whole one otherwise
	Bytes   int64   // that they stand for at least
	Dollars float64 // on demand, in us-east-1: see dollarsAUnit
}

const (
	// dollarsAUnit is the price of a read request unit on demand in us-east-1, 0.125
	// dollars a million (Amazon DynamoDB pricing for on-demand capacity, since
	// 1 November 2024). Other regions take up to twice that; a table with provisioned
	// capacity pays by the hour, however much is read.
	dollarsAUnit = 0.125 / 1e6
	// bytesAUnit is how much an eventually consistent read gives for a unit.
	bytesAUnit = 8 << 10
	// smallRead is how much is read without a question: 80 MB, a tenth of a cent. Who
	// may read more is asked again when it is sixty-four times that.
	smallRead = 10_000
	askAgain  = 64
)

func costOf(units float64) Cost {
	return Cost{Units: units, Bytes: int64(units * bytesAUnit), Dollars: units * dollarsAUnit}
}

// costOfBytes is the cost of reading so much eventually consistent.
func costOfBytes(bytes float64) Cost { return costOf(bytes / bytesAUnit) }

// Much reports whether that is worth a question.
func (c Cost) Much() bool { return c.Units > smallRead }

func (c Cost) String() string {
	return fmt.Sprintf("%.0f read units, about %.1f MB and %.4f dollars", c.Units, float64(c.Bytes)/1e6, c.Dollars)
}

// purse is what a Store has spent on reading, and how much it may. The zero value
// has spent nothing.
type purse struct {
	mu       sync.Mutex // guards what follows
	spent    float64    // units
	allowed  float64    // 0: smallRead
	expected float64    // of all, as far as is known
	refused  error
}

// pay notes what a call has used.
func (p *purse) pay(used ...types.ConsumedCapacity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range used {
		p.spent += aws.ToFloat64(u.CapacityUnits)
	}
}

// Spent is what was read until now.
func (s *Store) Spent() Cost {
	p := &s.reads.purse
	p.mu.Lock()
	defer p.mu.Unlock()
	return costOf(p.spent)
}

// expect notes what a question will cost beside what is spent already, if it is read
// to its end.
func (p *purse) expect(units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = max(p.expected, p.spent+units)
}

// mayRead asks before more is read than is worth no word. What is small (a key, an
// event, a session) never comes so far, and who stops early is not asked for what
// the whole would have cost.
func (s *Store) mayRead(ctx context.Context) error {
	p := &s.reads.purse
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused != nil || s.options.Allow == nil || p.spent < max(p.allowed, smallRead) {
		return p.refused
	}
	cost := costOf(max(p.expected, 2*p.spent))
	if p.refused = s.options.Allow(ctx, cost); p.refused == nil {
		p.allowed = max(cost.Units*2, p.spent*askAgain)
	}
	return p.refused
}

// perDay is what a day of an account costs in byTime, on the average.
func (s *Store) perDay(ctx context.Context, days int) (Cost, error) {
	t, err := s.describe(ctx)
	if err != nil {
		return Cost{}, s.explain(ctx, err)
	}
	for _, x := range t.GlobalSecondaryIndexes {
		if aws.ToString(x.IndexName) == indexTime.name {
			return costOfBytes(float64(aws.ToInt64(x.IndexSizeBytes)) / float64(max(days, 1))), nil
		}
	}
	return Cost{}, &IndexError{s.table, indexTime.name}
}

// expectDays notes what days will cost, as far as DynamoDB tells: it counts the
// bytes of an index anew every six hours or so (API Reference, TableDescription).
func (s *Store) expectDays(ctx context.Context, some, all []accountDay) {
	if s.options.Allow == nil || len(some) == 0 {
		return
	}
	if one, err := s.perDay(ctx, len(all)); err == nil { // else it is asked by what was read
		s.reads.purse.expect(one.Units * float64(len(some)))
	}
}

// since and until bound days.
func (d accountDay) overlaps(since, until cloudtrail.Time) bool {
	return (since.IsZero() || d.day >= dayText(clampTime(since))) && (until.IsZero() || d.day <= dayText(clampTime(until)))
}
