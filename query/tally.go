package query

import (
	"cmp"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

const (
	mostShown = 8   // of a Top
	mostKept  = 512 // different values that one counter remembers
)

// counter counts values in bounded memory: a million events may touch a million
// things. Fed in a fixed order, what it forgets is fixed too.
type counter struct {
	list  []Counted      // in the order in which the values first came
	index map[string]int // into list; nil while that is short, as nearly all are
	full  bool           // some value was not remembered
}

// short is the length up to which looking through a list costs less than a map.
const short = 16

func (c *counter) add(value string) { c.addN(value, 1) }

func (c *counter) addN(value string, n int) {
	if value == "" {
		return
	}
	at, ok := c.find(value)
	switch {
	case ok:
		c.list[at].Count += n
	case len(c.list) == mostKept:
		c.full = true
	default:
		c.list = append(c.list, Counted{value, n})
		c.note(len(c.list) - 1)
	}
}

func (c *counter) find(value string) (at int, ok bool) {
	if c.index != nil {
		at, ok = c.index[value]
		return at, ok
	}
	at = slices.IndexFunc(c.list, func(t Counted) bool { return t.Value == value })
	return at, at >= 0
}

// note keeps the index of a list that is not short.
func (c *counter) note(at int) {
	switch {
	case c.index != nil:
		c.index[c.list[at].Value] = at
	case len(c.list) > short:
		c.index = make(map[string]int, 2*short)
		for i, t := range c.list {
			c.index[t.Value] = i
		}
	}
}

func (c *counter) merge(o *counter) {
	for _, t := range o.sorted() {
		c.addN(t.Value, t.Count)
	}
	c.full = c.full || o.full
}

// sorted has the most frequent first, of those equally frequent the first seen:
// of what one call touches, AWS names the whole before the part.
func (c *counter) sorted() []Counted {
	all := slices.Clone(c.list)
	slices.SortStableFunc(all, func(x, y Counted) int { return cmp.Compare(y.Count, x.Count) })
	return all
}

func (c *counter) top() Top {
	if c == nil || len(c.list) == 0 {
		return Top{}
	}
	all := c.sorted()
	shown := min(len(all), mostShown)
	return Top{Most: slices.Clone(all[:shown]), More: len(all) - shown, Many: c.full}
}

// activity is an Activity being counted.
type activity struct {
	events, writes, errors int
	first, last            cloudtrail.Time
	addresses, agents      counter
}

func (a *activity) add(row *Row, write bool) {
	a.events++
	if write {
		a.writes++
	}
	if row.IsError() {
		a.errors++
	}
	a.span(row.Time, row.Time)
	a.addresses.add(row.SourceIP)
	a.agents.add(row.UserAgent)
}

func (a *activity) span(first, last cloudtrail.Time) {
	if first != 0 && (a.first == 0 || first < a.first) {
		a.first = first
	}
	a.last = max(a.last, last)
}

func (a *activity) merge(o *activity) {
	a.events += o.events
	a.writes += o.writes
	a.errors += o.errors
	a.span(o.first, o.last)
	a.addresses.merge(&o.addresses)
	a.agents.merge(&o.agents)
}

func (a *activity) done() Activity {
	return Activity{
		Events: a.events, Writes: a.writes, Errors: a.errors,
		First: a.first, Last: a.last,
		Addresses: a.addresses.top(), Agents: a.agents.top(),
	}
}

// calls is a list of Calls being counted.
type calls map[callKey]*call

type callKey struct {
	source, name, via string
	write             bool
}

type call struct {
	count, errors int
	first, last   cloudtrail.Time
	errorCodes    *counter // nil: none; most calls succeed
	touched       counter
}

func (cs *calls) add(row *Row, via string, write bool) {
	key := callKey{row.EventSource, row.EventName, via, write}
	c := (*cs)[key]
	if c == nil {
		if *cs == nil {
			*cs = calls{}
		}
		c = &call{first: row.Time}
		(*cs)[key] = c
	}
	c.count++
	if row.IsError() {
		c.errors++
		if c.errorCodes == nil {
			c.errorCodes = &counter{}
		}
		c.errorCodes.add(row.ErrorCode)
	}
	c.first, c.last = min(c.first, row.Time), max(c.last, row.Time)
	for _, name := range row.Resources {
		c.touched.add(name)
	}
}

func (cs calls) done() []*Call {
	all := make([]*Call, 0, len(cs))
	for key, c := range cs {
		all = append(all, &Call{
			EventSource: key.source, EventName: key.name, Via: key.via, Write: key.write,
			Count: c.count, Errors: c.errors, First: c.first, Last: c.last,
			ErrorCodes: c.errorCodes.top(), Touched: c.touched.top(),
		})
	}
	slices.SortFunc(all, func(x, y *Call) int {
		if x.Write != y.Write {
			if x.Write {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.EventSource, y.EventSource),
			cmp.Compare(x.EventName, y.EventName), cmp.Compare(x.Via, y.Via))
	})
	return all
}
