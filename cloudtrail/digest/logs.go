package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// ref is a log file as a digest lists it.
type ref struct {
	Log
	stamp  cloudtrail.Time
	digest *checked
	found  bool
}

// mostListings is how many entries of one name are remembered: CloudTrail lists a
// log file once, and whoever forges a digest makes it list anything.
const mostListings = 16

// collect keeps what a digest lists until the log files of that time are looked
// at. One that is bad tells nothing of any log file.
func (p *place) collect(d *checked) {
	if d.file == nil || d.trust == bad {
		return
	}
	for _, l := range d.file.Logs {
		r := &ref{Log: l, stamp: stampOf(l.Object), digest: d}
		name := stem(l.Object)
		if !p.v.options.within(r.stamp) || len(p.refs[name]) == mostListings {
			continue
		}
		for _, other := range p.refs[name] {
			if other.Bucket == l.Bucket && other.Object == l.Object && !strings.EqualFold(other.Hash, l.Hash) {
				p.v.find(Finding{
					Kind: ListedTwice, Place: p.Place, Trail: d.Trail, File: uriOf(l.Bucket, l.Object), Digest: d.URI, From: l.Oldest, Until: l.Newest,
					Text: "two digests list it with different hashes; the other one is " + other.digest.URI,
				})
			}
		}
		p.refs[name] = append(p.refs[name], r)
	}
}

// filesAtOnce is how many log files of a listing are held before they are settled.
const filesAtOnce = 4096

