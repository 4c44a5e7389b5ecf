package dynamo

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Finding is what is wrong with an item of a table, or with what an item should have
// beside it.
type Finding struct {
	Item    string
	Problem string
	Remedy  Remedy
	Put     string // the item that should be there, in DynamoDB's JSON, for RemedyPut
}

// Checked is what a check has looked at.
type Checked struct {
	Items, Events, Pointers, Files int
	Others                         int // items of the program in AWS's text, without ours beside them
}

// Check reads all of the table and looks whether each record can be read and is of the
// event that its key says, whether each event is found by all its keys, and whether
// each pointer leads to an event; whether each event has its day and each log file its
// span; and whether the indexes are there. What somebody
// writes meanwhile is no finding. It takes a second reading where something does not
// fit together; Options.Allow is asked before, with the price of both.
func (s *Store) Check(ctx context.Context, found func(Finding)) (Checked, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return Checked{}, err
	}
	cost := costOfBytes(2 * float64(info.Bytes))
	if s.options.Allow != nil && cost.Much() {
		if err := s.options.Allow(ctx, cost); err != nil {
			return Checked{}, err
		}
	}
	s.reads.purse.allow(2*cost.Units + smallRead)
	for _, index := range info.Missing {
		found(Finding{Item: "index " + index, Problem: "it is not there", Remedy: RemedyComplete})
	}
	c := checking{Store: s, found: found, pairs: newPairs(mostNamed), places: newPlaces()}
	if err := c.scan(ctx, c.look); err != nil {
		return c.Checked, err
	}
	if c.pairs.again() { // something does not fit together, or was being written
		if err := c.scan(ctx, c.name); err != nil {
			return c.Checked, err
		}
		if err := c.confirm(ctx); err != nil {
			return c.Checked, err
		}
	}
	return c.Checked, c.confirmPlaces(ctx)
}

// Remedy is what to do about a finding.
type Remedy int

// Remedies.
const (
	RemedyNone      Remedy = iota // nothing of ours is wrong, or nothing reads it
	RemedyComplete                // [Make]
	RemedyReplace                 // delete the item, and read the event's log file again
	RemedyReadAgain               // read log files again: what is missing is added
	RemedyPut                     // put Finding.Put
)

func finding(item, problem string, r Remedy) Finding {
	return Finding{Item: item, Problem: problem, Remedy: r}
}

type checking struct {
	*Store
	pairs  *pairs
	places *places

	mu    sync.Mutex // guards what follows
	found func(Finding)
	Checked
}

// scan reads all of the table.
func (c *checking) scan(ctx context.Context, each func(context.Context, item) error) error {
	return c.scanAll(ctx, dynamodb.ScanInput{}, func(ctx context.Context, _ int, page []item) error {
		for _, i := range page {
			if err := each(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// look looks at one item, and notes the pointers that it is or should have.
func (c *checking) look(ctx context.Context, i item) error {
	k, kind := keyOf(i), kindOf(i)
	c.count(kind)
	switch kind {
	case kindPointer:
		if event, err := pointsTo(i); err != nil {
			c.report(finding(k.String(), err.Error(), RemedyNone))
		} else {
			c.pairs.see(k, event)
		}
		return nil
	case kindOther:
		c.report(finding(k.String(), "it is no item that crosstrail or the program of AWS's text writes", RemedyNone))
		return nil
	case kindDay, kindSpan:
		c.places.look(i)
		return nil
	case kindFile:
		if f := readFile(i); fileKey(f) != k {
			c.report(finding(k.String(), fmt.Sprintf("it is of log file %s", f.URI), RemedyNone))
		} else if !expired(i) {
			c.places.file(f)
		}
		return nil
	case kindEvent, kindForeign:
	default:
		return nil
	}
	e, err := c.readEvent(ctx, i, true)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.report(finding(k.String(), strings.TrimPrefix(err.Error(), k.String()+": "), RemedyReplace))
	case e.ours:
		if !expired(i) {
			c.places.event(e)
		}
		for p := range e.pointers() {
			c.pairs.see(p, k)
		}
	default:
		return c.other(ctx, e)
	}
	return nil
}

// other counts an event that the program in AWS's text put, where ours is not beside
// it: at the time of its record, for its own sort key may be any text.
func (c *checking) other(ctx context.Context, e *event) error {
	at := timeText(e.Time)
	beside := span{partition: eventPartition(e.ID.Event), from: at + "#", to: at + afterHash, limit: 1}
	for _, err := range c.Store.pages(ctx, beside) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Others++
	return nil
}

// name finds the keys of what does not fit together.
func (c *checking) name(ctx context.Context, i item) error {
	k := keyOf(i)
	switch kindOf(i) {
	case kindPointer:
		if event, err := pointsTo(i); err == nil {
			c.pairs.see(k, event)
		}
	case kindEvent:
		if e, err := c.readEvent(ctx, i, true); err == nil {
			for p := range e.pointers() {
				c.pairs.see(p, k)
			}
		}
	}
	return ctx.Err()
}

// confirm looks again, consistently, at what did not fit together.
func (c *checking) confirm(ctx context.Context) error {
	for pointer, event := range c.pairs.named {
		there, err := c.get(ctx, pointer, "")
		if err != nil {
			return err
		}
		whole, err := c.get(ctx, event, "")
		if err != nil {
			return err
		}
		has := false
		if whole != nil {
			if e, err := c.readEvent(ctx, whole, true); err == nil {
				has = e.pointers()[pointer]
			}
		}
		switch {
		case there == nil && has:
			c.report(finding(event.String(), fmt.Sprintf("it is not found by %s", strings.TrimPrefix(pointer.partition, partFact)), RemedyReplace))
		case there != nil && whole == nil:
			c.report(finding(pointer.String(), "it leads to an event that is not there: whoever wrote it was stopped, or the event was deleted", RemedyReadAgain))
		case there != nil && !has:
			c.report(finding(pointer.String(), "it leads to an event that has no such key", RemedyNone))
		}
	}
	if c.pairs.over {
		c.report(finding("others", fmt.Sprintf("more than %d keys and events do not fit together: mend those that are named, and check again", mostNamed), RemedyNone))
	}
	return nil
}

// pointers are the keys of the items that point to an event.
func (e *event) pointers() map[itemKey]bool {
	all := map[itemKey]bool{}
	for i := range e.facts {
		for _, k := range e.facts[i].Keys() {
			all[factKey(k, e.key)] = true
		}
	}
	return all
}

func (c *checking) count(k kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Items++
	switch k {
	case kindPointer, kindName:
		c.Pointers++
	case kindFile:
		c.Files++
	case kindEvent:
		c.Events++
	}
}

func (c *checking) report(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found(f)
}
