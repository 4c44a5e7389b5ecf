package bucket

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/lineage"
)

// fewKeys is how many keys tell where a log begins: the first may be a stranger's.
const fewKeys = 16

// Span is how far the log of an account reaches in one region, by a few lists:
// the first stamp and the newest, no files being counted. It is zero where there
// is none.
func (l *Log) Span(ctx context.Context, of, in string) (lineage.Span, error) {
	span := lineage.Span{Account: of, Region: in}
	all, err := l.shelves(ctx, of)
	if err != nil {
		return span, err
	}
	for _, s := range all {
		dir := s.base + logFolder + "/" + in + "/"
		switch {
		case s.only.region != "" && s.only.region != in:
			continue
		case s.only.level == region && s.only.kind == logFolder:
			dir = s.only.dir
		}
		newest, err := l.newestDay(ctx, dir)
		if err != nil {
			return span, err
		}
		for _, r := range [...]request{{prefix: dir, most: fewKeys}, {prefix: newest}} {
			err := l.pages(ctx, r, func(p *page) (bool, error) {
				for i := range p.objects {
					if o := &p.objects[i]; o.Account == of && o.Region == in {
						span.Add(o.LogFile)
					}
				}
				return r.most == 0, ctx.Err()
			})
			if err != nil {
				return span, err
			}
		}
	}
	span.Files = 0
	return span, nil
}

// newestDay is the folder of the newest day below a region's.
func (l *Log) newestDay(ctx context.Context, dir string) (string, error) {
	for range 3 { // year, month, day
		names, err := l.names(ctx, dir)
		if err != nil {
			return "", err
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !isAccount(name) }) // digits
		if len(names) == 0 {
			break // the address is of a day
		}
		dir += slices.Max(names) + "/"
	}
	return dir, nil
}
