package bucket

import (
	"context"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/source"
)

// shelf is an account's folder in one tree: an organisation's trail and the
// account's own may both write to one bucket.
type shelf struct {
	base    string // …/<account>/
	account string
	only    place // what the address keeps to, where it is of this account alone
}

// shelves are the folders of an account, or of all. In an organisation's folder
// an account that is named is not looked for: where it is not, a listing of its
// folder says so.
func (l *Log) shelves(ctx context.Context, of string) ([]shelf, error) {
	var all []shelf
	for _, t := range l.trees {
		if t.level >= account {
			if of == "" || of == t.account {
				all = append(all, shelf{base: t.base, account: t.account, only: t})
			}
			continue
		}
		some, err := l.shelvesIn(ctx, t.dir, of, t.level == org)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (l *Log) shelvesIn(ctx context.Context, dir, of string, inOrg bool) ([]shelf, error) {
	if inOrg && of != "" && !l.knows(dir) {
		return []shelf{{base: dir + of + "/", account: of}}, nil
	}
	names, err := l.names(ctx, dir)
	if err != nil {
		return nil, err
	}
	var all []shelf
	for _, name := range names {
		switch {
		case isAccount(name) && (of == "" || of == name):
			all = append(all, shelf{base: dir + name + "/", account: name})
		case !inOrg && strings.HasPrefix(name, "o-"):
			some, err := l.shelvesIn(ctx, dir+name+"/", of, true)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	return all, nil
}

// knows reports whether the names in a folder were listed already.
func (l *Log) knows(dir string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.folders[dir]
	return ok
}

// Accounts are those that have a folder under the address, sorted; none where
// nothing is laid out as CloudTrail does. They are listed once.
func (l *Log) Accounts(ctx context.Context) ([]string, error) {
	all, err := l.shelves(ctx, "")
	if err != nil {
		return nil, err
	}
	var accounts []string
	for _, s := range all {
		accounts = append(accounts, s.account)
	}
	slices.Sort(accounts)
	return slices.Compact(accounts), nil
}

// Regions are those that an account has log files of, sorted. They are listed
// once.
func (l *Log) Regions(ctx context.Context, account string) ([]string, error) {
	all, err := l.shelves(ctx, account)
	if err != nil {
		return nil, err
	}
	var regions []string
	for _, s := range all {
		some, err := l.regions(ctx, s, logFolder)
		if err != nil {
			return nil, err
		}
		regions = append(regions, some...)
	}
	slices.Sort(regions)
	return slices.Compact(regions), nil
}

func (l *Log) regions(ctx context.Context, s shelf, in string) ([]string, error) {
	if s.only.region != "" {
		return []string{s.only.region}, nil
	}
	names, err := l.names(ctx, s.base+in+"/")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !isRegion(name) }), nil
}

// wanted are the regions of a shelf that windows ask for.
func (l *Log) wanted(ctx context.Context, s shelf, in string, windows []source.Window) ([]string, error) {
	var regions []string
	for _, w := range windows {
		if w.Region == "" {
			return l.regions(ctx, s, in)
		}
		if s.only.region == "" || s.only.region == w.Region {
			regions = append(regions, w.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions), nil
}
