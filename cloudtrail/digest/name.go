package digest

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Name is what the key of a digest file tells:
//
//	[prefix/]AWSLogs/[o-…/]<account>/CloudTrail-Digest/<region>/YYYY/MM/DD/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_YYYYMMDDTHHMMSSZ[_backfill].json.gz
type Name struct {
	Account, Region string
	Trail, Home     string // the trail's name, and its home region
	End             cloudtrail.Time
	Backfill        bool
}

// ParseName reads a key or a path. It is false for what is no digest file.
func ParseName(key string) (Name, bool) {
	f := cloudtrail.ParseLogFileName(key)
	if f.Kind != cloudtrail.DigestFile || f.Delivered.IsZero() {
		return Name{}, false
	}
	words := strings.Split(stem(key), "_")
	n := Name{Account: f.Account, Region: f.Region, End: f.Delivered}
	if words[len(words)-1] == "backfill" {
		n.Backfill = true
		words = words[:len(words)-1]
	}
	if len(words) < 6 {
		return Name{}, false
	}
	last := len(words) - 2
	n.Trail, n.Home = strings.Join(words[3:last], "_"), words[last]
	return n, true
}

// base is the last part of a key or a path.
func base(key string) string { return key[strings.LastIndexAny(key, `/\`)+1:] }

// stem is the base without its extension, by which a file is known whether or
// not somebody has decompressed it.
func stem(key string) string {
	name, _ := strings.CutSuffix(base(key), ".gz")
	name, _ = strings.CutSuffix(name, ".json")
	return name
}

// head is what is before the last AWSLogs in a key: the trail's prefix.
func head(key string) string {
	if strings.HasPrefix(key, "AWSLogs/") && !strings.Contains(key[1:], "/AWSLogs/") {
		return ""
	}
	return key[:strings.LastIndex(key, "/AWSLogs/")+1]
}

// stampOf is when a log file was delivered, by its name; zero where the name is
// not one that CloudTrail gives: no stamp, or not that of the folder it is in,
// which may be another day's about midnight.
func stampOf(key string) cloudtrail.Time {
	f := cloudtrail.ParseLogFileName(key)
	if f.Delivered.IsZero() || f.Kind == cloudtrail.UnknownFile {
		return 0
	}
	const dayForm = "2006/01/02"
	if day := folderDay(key); day != "" && day != (f.Delivered-settling).Time().Format(dayForm) && day != (f.Delivered+settling).Time().Format(dayForm) {
		return 0
	}
	return f.Delivered
}

// folderDay is the day of the folders that a file is in, or in a folder of,
// YYYY/MM/DD; "" where they are no days.
func folderDay(key string) string {
	parts := strings.FieldsFunc(key, func(r rune) bool { return r == '/' || r == '\\' })
	for end := len(parts) - 1; end >= 3; end-- {
		day := strings.Join(parts[end-3:end], "/")
		if len(day) == len("2006/01/02") && day[4] == '/' && day[7] == '/' && strings.Trim(day, "0123456789/") == "" {
			return day
		}
	}
	return ""
}

// rootOf is the folder that the folder of an account is in, of a log file or a
// digest: that of a trail's prefix or, in it, that of its organisation. Where there
// are no such folders it is empty.
func rootOf(key string) string {
	rest := key[len(head(key)):]
	if !strings.HasPrefix(rest, "AWSLogs/") {
		return ""
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) == 3 && strings.HasPrefix(parts[1], "o-") {
		return head(key) + parts[0] + "/" + parts[1] + "/"
	}
	return head(key) + parts[0] + "/"
}
