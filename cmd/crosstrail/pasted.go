package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// runWhoPasted asks about records on standard input. They are part of the logs
// too, so that a record pasted with its issuance needs no others.
func runWhoPasted(ctx context.Context, q *question) error {
	if slices.Contains(q.from, source.Stdin) {
		return usage(errors.New("standard input cannot be both the question (-) and the logs (--from -)"),
			"leave --from away: what is pasted is the logs too: crosstrail who - < records.json")
	}
	style, err := q.style(ctx, q.from)
	if err != nil {
		return err
	}
	pasted := &question{limits: q.limits}
	var kept bytes.Buffer
	pasted.ui = q.ui.withStdin(io.TeeReader(q.ui.stdin, &kept))
	c, err := pasted.read(ctx, []string{source.Stdin})
	if err != nil {
		return err
	}
	rows, err := allRows(ctx, c)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return hinted(errors.New("standard input holds no CloudTrail record that can be read"),
			"paste one record, from its first { to its last }")
	}
	if c, err = q.beside(ctx, c, rows, &kept); err != nil {
		return err
	}
	style.Integrity = c.sealed.integrity(ctx)
	a, err := query.WhoRows(ctx, c.resolver, source.Stdin, rows)
	return q.printWho(c, a, err, style)
}

// beside is what was pasted with the logs that it is asked beside: those of a
// bucket that its chain needs, log files, or the store.
func (q *question) beside(ctx context.Context, pasted *corpus, rows []query.Row, kept io.Reader) (*corpus, error) {
	f, err := q.openFar(ctx, q.from)
	if err != nil {
		return nil, err
	}
	if f != nil {
		return f.beside(ctx, rows, kept)
	}
	if err := q.anywhere(); err != nil {
		return nil, err
	}
	if len(q.from) == 0 {
		return pasted, q.addStored(ctx, pasted)
	}
	q.ui.stdin = kept
	return q.read(ctx, append([]string{source.Stdin}, q.from...))
}

func (f *far) beside(ctx context.Context, rows []query.Row, kept io.Reader) (*corpus, error) {
	paths, err := source.NewPaths([]string{source.Stdin}, kept)
	if err != nil {
		return nil, err
	}
	if err := f.pump(ctx, paths, f.Store); err != nil {
		return nil, err
	}
	uses := make([]lineage.Use, len(rows))
	for i := range rows {
		uses[i] = rows[i].Use
	}
	return f.settled(ctx, f.AskEvents(uses))
}

func allRows(ctx context.Context, c *corpus) ([]query.Row, error) {
	var rows []query.Row
	for row, err := range c.Rows(ctx, query.Selection{}) {
		if err != nil {
			return nil, fmt.Errorf("read what was pasted: %w", err)
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

// addStored puts what the store holds beside what was pasted. Where nobody named
// a store, there need be none.
func (q *question) addStored(ctx context.Context, pasted *corpus) error {
	stored, err := q.open(ctx)
	if errors.Is(err, local.ErrNoStore) && q.store == "" {
		return nil
	}
	if err != nil {
		return err
	}
	var spans []lineage.Span
	for _, c := range []*corpus{pasted, stored} {
		some, err := c.Spans(ctx)
		if err != nil {
			return err
		}
		spans = append(spans, some...)
	}
	pasted.resolver = lineage.NewResolver(both{pasted, stored}, lineage.NewHorizon(spans, stored.lack.Lost...).Under(stored.lack.Watch, stored.lack.Before...))
	pasted.damage, pasted.lack, pasted.sealed, pasted.table = stored.damage, stored.lack, stored.sealed, stored.table
	return nil
}

// both is two indexes as one. What both hold may be returned twice.
type both [2]lineage.Index

func (b both) Facts(ctx context.Context, keys []lineage.Key, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	return twice(b, func(i lineage.Index) ([]*lineage.Fact, error) { return i.Facts(ctx, keys, from, to) })
}

func (b both) Uses(ctx context.Context, principalID string, from, to cloudtrail.Time) ([]lineage.Use, error) {
	return twice(b, func(i lineage.Index) ([]lineage.Use, error) { return i.Uses(ctx, principalID, from, to) })
}

func twice[T any](b both, read func(lineage.Index) ([]T, error)) ([]T, error) {
	first, err := read(b[0])
	if err != nil {
		return nil, err
	}
	second, err := read(b[1])
	return slices.Concat(first, second), err
}
