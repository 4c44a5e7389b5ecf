package bucket

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// stretch is some keys on end to be listed: of one account, in one region, of a
// span of time. Keys sort by day, and in a day's folder by their stamp: a month
// of a quiet region is one list, and so is a minute of a busy one.
type stretch struct {
	prefix       string
	after, until string // keys between; until empty: to the end
	in           *calendar
	from, to     cloudtrail.Time // stamps, both ends included; zero: open
}

// calendar turns times into keys of one account's folder of one region.
type calendar struct {
	dir  string // …/<region>/
	stem string // what a name begins with, before its stamp
	days bool   // in a day's folder names do not sort by their stamps
}

// astray is how far from midnight a log file may lie in the folder of the other
// day: the folder is that of the day on which it was published, and the stamp is
// that of its delivery.
const astray = 10 * 60

const (
	dayForm   = "2006/01/02/"
	dateForm  = "20060102"
	stampForm = "20060102T1504"
	day       = 24 * 60 * 60
)

// key is before all keys of a minute or of a day, and behind all before.
func (c *calendar) key(t cloudtrail.Time) string {
	at := t.Time()
	if c.days {
		return c.dir + at.Format(dayForm)
	}
	return c.dir + at.Format(dayForm) + c.stem + at.Format(stampForm)
}

// begin is what a list begins behind, end where it ends.
func (c *calendar) begin(from cloudtrail.Time) string {
	if from == 0 {
		return ""
	}
	if early := from - astray; c.days || early/day != from/day {
		from = early
	}
	return c.key(from)
}

func (c *calendar) end(to cloudtrail.Time) string {
	if to == 0 {
		return ""
	}
	late := to + astray
	switch {
	case c.days:
		return c.key(late - late%day + day)
	case late/day != to/day:
		at := late.Time()
		return c.dir + at.Format(dayForm) + c.stem + at.Format(dateForm)
	}
	return c.key(to - to%60 + 60)
}

// stretches are what has to be listed for windows, and in which folder: in is
// CloudTrail or CloudTrail-Digest. emit is called from several goroutines. What
// cannot be looked into is told to failed, and the rest goes on.
func (l *Log) stretches(ctx context.Context, in string, windows []source.Window, emit func(stretch), failed func(error)) error {
	all, err := l.shelvesOf(ctx, windows)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(l.options.Lists)
	for _, s := range all {
		if s.only.kind != "" && s.only.kind != in && s.only.level == region {
			// The address is of log files, and digests lie beside them.
			s.only = place{level: region, region: s.only.region}
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := l.shelfStretches(ctx, in, s, windows, emit); err != nil && ctx.Err() == nil {
				failed(err)
			}
			return nil
		})
	}
	_ = group.Wait()
	return ctx.Err()
}

