package query

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// CoverageAnswer is which logs are there, and what the holes leave open.
type CoverageAnswer struct {
	Files       int             // in the span, those of no account included
	Nameless    int             // of them, those whose names tell no account
	Ahead       int             // of all files, those with a stamp that is ahead of the clock
	Newest      cloudtrail.Time // stamp of all files, in the span or not: of what was later nothing is known
	Lack        Lack
	Listed      bool // by the names of files alone: of events, changes and gaps nothing is known
	Logs        []AccountLog
	Lost        []LostSpan      // in the span, by account, region and time
	Unnamed     []AccountEvents // by account
	Missing     []string        // accounts whose logs should be here, of which no log file and no event is, sorted
	Unusable    []string        // accounts of the organisation that nobody can use, likewise: they are not missed
	Changes     []TrailChange
	MoreChanges int
	Gaps        []CoverageGap // by calls
}

// AccountLog is the log of one account in one region. First and Newest are of
// all its files, the rest is of those delivered in the span.
type AccountLog struct {
	lineage.Span
	Hours       int // in which a file was delivered
	SilentHours int
	Silent      []Hours // from its first file to the newest of any log, by time, of which nothing tells whether there was anything
	QuietHours  int
	Quiet       []Hours // likewise, and digest files tell that there was nothing
	LostHours   int     // likewise, and they tell that there was, or are missing; see Lost
}

// AccountEvents is events in the span that were delivered to an account of which
// no file's name tells.
type AccountEvents struct {
	Account     string
	Events      int
	First, Last cloudtrail.Time
}

// Hours are some hours on end, from the first second to the last.
type Hours struct{ From, Until cloudtrail.Time }

func hoursIn(all []Hours) (n int) {
	for _, h := range all {
		n += int((h.Until + 1 - h.From) / hour)
	}
	return n
}

// Hole is what of the coverage may be why a chain stops short.
type Hole string

// The holes.
const (
	NoHole       Hole = ""                      // the logs that should tell are there
	NotKnown     Hole = "not-known"             // no file's name tells whose log it is, or events of it came in files that do not
	NoAccount    Hole = "account-not-collected" // no log file and no event of that account is
	NoRegion     Hole = "region-not-collected"  // none of that account in that region is, nor in us-east-1
	LostFiles    Hole = "lost"                  // digest files prove that log files of that time are missing
	SilentHours  Hole = "silent-hours"
	BeforeFirst  Hole = "before-first"
	BehindNewest Hole = "behind-newest"
)

// CoverageGap is what one hole may explain: sessions whose chains stop short of
// their origin, or would be told better.
type CoverageGap struct {
	lineage.Gap // From and Until span all that is missing
	Hole        Hole
	Span        Hours  // the hole, where it is silent hours or lost
	File        string // URI of a log or digest file that is lost
	Sessions    int    // at least so many, where Many
	Many        bool
	Calls       int
	Examples    []string // session ids, or what else a caller is known by
}

// Coverage tells what is there of each account and region, who changed what
// delivers it, and what the holes leave unexplained. Of the filter it keeps to
// Since, Until, Accounts and Regions. Which accounts are missed the names tell:
// see [Names.Expected].
// A file with a stamp that is ahead of the clock is there; its stamp counts for
// nothing.
func Coverage(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, names *Names, clock Clock) (*CoverageAnswer, error) {
	f = Filter{Since: f.Since, Until: f.Until, Accounts: f.Accounts, Regions: f.Regions}
	b := newCoverageBook(&f)
	if err := b.all(r.LogFiles(ctx), clock); err != nil {
		return nil, err
	}
	lack, err := readLack(ctx, r)
	if err != nil {
		return nil, err
	}
	if b.quiet, err = newQuietness(ctx, r, lack.Lost); err != nil {
		return nil, err
	}
	if err := b.events(ctx, r); err != nil {
		return nil, err
	}
	a := &CoverageAnswer{Newest: b.newest, Files: b.files, Nameless: b.nameless, Ahead: b.ahead, Logs: b.logs(), Unnamed: b.unnamed()}
	a.Missing, a.Unusable = b.never(names.Expected(f.Until)), b.never(names.Unusable())
	a.Lack, a.Lack.Lost = lack, nil
	if a.Changes, a.MoreChanges, err = trailChanges(ctx, r, resolver, f, b.buckets); err != nil {
		return nil, err
	}
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, err
	}
	gaps := newGapBook(b)
	if err := q.eachTally(ctx, gaps.add); err != nil {
		return nil, err
	}
	a.Gaps, a.Lost = gaps.done(), gaps.lost()
	return a, nil
}

// CoverageByNames is [Coverage] where there are the names of log files and nothing
// else, as a bucket lists them. It holds none of them. Of accounts there is known
// to be a log, whether or not any of its files is among them.
func CoverageByNames(files iter.Seq2[cloudtrail.LogFile, error], accounts []string, f Filter, names *Names, clock Clock) (*CoverageAnswer, error) {
	f = Filter{Since: f.Since, Until: f.Until, Accounts: f.Accounts, Regions: f.Regions}
	b := newCoverageBook(&f)
	b.quiet = &quietness{}
	for _, account := range accounts {
		b.accounts[account] = true
	}
	if err := b.all(files, clock); err != nil {
		return nil, err
	}
	a := &CoverageAnswer{Listed: true, Newest: b.newest, Files: b.files, Nameless: b.nameless, Ahead: b.ahead, Logs: b.logs()}
	a.Missing, a.Unusable = b.never(names.Expected(f.Until)), b.never(names.Unusable())
	return a, nil
}

