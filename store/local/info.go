package local

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Info is what a store holds, how large it is and how it grew.
type Info struct {
	Dir               string
	Format            int
	Floor             cloudtrail.Time // of event time; zero: none
	Events            int64
	Variants          int64 // rows of events that another form is shown of
	Facts             int64
	LogFiles          int64
	Copies            int64 // log files of which there is a copy
	Failed            int64
	Digests           int64 // digest files
	Lacking           int64 // log files that they list and that are not here as they list them
	Accounts, Regions int64
	First, Last       cloudtrail.Time // of events
	Timeless          int64           // events of no known time: no floor lets go of them
	Newest            cloudtrail.Time // delivery
	Segments          int
	EventBytes        int64 // Parquet files and what finds things in them
	CatalogueBytes    int64
	CopyBytes         int64
	SpareBytes        int64    // of these about what packs hold of log files that were let go
	Days              []Growth // by day
	Directories       []query.Directory
}

// Growth is what one day of ingesting added.
type Growth struct {
	Day    cloudtrail.Time // 00:00 UTC
	Files  int64
	Events int64
	Bytes  int64 // of log files, as delivered
}

// Info tells what the store holds.
func (r *Reader) Info(context.Context) (Info, error) {
	v, err := r.acquire()
	if err != nil {
		return Info{}, err
	}
	defer r.release(v)
	info := Info{Dir: r.dir, Format: formatVersion, Floor: v.floor, Segments: len(v.segments)}
	for _, s := range v.segments {
		info.Events += s.rows
		info.Facts += s.facts
		info.EventBytes += s.bytes + s.partBytes
		if s.rows == 0 {
			continue
		}
		first, timeless, err := v.firstKnown(s)
		if err != nil {
			continue // damaged: what it counts is told of all the same
		}
		info.Timeless += timeless
		if first != 0 && (info.First == 0 || first < info.First) {
			info.First = first
		}
		info.Last = max(info.Last, s.last)
	}
	accounts, regions := map[string]bool{"": true}, map[string]bool{"": true}
	for _, s := range v.spans {
		accounts[s.Account], regions[s.Region] = true, true
		info.Newest = max(info.Newest, s.Newest)
	}
	v.addPlaces(accounts, regions)
	info.Accounts, info.Regions = int64(len(accounts)-1), int64(len(regions)-1)
	v.mu.Lock()
	defer v.mu.Unlock()
	for query, to := range map[string]*int64{
		"select count(*) from log_file where first = 0":                      &info.LogFiles,
		"select count(*) from log_file where first = 0 and pack is not null": &info.Copies,
		"select count(*) from failed":                                        &info.Failed,
		"select coalesce(sum(size), 0) from pack":                            &info.CopyBytes,
	} {
		if *to, err = one(v.conn, query); err != nil {
			return info, err
		}
	}
	if v.verified {
		if info.Digests, err = one(v.conn, "select count(*) from digest"); err != nil {
			return info, err
		}
		lost, err := v.lost()
		if err != nil {
			return info, err
		}
		for _, l := range lost {
			info.Lacking += int64(l.Files)
		}
	}
	used, err := v.bytesUsed()
	if err != nil {
		return info, err
	}
	info.SpareBytes = max(0, info.CopyBytes-used)
	if info.Variants, err = one(v.conn, countVariants); err != nil {
		return info, err
	}
	info.Events -= info.Variants
	for _, name := range []string{catalogueName, catalogueName + "-wal"} {
		if f, err := os.Stat(filepath.Join(r.dir, name)); err == nil {
			info.CatalogueBytes += f.Size()
		}
	}
	if info.Directories, err = readDirectories(v.conn); err != nil {
		return info, err
	}
	err = rows(v.conn, "select day, files, events, bytes from growth order by day", func(s *sqlite.Stmt) error {
		info.Days = append(info.Days, Growth{cloudtrail.Time(s.ColumnInt64(0)), s.ColumnInt64(1), s.ColumnInt64(2), s.ColumnInt64(3)})
		return nil
	})
	return info, err
}

// bytesUsed is how much of the packs is of log files that are there. Files of the
// same bytes share a copy; what stands before one is not noted, and taken for as
// much as it can be.
func (v *view) bytesUsed() (int64, error) {
	const header = 176 // without names
	before, err := one(v.conn, `select coalesce(sum(? + length(cast(path as blob)) + length(cast(log_file.name as blob)) + length(version)), 0)
		from log_file join folder on folder.id = folder where pack is not null`, header)
	if err != nil {
		return 0, err
	}
	copies, err := one(v.conn, "select coalesce(sum(length), 0) from (select distinct pack, offset, length from log_file where pack is not null)")
	if err != nil || !v.verified {
		return before + copies, err
	}
	digests, err := one(v.conn, "select coalesce(sum(length), 0) from digest")
	return before + copies + digests, err
}

const countVariants = "select count(*) - (select count(*) from (select distinct event, recipient from form)) from form"

// Variants is how many records are kept that tell of an event otherwise than the
// row that [Reader.Rows] yields of it.
func (r *Reader) Variants(context.Context) (int, error) {
	v, err := r.acquire()
	if err != nil {
		return 0, err
	}
	defer r.release(v)
	v.mu.Lock()
	defer v.mu.Unlock()
	n, err := one(v.conn, countVariants)
	return int(n), err
}

// Lack is what could not be read, and what is not kept.
func (r *Reader) Lack(context.Context) (query.Lack, error) {
	v, err := r.acquire()
	if err != nil {
		return query.Lack{}, err
	}
	defer r.release(v)
	lack := query.Lack{Floor: v.floor}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range []sealedPart{sealedFloor, sealedFailed} {
		broken := p.verify(v.conn)
		if broken != nil {
			broken = r.damaged(catalogueName, broken)
		}
		if broken != nil {
			return lack, broken
		}
	}
	err = v.eachFailed(func(f *source.FailedFile) {
		if f.Records > 0 {
			lack.Partly++
		} else {
			lack.Failed++
		}
	})
	if err != nil {
		return lack, err
	}
	if !v.verified {
		return lack, nil
	}
	altered, err := one(v.conn, "select count(distinct own) from log_file where integrity = 2")
	if err != nil {
		return lack, err
	}
	lost, err := v.lost()
	lack.Altered, lack.Lost = int(altered), slices.Clone(lost)
	return lack, named(err)
}

// Failed are the files of which not all could be read, by name.
func (r *Reader) Failed(context.Context) ([]source.FailedFile, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	var all []source.FailedFile
	v.mu.Lock()
	defer v.mu.Unlock()
	err = v.eachFailed(func(f *source.FailedFile) { all = append(all, *f) })
	return all, err
}

// eachFailed is called under v.mu.
func (v *view) eachFailed(each func(*source.FailedFile)) error {
	return rows(v.conn, "select uri, version, problem, at, times, records from failed order by uri, version", func(s *sqlite.Stmt) error {
		f := source.FailedFile{
			LogFile: cloudtrail.ParseLogFileName(s.ColumnText(0)), Problem: s.ColumnText(2),
			At: time.Unix(s.ColumnInt64(3), 0).UTC(), Times: s.ColumnInt(4), Records: s.ColumnInt(5),
		}
		f.Version = s.ColumnText(1)
		each(&f)
		return nil
	})
}
