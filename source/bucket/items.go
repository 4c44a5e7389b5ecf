package bucket

import (
	"context"
	"errors"
	"io"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Unfetched is a log whose files are listed first, and fetched one by one as they
// are opened: for who decides by the list what to read.
type Unfetched struct{ *Log }

// List is the log files that may hold events of the windows, none of them fetched.
// A folder that cannot be listed is among them, as a file that cannot be read.
func (u Unfetched) List(ctx context.Context, windows ...source.Window) ([]source.Item, error) {
	lister := u.Within(windows...)
	lister.Known = func(context.Context, cloudtrail.LogFile) (bool, error) { return true, nil }
	var all []source.Item
	for {
		d, err := lister.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, d.Items...)
	}
}
