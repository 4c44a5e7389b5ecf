package site

import (
	"context"
	"errors"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Expecting is what is to be foretold.
type Expecting struct {
	Bucket, Region, Prefix string
	// Units are the write request units that a record costs, 0 for one that the
	// table's watch leaves out. UnitsAFile are those of a log file itself.
	Units      func(*cloudtrail.Record) float64
	UnitsAFile float64
}

// Forecast is what a day is likely to bring, drawn from a sample of yesterday's (UTC)
// log files.
type Forecast struct {
	Files       int   // of yesterday
	Bytes       int64 // of them, as they lie there
	Listed      bool  // all were listed; else Files and Bytes are estimated
	Read        int   // files of the sample
	ReadBytes   int64
	Records     float64 // a day
	Taken       float64 // of them, by the watch
	Units       float64 // write request units a day
	Invocations float64 // of the function a day, at most: a notice a batch
	Empty       bool    // there are no log files of yesterday
	Unreadable  string  // why nothing could be read, "" where something could
}

// Forecast looks at a sample of yesterday's log files.
func (s *Site) Forecast(ctx context.Context, e Expecting) (*Forecast, error) {
	return nil, errors.New("not yet")
}
