package source

import (
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// FailedFile is what a store knows of a log file of which not all could be read.
type FailedFile struct {
	cloudtrail.LogFile
	Problem string
	Records int       // that could not be read; 0: the file could not be read to its end
	At      time.Time // when it was last tried, where the store tells
	Times   int       // likewise
}
