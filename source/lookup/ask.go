package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/source"
)

// question is one lookup: of all in a span of time, or of what has an attribute.
type question struct {
	window source.Window
	key    types.LookupAttributeKey // empty: all
	value  string
	most   int // pages; 0: all
}

// mostEmpty is how many empty pages that promise more are believed.
const mostEmpty = 64

// ask calls page after page in one region, the newest events first, until emit
// has enough.
func (l *Log) ask(ctx context.Context, in string, q question, emit func(source.Item) error) error {
	input := &api.LookupEventsInput{MaxResults: aws.Int32(50)}
	from, until, ok := l.span(q.window)
	if !ok {
		return nil
	}
	input.StartTime, input.EndTime = from, until
	if q.key != "" {
		input.LookupAttributes = []types.LookupAttribute{{AttributeKey: q.key, AttributeValue: &q.value}}
	}
	for n, empty := 1, 0; ; n++ {
		page, err := l.call(ctx, in, input)
		if err != nil || page == nil {
			return err
		}
		empty++
		if len(page.Events) > 0 {
			empty = 0
			item, err := itemOf(page.Events)
			if err != nil {
				return err
			}
			if err := emit(item); err != nil {
				return err
			}
		}
		token := aws.ToString(page.NextToken)
		if token == "" || n == q.most {
			return nil
		}
		if token == aws.ToString(input.NextToken) || empty > mostEmpty {
			return errors.New("LookupEvents goes round in a circle: what answers is no CloudTrail, or is broken")
		}
		input.NextToken = &token
	}
}

// call makes one call. The answer is nil where the caller may not ask in a region
// that nobody named.
func (l *Log) call(ctx context.Context, in string, input *api.LookupEventsInput) (*api.LookupEventsOutput, error) {
	there := l.clients[in]
	if there == nil {
		return nil, fmt.Errorf("%s is no region that is looked into", in)
	}
	if err := l.spend(ctx); err != nil {
		return nil, err
	}
	done, err := there.pace.wait(ctx)
	if err != nil {
		return nil, err
	}
	out, err := there.api.LookupEvents(ctx, input)
	done()
	if err == nil || ctx.Err() != nil {
		return out, err
	}
	if refused := refusal(err); refused && !l.chosen {
		return nil, l.shutOut(in, err)
	} else if refused {
		return nil, &Error{in, err}
	}
	return nil, fmt.Errorf("looking up events in %s: %w", in, err)
}

func (l *Log) spend(ctx context.Context) error {
	l.mu.Lock()
	l.calls++
	calls := l.calls
	l.mu.Unlock()
	if l.options.Allow == nil {
		return nil
	}
	return l.options.Allow(ctx, calls)
}

// Error is a region in which the caller may not look up events.
type Error struct {
	Region string
	Err    error
}

func (e *Error) Error() string { return "looking up events in " + e.Region + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hints says what to do about it.
func (e *Error) Hints() []string {
	return []string{
		"the caller needs cloudtrail:LookupEvents on *, as the managed policy AWSCloudTrail_ReadOnlyAccess allows",
		"an SCP may forbid a region: --region names those to look into",
	}
}

// refusal reports whether the caller may not ask.
func refusal(err error) bool {
	e, ok := errors.AsType[smithy.APIError](err)
	return ok && (e.ErrorCode() == "AccessDeniedException" || e.ErrorCode() == "AccessDenied")
}

// shutOut notes that a region cannot be looked into; it is an error where none is
// left.
func (l *Log) shutOut(in string, err error) error {
	l.mu.Lock()
	known := l.shut[in]
	l.shut[in] = true
	left := slices.ContainsFunc(l.regions, func(name string) bool { return !l.shut[name] })
	l.mu.Unlock()
	if !left {
		return &Error{in, err}
	}
	if !known {
		l.note("not looked into: " + in + ", where the caller may not look up events")
	}
	return nil
}
