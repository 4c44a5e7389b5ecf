package bucket

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/source"
)

// beside is what one folder holds that is not as CloudTrail lays it out: nobody
// lists it, so nobody reads it. It was met where folders were looked for.
type beside struct {
	objects, folders int
	more             bool // than was listed
	some             []string
}

// fewNamed is how many keys or folders are named of those that are not read.
const fewNamed = 3

// add goes through a page of a folder's names.
func (b *beside) add(of level, p *page) {
	for i := range p.objects {
		if o := &p.objects[i]; source.PassOver(o.LogFile) == "" {
			b.objects++
			b.name(o.Key)
		}
	}
	for _, folder := range p.folders {
		name := strings.TrimSuffix(folder, "/")
		name = name[strings.LastIndexByte(name, '/')+1:]
		if of == org && !isAccount(name) || of == kind && !isRegion(name) {
			b.folders++
			b.name(folder)
		}
	}
}

func (b *beside) name(key string) {
	if len(b.some) < fewNamed {
		b.some = append(b.some, key)
	}
}

// noteBeside keeps what a folder holds; who lists it again finds the same.
func (l *Log) noteBeside(dir string, b beside) {
	if b.objects+b.folders == 0 || placeOf(dir).level >= region {
		return // below a region all is listed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beside[dir] = b
}

// Beside tells what was met until now that lies beside CloudTrail's folders, and is
// not read. It is empty where there is nothing, or where all is read.
func (l *Log) Beside() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.plain || l.object != nil {
		return ""
	}
	var all beside
	for _, dir := range slices.Sorted(maps.Keys(l.beside)) {
		b := l.beside[dir]
		all.objects, all.folders, all.more = all.objects+b.objects, all.folders+b.folders, all.more || b.more
		for _, key := range b.some {
			all.name(key)
		}
	}
	count := all.objects + all.folders
	if count == 0 {
		return ""
	}
	least := ""
	if all.more {
		least = "at least "
	}
	return fmt.Sprintf("%s: not read, for not being under AWSLogs/<account>/CloudTrail/<region>/: %s%s: %s; each may be a SOURCE of its own",
		l, least, filesAndFolders(all.objects, all.folders), l.named(all.some, count))
}

func filesAndFolders(files, folders int) string {
	var parts []string
	for _, of := range []struct {
		n    int
		what string
	}{{files, "file"}, {folders, "folder"}} {
		switch of.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+of.what)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", of.n, of.what))
		}
	}
	return strings.Join(parts, " and ")
}

// named are the addresses of a few of so many.
func (l *Log) named(some []string, count int) string {
	var uris []string
	for _, key := range some[:min(len(some), fewNamed)] {
		uris = append(uris, l.URI(key))
	}
	text := strings.Join(uris, ", ")
	if more := count - len(uris); more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// dated are folders by month and day, as services other than CloudTrail lay out
// their logs: no trail's prefix is below.
var dated = regexp.MustCompile(`(^|/)\d{4}/\d{1,2}/`)

// leave notes folders that were not looked into for AWSLogs.
func (l *Log) leave(folders []place) {
	for _, p := range folders {
		if dated.MatchString(p.dir) {
			l.noteBeside(p.dir, beside{folders: 1, some: []string{p.dir}})
			continue
		}
		l.mu.Lock()
		l.unseen = append(l.unseen, p.dir)
		l.mu.Unlock()
	}
}

// Unseen is that there are folders below which a trail may write, and which were
// not looked into: what is read is a part. It is nil where there are none.
func (l *Log) Unseen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.plain || l.object != nil || len(l.unseen) == 0 {
		return nil
	}
	slices.Sort(l.unseen)
	return &told{l.String(), fmt.Sprintf("AWSLogs was not looked for in %s: there are too many folders above it, or it lies too deep; if a trail writes there, name its prefix as a SOURCE",
		l.named(l.unseen, len(l.unseen))), nil}
}
