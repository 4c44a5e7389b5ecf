package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// mostForged is how many log files are remembered of what a digest lists that is
// not to be believed. Who forges one may make it list anything.
const mostForged = 10_000

// collect keeps what a digest lists until the log files of that time are looked
// at.
func (p *place) collect(d *checked) {
	if d.file == nil {
		return
	}
	logs := d.file.Logs
	if d.trust == bad {
		// It proves nothing: it only tells why a log file is not verified.
		logs = logs[:min(len(logs), mostForged)]
	}
	for _, l := range logs {
		r := &ref{Log: l, stamp: stampOf(l.Object), digest: d}
		if !p.v.options.within(r.stamp) {
			continue
		}
		name := stem(l.Object)
		for _, other := range p.refs[name] {
			if other.Bucket == l.Bucket && other.Object == l.Object && !strings.EqualFold(other.Hash, l.Hash) && other.digest.trust != bad && d.trust != bad {
				p.v.find(Finding{
					Kind: ListedTwice, Place: p.Place, Trail: d.Trail, File: uriOf(l.Bucket, l.Object), Digest: d.URI, From: l.Oldest, Until: l.Newest,
					Text: "two digests list it with different hashes; the other one is " + other.digest.URI,
				})
			}
		}
		p.refs[name] = append(p.refs[name], r)
	}
}

// files settles the log files that were delivered in a span.
func (p *place) files(ctx context.Context, since, until cloudtrail.Time) error {
	var all []Object
	for o, err := range p.v.archive.LogFiles(ctx, p.Place, since, until) {
		if err != nil {
			return err
		}
		stamp := stampOf(o.Key)
		switch {
		case stamp.IsZero():
			p.keepOdd(o)
		case stamp >= since && stamp <= until && p.v.options.within(stamp):
			all = append(all, o)
		}
	}
	if err := p.each(ctx, all); err != nil {
		return err
	}
	return p.left(ctx, func(r *ref) bool { return !r.stamp.IsZero() && r.stamp >= since })
}

// each settles log files, as many at once as may be read.
func (p *place) each(ctx context.Context, all []Object) error {
	refs := make([][]*ref, len(all))
	for i, o := range all {
		refs[i] = p.of(o)
	}
	return p.v.each(ctx, len(all), func(i int) {
		if len(refs[i]) == 0 {
			p.unlisted(all[i])
			return
		}
		p.settle(ctx, all[i], refs[i])
	})
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
		if r.digest.trust > believed.digest.trust && r.digest.trust != bad || believed.digest.trust == bad {
			believed = r
		}
	}
	sum, n, err := p.v.sum(ctx, o)
	p.v.mu.Lock()
	p.v.report.Bytes += n
	p.v.mu.Unlock()
	switch {
	case absent(err) && believed.digest.trust == bad:
		p.omitFile(o, believed, DigestDoubt, believed.stamp)
	case absent(err):
		p.missing(o, believed)
	case err != nil && unreadable(err):
		p.v.failed(o, err)
		p.v.file(FileState{File: o, State: Unread, Place: p.Place, Digest: believed.digest.URI})
	case err != nil || !strings.EqualFold(sum, believed.Hash):
		p.altered(o, believed, sum, err)
	case believed.digest.trust == good:
		p.v.file(FileState{File: o, State: Verified, Place: p.Place, Digest: believed.digest.URI})
	default:
		p.omitFile(o, believed, DigestDoubt, believed.stamp)
	}
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
	n, err := io.Copy(h, r)
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
	if r.digest.trust == bad {
		p.omitFile(o, r, DigestDoubt, r.stamp)
		return
	}
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
	case stamp.IsZero():
		p.inserted(o, "no digest lists it, and its name is not one that CloudTrail gives: somebody put it there")
		return
	case stamp > p.newest-hour:
		reason = BehindNewest
	case p.covered(stamp):
		p.inserted(o, "no digest lists it: somebody put it there, or a trail without log file validation delivers to the same place")
		return
	case stamp < p.begin()+settling:
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
		if c.backfill {
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
