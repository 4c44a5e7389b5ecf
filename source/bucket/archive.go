package bucket

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/source"
)

// Archive is a bucket to be verified: [digest.Archive].
type Archive struct {
	log     *Log
	windows []source.Window

	mu     sync.Mutex
	listed map[digest.Place]*listing // of a prefix that is not laid out as CloudTrail does: listed once, here
	plain  bool
}

type listing struct{ digests, logs []Object }

// Archive is what lies under the address, digest files and log files. Only the
// accounts and regions of the windows are looked for; none: all.
func (l *Log) Archive(windows ...source.Window) *Archive {
	return &Archive{log: l, windows: filled(windows), plain: l.plain || l.object != nil}
}

// Places is of [digest.Archive]. It lists accounts and regions alone, where there
// are folders of them.
func (a *Archive) Places(ctx context.Context) ([]digest.Place, error) {
	if a.plain {
		return a.listAll(ctx)
	}
	all, err := a.log.shelvesOf(ctx, a.windows)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	seen := map[digest.Place]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(a.log.options.Lists)
	for _, s := range all {
		mine := slices.DeleteFunc(slices.Clone(a.windows), func(w source.Window) bool { return w.Account != "" && w.Account != s.account })
		for _, in := range []string{logFolder, digestsDir} {
			group.Go(func() error {
				regions, err := a.log.wanted(ctx, s, in, mine)
				mu.Lock()
				defer mu.Unlock()
				for _, r := range regions {
					seen[digest.Place{Account: s.account, Region: r}] = true
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Keys(seen)), nil
}

// listAll lists a prefix of files that may be anybody's.
func (a *Archive) listAll(ctx context.Context) ([]digest.Place, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listed = map[digest.Place]*listing{}
	for _, in := range []string{logFolder, digestsDir} {
		for o, err := range each(ctx, func(ctx context.Context) <-chan batch { return a.log.batches(ctx, in, nil) }) {
			if err != nil {
				return nil, err
			}
			at := digest.Place{Account: o.Account, Region: o.Region}
			digests := o.Kind == cloudtrail.DigestFile
			if o.Kind == cloudtrail.UnknownFile {
				at = digest.Place{}
			}
			if digests != (in == digestsDir) || !digests && o.Kind != cloudtrail.LogFileKind && o.Kind != cloudtrail.UnknownFile {
				continue
			}
			if a.listed[at] == nil {
				a.listed[at] = &listing{}
			}
			if digests {
				a.listed[at].digests = append(a.listed[at].digests, o)
			} else {
				a.listed[at].logs = append(a.listed[at].logs, o)
			}
		}
	}
	return slices.Collect(maps.Keys(a.listed)), nil
}

// Digests is of [digest.Archive].
func (a *Archive) Digests(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	if a.plain {
		return a.objects(values(a.at(p).digests), isDigest)
	}
	return a.objects(a.log.Digests(ctx, source.Window{Account: p.Account, Region: p.Region, Since: since, Until: until}), isDigest)
}

// LogFiles is of [digest.Archive]: all that is read as log files of the folders of
// its days, whatever its names say.
func (a *Archive) LogFiles(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	read := func(o *Object) bool { return source.PassOver(o.LogFile) == "" }
	if a.plain {
		return a.objects(values(a.at(p).logs), read)
	}
	w := source.Window{Account: p.Account, Region: p.Region, Since: since, Until: until}
	return a.objects(each(ctx, func(ctx context.Context) <-chan batch {
		return inBackground(ctx, func(emit func(batch)) {
			a.log.listTrees(ctx, logFolder, []source.Window{w}, emit, func(group *errgroup.Group, s stretch) {
				if s.wholeDays() {
					a.log.listStretch(ctx, group, s, emit)
				}
			})
		})
	}), read)
}

func (a *Archive) at(p digest.Place) listing {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.listed[p]; l != nil {
		return *l
	}
	return listing{}
}

func values(all []Object) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func isDigest(o *Object) bool { return o.Kind == cloudtrail.DigestFile }

// objects are those that are wanted.
func (a *Archive) objects(all iter.Seq2[Object, error], want func(*Object) bool) iter.Seq2[digest.Object, error] {
	return func(yield func(digest.Object, error) bool) {
		for o, err := range all {
			if err == nil && !want(&o) {
				continue
			}
			if !yield(digest.Object{Bucket: a.log.bucket, Key: o.Key, URI: o.URI}, err) {
				return
			}
		}
	}
}

// Open is of [digest.Archive]. It reads what is there now: who alters an object
// between two requests has altered it.
func (a *Archive) Open(ctx context.Context, o digest.Object) (io.ReadCloser, map[string]string, error) {
	if o.Bucket != a.log.bucket {
		return nil, nil, fmt.Errorf("%s: is in another bucket: %w", o.URI, fs.ErrNotExist)
	}
	body, meta, err := a.log.Get(ctx, o.Key)
	if err != nil {
		if isAbsent(err) {
			return nil, nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
		}
		return nil, nil, err
	}
	return body, meta, nil
}
