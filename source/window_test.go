package source_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// TestMay: whose log a file is its folder tells, and of one that lies elsewhere its
// name; when it was delivered its name tells.
func TestMay(t *testing.T) {
	const (
		own   = "111111111111_CloudTrail_us-east-1_20260303T1130Z_0123456789abcdef.json.gz"
		other = "222222222222_CloudTrail_us-west-2_20260303T1130Z_0123456789abcdef.json.gz"
		dir   = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/03/"
	)
	at := cloudtrail.ParseLogFileName(own).Delivered
	for _, c := range []struct {
		name, uri string
		window    source.Window
		may       bool
	}{
		{"its own name", dir + own, source.Window{Account: "111111111111", Region: "us-east-1"}, true},
		{"the name of another account", dir + other, source.Window{Account: "111111111111", Region: "us-east-1"}, true},
		{"below it", "/logs/AWSLogs/o-a1b2c3d4e5/" + dir[8:] + "sub/" + other, source.Window{Account: "111111111111"}, true},
		{"the folder of another account", dir + other, source.Window{Account: "222222222222"}, false},
		{"the folder of another region", dir + other, source.Window{Region: "us-west-2"}, false},
		{"in no such folder", "/logs/" + other, source.Window{Account: "222222222222", Region: "us-west-2"}, true},
		{"in no such folder, of another account", "/logs/" + other, source.Window{Account: "111111111111"}, false},
		{"in a folder that is called so", "/AWSLogs/mine/CloudTrail/x/" + own, source.Window{Account: "111111111111"}, true},
		{"without a name", "/logs/x.json.gz", source.Window{Account: "111111111111", Until: at}, true},
		{"delivered before", dir + own, source.Window{Since: at + 300}, false},
		{"delivered in time", dir + own, source.Window{Until: at - source.Lateness}, true},
		{"delivered later", dir + own, source.Window{Until: at - source.Lateness - 1}, false},
		{"delivered as late as is asked for", dir + own, source.Window{Until: at - source.LongLateness, Late: source.LongLateness}, true},
	} {
		if got := c.window.May(cloudtrail.ParseLogFileName(c.uri)); got != c.may {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
