package bucket

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// level is how far down CloudTrail's folders a place is.
type level uint8

const (
	above   level = iota // no AWSLogs on the way
	logs                 // …/AWSLogs/
	org                  // …/AWSLogs/o-…/
	account              // …/<account>/
	kind                 // …/<account>/CloudTrail/
	region               // …/CloudTrail/<region>/, or a year, month or day in it
	foreign              // another service's folder
)

const (
	awsLogs    = "AWSLogs"
	logFolder  = "CloudTrail"
	digestsDir = "CloudTrail-Digest"
)

// place is a folder and what its path tells.
type place struct {
	dir                   string // with its slash
	level                 level
	base                  string // …/<account>/
	account, kind, region string
}

// placeOf reads a path. The last AWSLogs counts: a prefix may have that name too.
func placeOf(dir string) place {
	p := place{dir: dir}
	parts := strings.Split(strings.TrimSuffix(dir, "/"), "/")
	at := len(parts) - 1
	for at >= 0 && parts[at] != awsLogs {
		at--
	}
	if at < 0 {
		return p
	}
	p.level = logs
	rest := parts[at+1:]
	if len(rest) > 0 && strings.HasPrefix(rest[0], "o-") {
		p.level, rest = org, rest[1:]
	}
	if len(rest) == 0 {
		return p
	}
	if !isAccount(rest[0]) {
		p.level = above // AWSLogs is part of a prefix: a trail's own may be further down
		return p
	}
	p.level, p.account = account, rest[0]
	p.base = strings.Join(parts[:len(parts)-len(rest)+1], "/") + "/"
	if len(rest) == 1 {
		return p
	}
	p.level, p.kind = kind, rest[1]
	switch {
	case p.kind != logFolder && p.kind != digestsDir:
		p.level = foreign
	case len(rest) > 2:
		p.level, p.region = region, rest[2]
	}
	return p
}