func (l *Log) shelvesOf(ctx context.Context, windows []source.Window) ([]shelf, error) {
	var all []shelf
	var accounts []string
	for _, w := range windows {
		if w.Account == "" {
			return l.shelves(ctx, "")
		}
		accounts = append(accounts, w.Account)
	}
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		some, err := l.shelves(ctx, a)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (l *Log) shelfStretches(ctx context.Context, in string, s shelf, windows []source.Window, emit func(stretch)) error {
	windows = slices.DeleteFunc(slices.Clone(windows), func(w source.Window) bool { return w.Account != "" && w.Account != s.account })
	regions, err := l.wanted(ctx, s, in, windows)
	if err != nil {
		return err
	}
	for _, r := range regions {
		c := &calendar{dir: s.base + in + "/" + r + "/", stem: s.account + "_" + in + "_" + r + "_", days: in == digestsDir}
		prefix := c.dir
		if s.only.level == region && s.only.kind == in {
			prefix = s.only.dir
		}
		var spans []span
		for _, w := range windows {
			if w.Region == "" || w.Region == r {
				spans = append(spans, spanOf(w, in))
			}
		}
		for _, span := range joined(spans) {
			one := stretch{prefix: prefix, in: c, from: span.from, to: span.to, after: c.begin(span.from), until: c.end(span.to)}
			if one.within() {
				emit(one)
			}
		}
	}
	return nil
}

// within keeps a stretch to its prefix, and reports whether anything is left.
func (s *stretch) within() bool {
	if s.after < s.prefix {
		s.after = ""
	}
	return (s.after == "" || strings.HasPrefix(s.after, s.prefix)) && (s.until == "" || s.until > s.prefix)
}

// wholeDays makes a stretch one of the folders of its days, with whatever lies in
// them, and reports whether anything is left.
func (s *stretch) wholeDays() bool {
	const settling = 15 * 60 // about midnight a stamp may be of the other day
	in := *s.in
	in.days, s.in = true, &in
	if s.from != 0 {
		s.after = in.begin(max(s.from-settling, 1))
	}
	if s.to != 0 {
		s.until = in.end(s.to + settling)
	}
	s.from, s.to = 0, 0
	return s.within()
}

// span is a span of stamps, zero where it is open.
type span struct{ from, to cloudtrail.Time }

func spanOf(w source.Window, in string) span {
	from, to := w.Delivered()
	if in == digestsDir && to != 0 {
		to += 60 * 60 // a digest is stamped with the end of its hour
	}
	return span{from, to}
}

// joined makes one of spans that overlap, so that nothing is listed twice.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		last := len(out) - 1
		switch {
		case last < 0 || out[last].to != 0 && s.from > out[last].to+60:
			out = append(out, s)
		case out[last].to != 0 && (s.to == 0 || s.to > out[last].to):
			out[last].to = s.to
		}
	}
	return out
}

// keep reports whether a key of the stretch is asked for: those at its ends may
// be of a minute before or behind.
func (s *stretch) keep(o *Object) bool {
	return o.Delivered == 0 || (s.from == 0 || o.Delivered >= s.from) && (s.to == 0 || o.Delivered <= s.to)
}

// keys are some keys on end, none of the two among them; until empty: to the end.
type keys struct{ after, until string }

// ranges are the keys of a stretch, and those beside it in the folders of its first
// and last day that are not named as CloudTrail names: there the names do not sort
// by their stamps, and whatever lies there is the account's.
func (s *stretch) ranges() []keys {
	all := []keys{{s.after, s.until}}
	if day, ok := s.in.dayOf(s.after); ok {
		all = append([]keys{{day, day + s.in.stem + "2"}}, all...) // which all stamps begin with
	}
	if day, ok := s.in.dayOf(s.until); ok {
		all = append(all, keys{day + s.in.stem + "3", strings.TrimSuffix(day, "/") + "0"}) // '0' is behind the slash
	}
	return all
}

// dayOf is the day's folder that a key lies in with CloudTrail's name.
func (c *calendar) dayOf(key string) (folder string, ok bool) {
	if n := len(c.dir) + len(dayForm); !c.days && len(key) > n && strings.HasPrefix(key, c.dir) {
		return key[:n], true
	}
	return "", false
}

// behind are the ranges that are left behind a page.
func behind(left []keys, p *page) []keys {
	if !p.more {
		return nil
	}
	for len(left) > 0 && left[0].until != "" && p.last >= left[0].until {
		left = left[1:]
	}
	return left
}

// take are the objects of a page that are asked for.
func (s *stretch) take(p *page, asked []keys) (objects []Object) {
	for i := range p.objects {
		o := &p.objects[i]
		in := func(k keys) bool { return o.Key > k.after && (k.until == "" || o.Key < k.until) }
		if s.keep(o) && slices.ContainsFunc(asked, in) {
			objects = append(objects, *o)
		}
	}
	return objects
}

// half makes rest the later half of what is left of a stretch behind last. It is
// false where that is not worth a list more.
func (s *stretch) half(rest *stretch, last cloudtrail.Time, now time.Time) bool {
	end := s.to
	if end == 0 || end > cloudtrail.TimeOf(now) {
		end = cloudtrail.TimeOf(now)
	}
	if last == 0 || end-last < 2*day {
		return false
	}
	mid := last + (end-last)/2
	rest.after = s.in.dir + (mid - mid%day).Time().Format(dayForm)
	return rest.within() && rest.after != "" && (s.until == "" || rest.after < s.until)
}
