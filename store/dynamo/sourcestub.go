package dynamo

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/source"
)

// Stream is a table as a source. Until it is here nothing is read.
type Stream struct{}

// Next implements ingest's Source.
func (Stream) Next(context.Context) (source.Delivery, error) {
	return source.Delivery{}, errors.New("a table cannot be read as a source yet")
}

// Source reads all of the table, or what windows hold.
func (s *Store) Source(...source.Window) Stream { return Stream{} }

// Estimate is what reading that takes at most.
func (s *Store) Estimate(context.Context, ...source.Window) (Cost, error) { return Cost{}, nil }
