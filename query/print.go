package query

import (
	"context"
	"io"
	"iter"

	"github.com/crosstrail/crosstrail/lineage"
)

// Lines yields the events that pass the filter, each with its chain, by time,
// then event id; newest first where the filter asks. The Row of a Line is
// overwritten by a later step.
func Lines(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) iter.Seq2[Line, error] {
	panic("skeleton")
}

// Print writes the events that pass the filter in the order of [Lines], each as
// encode appends it, and returns how many. Filtering, linking and encoding run
// on several workers (0: one a core); encode is called from all of them at
// once. Memory is bounded: a slow writer holds the reading back.
func Print(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, workers int, encode func(dst []byte, l Line) []byte, w io.Writer) (int, error) {
	panic("skeleton")
}
