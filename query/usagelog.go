package query

import (
	"context"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Logged is since when, and until when, a log tells. Zero: it is not here.
type Logged struct{ Since, Until cloudtrail.Time }

// RegionLog is what is there of the log of a grant's owner in one region, of the
// span that counts.
type RegionLog struct {
	Region string
	Logged
	Hole                   Hole // the gravest
	SilentHours, LostHours int  // see [AccountLog]
}

// Further holes, by which nothing tells whether a grant was used.
const (
	NoOwner      Hole = "owner-not-known"
	NoDataEvents Hole = "no-data-events" // the log has none of the bucket that only reads, or none at an end of the span that was asked about
	NoReadEvents Hole = "no-read-events" // it has writes alone, and that a role was taken is no write (linkage.md rule 6)
	Damaged      Hole = "damaged"        // log files of the set could not be read, or are not as they were delivered
	SaidUsed     Hole = "iam-says-used"  // IAM says that the role was used at a time that the log does not show it
)

// told is what the owner's log can tell of one grant.
type told struct {
	regions []RegionLog
	when    Logged
	why     Hole
	reader  RegionLog
}

// ownerLogs is what is there of all logs.
type ownerLogs struct {
	book   *coverageBook // nil: not read yet
	lack   Lack
	events map[logPlace]Logged // of the span
	reads  map[string]bool     // accounts with events that only read
}

// learn takes from a tally what it tells of whose log this is, and of names.
func (b *usageBook) learn(t *Tally) {
	b.learnName(t.Caller)
	at := logPlace{t.ID.Recipient, t.Region}
	l, ok := b.logs.events[at]
	if !ok {
		l = Logged{t.Time, t.Last}
	}
	b.logs.events[at] = Logged{min(l.Since, t.Time), max(l.Until, t.Last)}
	if t.Events > t.Writes || issues(t) {
		b.logs.reads[at.account] = true
	}
}

// read reads the names of the log files, once.
func (o *ownerLogs) read(ctx context.Context, r Reader, clock Clock) (err error) {
	if o.book != nil {
		return nil
	}
	book := newCoverageBook(&Filter{})
	if err := book.all(r.LogFiles(ctx), clock); err != nil {
		return err
	}
	if o.lack, err = readLack(ctx, r); err != nil {
		return err
	}
	if book.quiet, err = newQuietness(ctx, r, o.lack.Lost); err != nil {
		return err
	}
	o.book = book
	return nil
}

// homeRegion is where the global endpoint of STS logs (linkage.md 7.2); in the
// partitions that have none, where their global services do.
func homeRegion(arn string) string {
	switch {
	case strings.HasPrefix(arn, "arn:aws-cn:"):
		return "cn-north-1"
	case strings.HasPrefix(arn, "arn:aws-us-gov:"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// toldOf is what the owner's log can tell of a grant: of a role in the home region
// and the bucket's, where it may be asked for and is used; of a bucket's policy in
// the bucket's, between the first and the last of its data events.
func (b *usageBook) toldOf(ctx context.Context, g *Shared, clock Clock) (*told, error) {
	if t := b.told[g]; t != nil {
		return t, nil
	}
	if err := b.logs.read(ctx, b.reader, clock); err != nil {
		return nil, err
	}
	t := &told{}
	b.told[g] = t
	if g.Owner == "" {
		t.why = NoOwner
		return t, nil
	}
	span, why, last := Logged{b.span.Since, b.span.Until}, NoHole, cloudtrail.Time(0)
	if clock != 0 {
		span.Until = min(span.Until, cloudtrail.Time(clock))
	}
	regions := []string{homeRegion(g.RoleARN), g.Region}
	if g.RoleARN != "" {
		if reader := g.Reader(); reader != "" {
			t.reader = b.logs.in(logPlace{reader, regions[0]}, span)
		}
		if !b.logs.reads[g.Owner] {
			why = NoReadEvents
		}
	} else {
		d, err := b.dataOf(ctx, g)
		if err != nil {
			return nil, err
		}
		if d.first == 0 || span.Since != 0 && d.first > span.Since+hour || span.Until != 0 && d.last < span.Until-hour {
			why = NoDataEvents
		}
		if d.first != 0 {
			span, last = Logged{d.first, d.last + late}, d.last
		}
		regions = []string{g.Region, d.region}
	}
	for _, region := range regions {
		if region != "" && !slices.ContainsFunc(t.regions, func(r RegionLog) bool { return r.Region == region }) {
			log := b.logs.in(logPlace{g.Owner, region}, span)
			if last != 0 {
				log.Until = min(log.Until, last)
			}
			t.add(log)
		}
	}
	if t.why == NoHole {
		t.why = why
	}
	if l := &b.logs.lack; t.why == NoHole && l.Failed+l.Partly+l.Altered > 0 {
		t.why = Damaged
	}
	return t, nil
}

// add takes a region in: what is told is what all of them tell.
func (t *told) add(r RegionLog) {
	if t.regions == nil {
		t.when = r.Logged
	}
	t.regions = append(t.regions, r)
	if t.when.Since, t.when.Until = max(t.when.Since, r.Since), min(t.when.Until, r.Until); t.when.Until < t.when.Since || r.Since == 0 {
		t.when = Logged{}
	}
	if t.why == NoHole {
		t.why = r.Hole
	}
}

// in is what of a span is there of one log; an end of zero is open.
func (o *ownerLogs) in(at logPlace, span Logged) RegionLog {
	r := RegionLog{Region: at.region}
	l := o.book.there[at]
	if l == nil || l.First.IsZero() {
		seen, there := o.events[at]
		switch {
		case there || l != nil: // in files whose names tell no time
			r.Logged, r.Hole = seen, NotKnown
		case o.book.accounts[at.account] || o.anyEvent(at.account):
			r.Hole = NoRegion
		default:
			r.Hole = NoAccount
		}
		return r
	}
	first := max(l.First, o.lack.Floor)
	r.Logged = Logged{max(first, span.Since), l.Newest}
	if span.Until != 0 {
		r.Until = min(r.Until, span.Until)
	}
	f := Filter{Since: max(span.Since, o.lack.Floor), Until: span.Until}
	_, silent := l.silence(&f, o.book.newest)
	silent = before(silent, span.Until)
	silent, _, r.LostHours = o.book.quiet.split(at, silent)
	r.SilentHours = hoursIn(silent)
	lost := slices.ContainsFunc(o.book.quiet.lost[at], func(m lineage.Lost) bool {
		return m.Until >= first-late && (f.Since == 0 || m.Until >= f.Since) && (f.Until == 0 || m.From <= f.Until)
	})
	switch {
	case span.Since != 0 && first > span.Since+hour, span.Until != 0 && first > span.Until:
		r.Hole = BeforeFirst
	case span.Since > l.Newest, span.Until > o.book.newest+hour:
		r.Hole = BehindNewest
	case lost || r.LostHours > 0:
		r.Hole = LostFiles
	case r.SilentHours > 0:
		r.Hole = SilentHours
	}
	if r.Until < r.Since {
		r.Logged = Logged{}
	}
	return r
}

// before are the hours that are over at a moment; zero is open.
func before(all []Hours, until cloudtrail.Time) []Hours {
	if until == 0 {
		return all
	}
	end := hourOf(until+1)*hour - 1
	var over []Hours
	for _, h := range all {
		if h.Until = min(h.Until, end); h.From < h.Until {
			over = append(over, h)
		}
	}
	return over
}

func (o *ownerLogs) anyEvent(account string) bool {
	for at := range o.events {
		if at.account == account {
			return true
		}
	}
	return false
}

// usedByIAM reports whether IAM says that the role was used in the span that the
// log tells of, or later: then the log does not show it, or does not reach so far.
func (b *usageBook) usedByIAM(g *Shared, t *told) bool {
	return g.RoleARN != "" && g.LastUsed != 0 && g.LastUsed >= t.when.Since && (b.span.Until == 0 || g.LastUsed <= b.span.Until)
}
