package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
)

// corpus is what is asked: files that were read just now, or a store.
type corpus struct {
	query.Reader
	resolver *lineage.Resolver
	files    ingest.Counts
	records  ingest.Counts
	variants int              // of the records kept, those that tell differently of an event than the one shown
	stored   bool             // it is a store, and no files were read
	damage   *damage          // of a store in a folder
	table    *table           // that is asked; nil: none
	watch    *lineage.Watch   // of a table that all was read from
	before   []*lineage.Watch // that it had

	onlyTables bool // were read
	lack       query.Lack
	sealed     *sealed // what digest files tell of the store; nil: of none
	far        bool    // it was fetched for the question alone
	part       bool    // there are folders in buckets that were not looked into
	since      bool    // of some source nothing from before the filter's time was read
}

// read makes ready what is asked: the sources, read into memory, or the store
// where there are none. What cannot be read is named on standard error and
// counted; it is an error only where nothing can be asked.
//
// Of a bucket it reads what may hold events of the windows.
func (q *question) read(ctx context.Context, sources []string, windows ...source.Window) (*corpus, error) {
	if len(sources) == 0 {
		return q.open(ctx)
	}
	if err := q.limits.check(); err != nil {
		return nil, err
	}
	from, err := openSources(ctx, q.ui, &q.aws, sources, windows, nil)
	if err != nil {
		return nil, err
	}
	return q.readAll(ctx, sources, from)
}

// readAll reads sources into memory.
func (q *question) readAll(ctx context.Context, sources []string, from *fromSources) (*corpus, error) {
	if err := from.agree(ctx, q.yes); err != nil {
		return nil, err
	}
	store := memory.New()
	files, records, err := q.limits.pump(ctx, q.ui, sources, from, store)
	if err != nil {
		return nil, q.aws.explained(err)
	}
	from.spent()
	c := &corpus{Reader: store, files: files, records: records, variants: store.Variants(), part: from.part, onlyTables: from.onlyTables()}
	c.watch, c.before = from.watches()
	return c, c.link(ctx)
}

// open opens the store.
func (q *question) open(ctx context.Context) (*corpus, error) {
	if err := q.limits.check(); err != nil {
		return nil, err
	}
	name, err := q.store.table()
	if err != nil {
		return nil, err
	}
	if name != "" {
		return q.openTable(ctx, name)
	}
	dir, err := q.store.folder()
	if err != nil {
		return nil, err
	}
	c := &corpus{stored: true, damage: &damage{ui: q.ui, store: q.store.flag()}}
	r, err := local.OpenReader(ctx, dir, local.Options{MaxFile: int64(q.limits.maxFile), Damaged: c.damage.add, Fetch: q.aws.fetch(q.ui)})
	if errors.Is(err, local.ErrNoStore) {
		return nil, q.store.missing(q.who+" does not know where to look: ", dir, "or ask files directly: "+q.usage+"--from logs/")
	}
	if err != nil {
		return nil, q.store.opened(err, dir)
	}
	q.ui.atEnd(r.Close)
	c.Reader = r
	if c.lack, err = r.Lack(ctx); err != nil {
		return nil, err
	}
	c.sealed = &sealed{files: r}
	return c, c.link(ctx)
}

// link makes the resolver, which knows of the holes in what was read.
func (c *corpus) link(ctx context.Context) error {
	spans, err := c.Spans(ctx)
	if err != nil {
		return err
	}
	lack, err := c.Lack(ctx)
	if err != nil {
		return err
	}
	c.resolver = lineage.NewResolver(c, lineage.NewHorizon(spans, lack.Lost...).Under(cmp.Or(lack.Watch, c.watch), slices.Concat(lack.Before, c.before)...))
	return nil
}

// done ends a question: it tells what was read, and what the exit status is. Of
// a store, which was not read, only what is damaged is told, and what could not
// be read when it was filled. err is what went wrong on the way, if anything did.
func (q *question) done(c *corpus, err error) error {
	if err != nil {
		return err
	}
	if unread := render.Unread(c.lack); unread != "" {
		q.ui.warn("%s: crosstrail store failed%s", unread, q.store.tableFlags(&q.aws))
	}
	if err := c.sealed.end(q, c.lack); err != nil {
		return err
	}
	damaged := c.damage.end()
	c.table.spent()
	if c.stored && c.files.Read == 0 {
		return damaged
	}
	fmt.Fprintln(q.ui.stderr, "read "+counted(c.files, "file")+"; "+counted(c.records, "record")+keptVariants(c.variants))
	switch {
	case c.part || c.files.Failed+c.records.Failed > 0:
		return silent(exitPart)
	case c.records.Read == 0 && !c.far && c.onlyTables:
		q.ui.warnNothing(emptyTable)
	case c.records.Read == 0 && !c.far:
		q.ui.warnNothing(namesHint)
	}
	return damaged
}

// keptVariants tells of records that were kept and are no events of their own.
func keptVariants(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; 1 of those kept is a variant of another, not a further event"
	}
	return fmt.Sprintf("; %s of those kept are variants of others, not further events", thousands(n))
}

// answered is done for a question about one thing: where it is not there, that
// is the exit status, whatever could not be read.
func (q *question) answered(c *corpus, err error, absent bool) error {
	err = q.done(c, err)
	if _, said := errors.AsType[silent](err); absent && (err == nil || said) {
		return silent(exitFinding)
	}
	return err
}

// namesHint is why there may be nothing to read.
const namesHint = "log files end in .json.gz, .json, .jsonl or .ndjson; in a folder, other files are passed over"

// warnNothing warns that sources held nothing to read.
func (t *terminal) warnNothing(hint string) {
	t.warn("there was no CloudTrail record in what was read")
	t.say("hint", hint)
}