// files settles the log files that were delivered in a span; zero is open.
func (p *place) files(ctx context.Context, since, until cloudtrail.Time) error {
	var some []Object
	for o, err := range p.v.archive.LogFiles(ctx, p.Place, since, until) {
		if err != nil {
			return err
		}
		p.under(o)
		switch stamp := stampOf(o.Key); {
		case stamp.IsZero():
			p.keepOdd(o)
			continue
		case !between(stamp, since, until):
			continue
		}
		if some = append(some, o); len(some) == filesAtOnce {
			if err := p.each(ctx, some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	if err := p.each(ctx, some); err != nil {
		return err
	}
	return p.left(ctx, func(r *ref) bool { return !r.stamp.IsZero() && between(r.stamp, since, 0) })
}

// each settles log files, as many at once as may be read.
func (p *place) each(ctx context.Context, all []Object) error {
	var listed []Object
	var refs [][]*ref
	for _, o := range all {
		if mine := p.of(o); len(mine) > 0 {
			listed, refs = append(listed, o), append(refs, mine)
		} else {
			p.unlisted(o)
		}
	}
	return p.v.each(ctx, len(listed), func(i int) { p.settle(ctx, listed[i], refs[i]) })
}

// of are the entries of digests about an object.
func (p *place) of(o Object) []*ref {
	var mine []*ref
	for _, r := range p.refs[stem(o.Key)] {
		if o.at(r.digest.here(r.Bucket), r.Object) {
			r.found = true
			mine = append(mine, r)
		}
	}
	return mine
}

// left forgets the entries that are settled and looks for those of which the
// listing had no object: log files of another kind, or that are not there.
func (p *place) left(ctx context.Context, due func(*ref) bool) error {
	var lost [][]*ref
	for name, refs := range p.refs {
		if !due(refs[0]) {
			continue
		}
		delete(p.refs, name)
		byKey := map[[2]string][]*ref{}
		for _, r := range refs {
			if !r.found {
				at := [2]string{r.Bucket, r.Object}
				byKey[at] = append(byKey[at], r)
			}
		}
		for _, of := range byKey {
			lost = append(lost, of)
		}
	}
	return p.v.each(ctx, len(lost), func(i int) {
		r := lost[i][0]
		bucket := r.digest.here(r.Bucket)
		if r.digest.Bucket != "" && bucket != r.digest.Bucket {
			p.omitFile(Object{Bucket: r.Bucket, Key: r.Object, URI: uriOf(r.Bucket, r.Object)}, r, Elsewhere, r.stamp)
			return
		}
		p.settle(ctx, Object{Bucket: bucket, Key: r.Object, URI: uriOf(bucket, r.Object)}, lost[i])
	})
}

// settle compares a log file with what digests say of it.
func (p *place) settle(ctx context.Context, o Object, refs []*ref) {
	believed := refs[0]
	for _, r := range refs {
		if r.digest.trust > believed.digest.trust {
			believed = r
		}
	}
	sum, n, err := p.v.sum(ctx, o)
	p.v.mu.Lock()
	p.v.report.Bytes += n
	p.v.mu.Unlock()
	switch d := believed.digest; {
	case absent(err):
		p.missing(o, believed)
	case err != nil && unreadable(err):
		p.v.failed(o, err)
		p.v.file(FileState{File: o, State: Unread, Place: p.Place, Digest: d.URI})
	case err != nil || !strings.EqualFold(sum, believed.Hash):
		p.altered(o, believed, sum, err)
	case d.trust == good:
		p.v.file(FileState{File: o, State: Verified, Place: p.Place, Digest: d.URI})
	case !p.v.trusted(d) && p.covered(believed.stamp):
		p.inserted(o, "no digest that can be believed lists it, though those of its time are here; one does whose signature is not at hand: "+d.URI)
	default:
		if !p.v.trusted(d) {
			p.late(believed.stamp)
		}
		p.omitFile(o, believed, DigestDoubt, believed.stamp)
	}
}

// due reports whether the digest that lists a log file of that stamp may be still to
// come. Which trail delivered the file nothing tells, and each has its own hours.
func (p *place) due(stamp cloudtrail.Time) bool {
	for of, c := range p.chains {
		if !of.backfill && !c.until.IsZero() && stamp > c.until-settling && stamp <= c.until+digestLate {
			return true
		}
	}
	return false
}

// late takes note of a log file long after the newest digest.
func (p *place) late(stamp cloudtrail.Time) {
	if p.newest == nil || stamp <= p.until+digestLate {
		return
	}
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	p.behind.join(Omission{Files: 1, From: stamp, Until: stamp})
}

// sum is the hash of a log file's bytes, decompressed, and how many they are.
func (v *verifier) sum(ctx context.Context, o Object) (string, int64, error) {
	body, _, err := v.archive.Open(ctx, o)
	if err != nil {
		return "", 0, &readError{err}
	}
	defer body.Close()
	r, err := plain(body)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	most := v.options.MaxFile
	n, err := io.Copy(h, io.LimitReader(r, most+1))
	if err == nil && n > most {
		return "", n, &readError{fmt.Errorf("it has more than %d bytes when decompressed, which no log file of CloudTrail's has: if it is what you expect, raise --max-file", most)}
	}
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func (p *place) missing(o Object, r *ref) {
	p.v.file(FileState{File: o, State: Missing, Place: p.Place, Digest: r.digest.URI})
	p.v.find(Finding{
		Kind: MissingFile, Place: p.Place, Trail: r.digest.Trail, File: o.URI, Digest: r.digest.URI, From: r.Oldest, Until: r.Newest,
		Text: "it was delivered, and is not there",
	})
	from, until := r.Oldest, r.Newest
	if from.IsZero() || until.IsZero() {
		from, until = r.stamp-settling, r.stamp
	}
	if until >= from && !r.stamp.IsZero() {
		p.v.lost(Lost{p.Account, p.Region, from, until})
	}
}

func (p *place) altered(o Object, r *ref, sum string, err error) {
	f := Finding{
		Kind: AlteredFile, Place: p.Place, Trail: r.digest.Trail, File: o.URI, Digest: r.digest.URI, From: r.Oldest, Until: r.Newest,
		Text: "its bytes are not those that were delivered",
	}
	if err != nil {
		f.Text += " (" + err.Error() + ")"
	}
	p.v.find(f)
	p.v.mu.Lock()
	if len(p.v.has) < MostFindings {
		p.v.has[o.URI], p.v.should[strings.ToLower(r.Hash)] = sum, o.URI
	}
	p.v.mu.Unlock()
	p.v.file(FileState{File: o, State: Altered, Place: p.Place, Digest: r.digest.URI})
}

// unlisted is a log file that no digest lists.
func (p *place) unlisted(o Object) {
	stamp := stampOf(o.Key)
	reason := InGap
	switch {
	case len(p.digests) == 0 && p.Account == "":
		reason = Nameless
	case len(p.digests) == 0:
		reason = NoDigests
	case stamp.IsZero():
		p.inserted(o, "no digest lists it, and its name is not one that CloudTrail gives: somebody put it there")
		return
	case p.newest == nil:
	case stamp > p.until+digestLate:
		reason = BehindNewest
		p.late(stamp)
	case p.due(stamp):
		reason = BehindNewest
	case p.covered(stamp):
		p.inserted(o, "no digest lists it: somebody put it there, or a trail without log file validation delivers to the same place")
		return
	case p.walked && stamp < p.first+settling:
		reason = BeforeFirst
	}
	p.omitFile(o, nil, reason, stamp)
}

func (p *place) inserted(o Object, text string) {
	stamp := stampOf(o.Key)
	p.v.find(Finding{Kind: UnlistedFile, Place: p.Place, File: o.URI, From: stamp, Until: stamp, Text: text})
	p.v.file(FileState{File: o, State: Unlisted, Place: p.Place})
}

// covered reports whether a log file of that stamp has to be in a digest that is
// here. Which trail delivered it nothing tells, so that a hole in one excuses it.
func (p *place) covered(stamp cloudtrail.Time) bool {
	covered := false
	for _, c := range p.chains {
		if c.of.backfill {
			continue
		}
		if c.gap(stamp) {
			return false
		}
		covered = covered || c.covers(stamp)
	}
	return covered
}

func (p *place) omitFile(o Object, r *ref, reason Reason, stamp cloudtrail.Time) {
	s := FileState{File: o, State: Unchecked, Place: p.Place}
	note := Omission{Reason: reason, Place: p.Place, Files: 1, From: stamp, Until: stamp, Example: o.URI}
	switch reason {
	case BehindNewest:
		note.Expected = stamp <= p.until+digestLate
	case BeforeFirst:
		note.Expected = p.v.options.Since.IsZero()
	case DigestDoubt:
		note.Expected = p.awaited(r.digest)
	}
	if r != nil {
		s.Digest, note.Trail = r.digest.URI, r.digest.Trail
	}
	p.v.file(s)
	p.v.omit(note)
}

// keepOdd keeps a log file whose name tells no time until all digests were read.
func (p *place) keepOdd(o Object) {
	if day, ok := cloudtrail.ParseTime(strings.ReplaceAll(folderDay(o.Key), "/", "-") + "T00:00:00Z"); ok {
		w := &p.v.options
		if day+24*hour <= w.Since || !w.Until.IsZero() && day > w.Until {
			return
		}
	}
	p.odd[o.URI] = o
}

// rest settles what no span had: names without a time, and entries of digests
// that are older than all.
func (p *place) rest(ctx context.Context) error {
	var odd []Object
	for _, o := range p.odd {
		odd = append(odd, o)
	}
	if err := p.each(ctx, odd); err != nil {
		return err
	}
	return p.left(ctx, func(*ref) bool { return true })
}