// logPlace is whose log, and where.
type logPlace struct{ account, region string }

type coverageBook struct {
	f               *Filter
	files, nameless int
	ahead           int
	newest          cloudtrail.Time // stamp of all, whatever the filter
	there           map[logPlace]*logHours
	accounts        map[string]bool           // of which there is any file, whatever the filter
	delivered       map[string]*AccountEvents // of every account with events, whatever the filter; counted as it says
	regions         map[logPlace]bool         // where those were
	buckets         map[string]bool
	silent          map[logPlace][]Hours
	quiet           *quietness
}

// logHours is a log being counted: its span, and a bit for each hour with a file,
// 64 hours a word.
type logHours struct {
	lineage.Span
	files int // in the span of the question
	hours map[cloudtrail.Time]uint64
}

func newCoverageBook(f *Filter) *coverageBook {
	return &coverageBook{
		f: f, there: map[logPlace]*logHours{}, accounts: map[string]bool{},
		delivered: map[string]*AccountEvents{}, regions: map[logPlace]bool{},
		buckets: map[string]bool{}, silent: map[logPlace][]Hours{},
	}
}

// all takes in all files.
func (b *coverageBook) all(files iter.Seq2[cloudtrail.LogFile, error], clock Clock) error {
	for file, err := range files {
		if err != nil {
			return fmt.Errorf("reading the list of log files: %w", err)
		}
		if clock.ahead(file.Delivered) {
			b.ahead++
			file.Delivered = 0
		}
		b.file(&file)
	}
	return nil
}

func (b *coverageBook) file(f *cloudtrail.LogFile) {
	if name, ok := strings.CutPrefix(f.URI, "s3://"); ok && len(b.buckets) < mostKept {
		name, _, _ = strings.Cut(name, "/")
		b.buckets[strings.Clone(name)] = true
	}
	stamped := f.Kind == cloudtrail.LogFileKind && !f.Delivered.IsZero()
	inside := !stamped || (b.f.Since == 0 || f.Delivered >= b.f.Since) && (b.f.Until == 0 || f.Delivered <= b.f.Until)
	if f.Account == "" {
		if inside {
			b.files++
			b.nameless++
		}
		return
	}
	if stamped {
		b.newest = max(b.newest, f.Delivered)
	}
	b.accounts[f.Account] = true
	at := logPlace{f.Account, f.Region}
	l := b.there[at]
	if l == nil {
		l = &logHours{Span: lineage.Span{Account: f.Account, Region: f.Region}, hours: map[cloudtrail.Time]uint64{}}
		b.there[at] = l
	}
	l.Add(*f)
	if !inside {
		return
	}
	if l.files++; stamped {
		n := hourOf(f.Delivered)
		l.hours[n>>6] |= 1 << uint(n&63)
	}
	if b.asked(at) {
		b.files++
	}
}

func (b *coverageBook) asked(at logPlace) bool {
	return anyOf(b.f.Accounts, at.account) && anyOf(b.f.Regions, at.region)
}

// never leaves of accounts those that are asked for and of which nothing is here.
func (b *coverageBook) never(accounts []string) []string {
	return slices.DeleteFunc(accounts, func(account string) bool {
		return b.accounts[account] || b.delivered[account] != nil || !anyOf(b.f.Accounts, account)
	})
}

// logs are the logs that are asked for, by account and region. It finds the
// silent hours of all.
func (b *coverageBook) logs() []AccountLog {
	var all []AccountLog
	for _, at := range slices.SortedFunc(maps.Keys(b.there), func(x, y logPlace) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.region, y.region))
	}) {
		l := b.there[at]
		log := AccountLog{Span: l.Span}
		log.Files = l.files
		log.Hours, log.Silent = l.silence(b.f, b.newest)
		log.Silent, log.Quiet, log.LostHours = b.quiet.split(at, log.Silent)
		log.SilentHours, log.QuietHours = hoursIn(log.Silent), hoursIn(log.Quiet)
		b.silent[at] = log.Silent
		if b.asked(at) {
			all = append(all, log)
		}
	}
	return all
}

// silence is how many hours have a file, and those that have none, as far as they
// are in the span of the question: from the log's first file to the newest of any,
// up to which the set tells.
func (l *logHours) silence(f *Filter, newest cloudtrail.Time) (hours int, silent []Hours) {
	if l.First.IsZero() {
		return 0, nil
	}
	from, until := l.First, newest
	if f.Since != 0 {
		from = max(from, f.Since)
	}
	if f.Until != 0 {
		until = min(until, f.Until)
	}
	next := hourOf(from) // the first hour of which nothing is known yet
	if from%hour != 0 && from != l.First {
		next++ // an hour that begins before the span is not silent in it
	}
	note := func(to cloudtrail.Time) {
		if to > next {
			silent = append(silent, Hours{next * hour, to*hour - 1})
		}
		next = max(next, to+1)
	}
	for _, word := range slices.Sorted(maps.Keys(l.hours)) {
		for bit := range cloudtrail.Time(64) {
			if l.hours[word]>>uint(bit)&1 == 1 {
				hours++
				note(word<<6 + bit)
			}
		}
	}
	end := hourOf(until)
	if until == l.Newest || (until+1)%hour == 0 {
		end++ // the last hour is whole, or has the newest file
	}
	note(end)
	return hours, silent
}

// hourOf counts hours, those before 1970 too.
func hourOf(t cloudtrail.Time) cloudtrail.Time {
	if t < 0 {
		return (t+1)/hour - 1
	}
	return t / hour
}
