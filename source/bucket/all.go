package bucket

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// errEnough ends a listing of which no more is wanted.
var errEnough = errors.New("enough")

// All yields whatever lies under the address, log files and all else, in the order
// of keys, and the folder that each lies below: the address as a folder; or where
// there is none of that name, the folder of the object, or of the names that begin
// so. It asks only for what is under the address, so that a reader whose list is
// limited to it (s3:prefix) may ask. Keys that end in a slash, as consoles make
// them for folders, are left out. An error is the last that it yields.
func (l *Log) All(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		l.mu.Lock()
		l.base = folderOf(l.prefix)
		l.mu.Unlock()
		prefixes := []string{l.prefix}
		if l.prefix != "" && !strings.HasSuffix(l.prefix, "/") {
			prefixes = []string{l.prefix + "/", l.prefix}
		}
		for _, prefix := range prefixes {
			any := false
			err := l.pages(ctx, request{prefix: prefix}, func(p *page) (bool, error) {
				if !any && len(p.objects) > 0 {
					any = true
					l.mu.Lock()
					l.base = folderOf(prefix)
					l.mu.Unlock()
				}
				for i := range p.objects {
					if !yield(p.objects[i], nil) {
						return false, errEnough
					}
				}
				return true, ctx.Err()
			})
			if errors.Is(err, errEnough) {
				return
			}
			if err != nil {
				// Who may read one object often may not list.
				if o, headErr := l.head(ctx, l.prefix, ""); !any && prefix != l.prefix && headErr == nil {
					yield(*o, nil)
					return
				}
				yield(Object{}, err)
				return
			}
			if any {
				return
			}
		}
		yield(Object{}, l.absent())
	}
}

// Below is the part of a key below the folder that [Log.All] found to be meant.
func (l *Log) Below(key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimPrefix(key, l.base)
}

func folderOf(prefix string) string { return prefix[:strings.LastIndexByte(prefix, '/')+1] }
