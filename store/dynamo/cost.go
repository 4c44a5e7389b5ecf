package dynamo

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Cost is what reading costs, or has cost.
type Cost struct {
	Units   float64 // read request units: half of one for each 4 KB that are read eventually consistent, a whole one otherwise
	Bytes   int64   // that they stand for at least
	Dollars float64 // on demand, in us-east-1: see DollarsARead
}

// Prices of us-east-1: a read and a write request unit on demand, 0.125 and 0.625
// dollars a million, and a month of a gigabyte, and of its point-in-time recovery, which
// leaves indexes out (Amazon DynamoDB pricing for on-demand capacity, since 1 November
// 2024). Other regions take up to twice that; a table with provisioned capacity pays by
// the hour, however much is read.
const (
	DollarsARead     = 0.125 / 1e6
	DollarsAWrite    = 0.625 / 1e6
	DollarsAByte     = 0.25 / (1 << 30)
	DollarsToRecover = 0.20 / (1 << 30)
)

const (
	// bytesAUnit is how much an eventually consistent read gives for a unit.
	bytesAUnit = 8 << 10
	// smallRead is how much is read without a question: 80 MB, a tenth of a cent. Who
	// may read more is asked again when it is sixty-four times that.
	smallRead = 10_000
	askAgain  = 64
)

func costOf(units float64) Cost {
	return Cost{Units: units, Bytes: int64(units * bytesAUnit), Dollars: units * DollarsARead}
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
	asking sync.Mutex // held while somebody is asked: others wait for the answer

	mu       sync.Mutex                    // guards what follows
	spent    float64                       // units
	allowed  float64                       // 0: smallRead
	expected func(context.Context) float64 // units at the end of the question, as far as is known; nil: nothing is
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

// allow lets so much be spent without another word.
func (p *purse) allow(units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = max(p.allowed, units)
}

// Spent is what was read until now.
func (s *Store) Spent() Cost {
	p := &s.reads.purse
	p.mu.Lock()
	defer p.mu.Unlock()
	return costOf(p.spent)
}

// expect notes how to find out, should somebody have to be asked, what a question will
// take beside what is spent already, if it is read to its end.
func (p *purse) expect(units func(context.Context) float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.spent
	p.expected = func(ctx context.Context) float64 { return before + units(ctx) }
}

// due reports whether somebody is to be asked, or what was answered.
func (p *purse) due() (due bool, refused error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused == nil && p.spent >= max(p.allowed, smallRead), p.refused
}

// cost is what reading will have come to.
func (p *purse) cost(ctx context.Context) Cost {
	p.mu.Lock()
	units, expected := 2*p.spent, p.expected
	p.mu.Unlock()
	if expected != nil {
		units = max(units, expected(ctx))
	}
	return costOf(units)
}

// mayRead asks before more is read than is worth no word. What is small (a key, an
// event, a session) never comes so far, and who stops early is not asked for what
// the whole would have cost.
func (s *Store) mayRead(ctx context.Context) error {
	if s.options.Allow == nil {
		return nil
	}
	p := &s.reads.purse
	if due, refused := p.due(); !due {
		return refused
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	if due, refused := p.due(); !due { // another has asked meanwhile
		return refused
	}
	cost := p.cost(ctx)
	err := s.options.Allow(ctx, cost)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused = err; err == nil {
		p.allowed = max(cost.Units*2, p.spent*askAgain)
	}
	return err
}