// isAccount takes any number of digits: published logs have ids of thirteen.
func isAccount(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isRegion(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Above AWSLogs there may be anything. So many folders are looked into for it.
const (
	mostLooks = 64
	mostDepth = 4
)

// look finds out what the address is of.
func (l *Log) look(ctx context.Context) error {
	if l.prefix != "" && !strings.HasSuffix(l.prefix, "/") {
		if isFile(l.prefix) {
			if done, err := l.lookObject(ctx); done || err != nil {
				return err
			}
		}
		whole := l.prefix
		l.prefix += "/"
		there, err := l.lookFolder(ctx)
		if there || err != nil {
			return err
		}
		l.prefix, l.plain = whole, true // the beginning of names, as S3 knows prefixes
		if done, err := l.lookObject(ctx); done || err != nil {
			return err
		}
		return nil
	}
	there, err := l.lookFolder(ctx)
	if err == nil && !there {
		err = l.absent()
	}
	return err
}

// isFile reports whether an address looks like that of one log file.
func isFile(key string) bool {
	name := strings.ToLower(key[strings.LastIndexByte(key, '/')+1:])
	for _, ext := range []string{".gz", ".json", ".jsonl", ".ndjson"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// lookObject looks whether the address is of one object. Of all keys that begin
// so it comes first. Who may read one object often may not list.
func (l *Log) lookObject(ctx context.Context) (bool, error) {
	var first *Object
	listErr := l.pages(ctx, request{prefix: l.prefix, most: 1}, func(p *page) (bool, error) {
		if len(p.objects) > 0 {
			first = &p.objects[0]
		}
		return false, nil
	})
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err()
	case first != nil && first.Key == l.prefix:
		l.object, l.plain = first, false
		return true, nil
	case listErr != nil:
		if o, err := l.head(ctx, l.prefix, ""); err == nil {
			l.object, l.plain = o, false
			return true, nil
		}
		return true, listErr
	case first == nil && !isFile(l.prefix) || first == nil && l.plain:
		return true, l.absent()
	}
	return first != nil && l.plain, nil
}

// lookFolder looks into the folder that the address may be of.
func (l *Log) lookFolder(ctx context.Context) (there bool, err error) {
	p := placeOf(l.prefix)
	switch p.level {
	case org, account, kind:
		names, err := l.names(ctx, p.dir)
		if err != nil || len(names) == 0 {
			return false, err
		}
		l.trees = []place{p}
		return true, nil
	case region, foreign:
		var any bool
		err := l.pages(ctx, request{prefix: p.dir, most: 1}, func(p *page) (bool, error) {
			any = len(p.objects) > 0
			return !any, nil
		})
		if any && p.level == region {
			l.trees = []place{p}
		}
		l.plain = p.level == foreign
		return any, err
	case above, logs:
	}
	return l.search(ctx, p)
}

// search looks for AWSLogs in a folder and below, a few levels down, and for
// nothing where it does not find it: then all is listed that is there.
func (l *Log) search(ctx context.Context, from place) (there bool, err error) {
	looks := 0
	next := []place{from}
	for depth := 0; len(next) > 0; depth++ {
		if depth >= mostDepth { // what has the name is looked into all the same
			l.leave(slices.DeleteFunc(slices.Clone(next), func(p place) bool { return p.level == logs }))
			next = slices.DeleteFunc(next, func(p place) bool { return p.level != logs })
		}
		if looks += len(next); looks > mostLooks {
			most := max(0, len(next)-(looks-mostLooks))
			l.leave(next[most:])
			next = next[:most]
		}
		var mu sync.Mutex
		var below []place
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(l.options.Lists)
		for _, p := range next {
			group.Go(func() error {
				found, any, err := l.peek(gctx, p)
				mu.Lock()
				defer mu.Unlock()
				there = there || any
				below = append(below, found...)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return false, err
		}
		next = below
	}
	slices.SortFunc(l.trees, func(a, b place) int { return strings.Compare(a.dir, b.dir) })
	l.plain = len(l.trees) == 0
	return there, nil
}

// peek looks into one folder: it notes the tree that it is, and returns the
// folders that trees may be below.
func (l *Log) peek(ctx context.Context, p place) (below []place, there bool, err error) {
	names, there, err := l.few(ctx, p.dir)
	if err != nil {
		return nil, false, err
	}
	isTree := false
	for _, name := range names {
		switch in := placeOf(p.dir + name + "/"); {
		case p.level == logs && in.level != above:
			isTree = true
		case in.level == above || in.level == logs:
			below = append(below, in)
		}
	}
	if isTree {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.trees = append(l.trees, p)
	}
	return below, there, nil
}

// few is [Log.names] for a folder that may hold more than it is worth to list:
// then all that counts is whether AWSLogs is among it.
func (l *Log) few(ctx context.Context, dir string) (names []string, there bool, err error) {
	const mostPages = 4
	n, other, of := 0, beside{}, placeOf(dir).level
	err = l.pages(ctx, request{prefix: dir, folders: true}, func(p *page) (bool, error) {
		there = there || len(p.objects)+len(p.folders) > 0
		for _, f := range p.folders {
			names = append(names, strings.TrimSuffix(f[len(dir):], "/"))
		}
		other.add(of, p)
		n, other.more = n+1, p.more
		return n < mostPages || !there, nil
	})
	if err != nil {
		return nil, false, err
	}
	l.noteBeside(dir, other)
	if !other.more {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.folders[dir] = names
		return names, there, nil
	}
	if of == logs {
		return names, there, nil
	}
	if len(names) > 0 {
		l.leave([]place{{dir: dir}}) // into none of them
	}
	names = nil
	err = l.pages(ctx, request{prefix: dir + awsLogs + "/", most: 1}, func(p *page) (bool, error) {
		if len(p.objects) > 0 {
			names = []string{awsLogs}
		}
		return false, nil
	})
	return names, there, err
}
