package cloudtrail

import "strings"

// ParseLogFileName reads a path or object key (linkage.md 7.1):
//
//	[prefix/]AWSLogs/[o-…/]<account>/CloudTrail/<region>/YYYY/MM/DD/<account>_CloudTrail_<region>_YYYYMMDDTHHmmZ_<unique>.json.gz
//	…/CloudTrail-Digest/…/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//
// The name tells account, region and stamp where it is of that form, else the
// folders do. The last AWSLogs counts, since a prefix may have that name too.
// Account ids are opaque digits, regions opaque words: every partition has its own.
func ParseLogFileName(uri string) LogFile {
	f := LogFile{URI: uri}
	if uri == "-" || IsInline(uri) {
		return f
	}
	parts := strings.FieldsFunc(uri, func(r rune) bool { return r == '/' || r == '\\' })
	if len(parts) == 0 {
		f.Kind = ForeignFile
		return f
	}
	stem, isJSON := cutExtension(parts[len(parts)-1])
	inFolder := f.folders(parts[:len(parts)-1])
	inName := f.name(stem)
	switch {
	case !isJSON:
		f.Kind = ForeignFile
	case inFolder == UnknownFile || inFolder == LogFileKind && inName != UnknownFile:
		f.Kind = inName
	default:
		f.Kind = inFolder
	}
	return f
}

// cutExtension cuts .json, .jsonl or .ndjson, and .gz behind it, in any case.
func cutExtension(base string) (stem string, ok bool) {
	base, _ = cutSuffixFold(base, ".gz")
	for _, ext := range []string{".json", ".jsonl", ".ndjson"} {
		if stem, ok := cutSuffixFold(base, ext); ok {
			return stem, true
		}
	}
	return base, false
}

func cutSuffixFold(s, suffix string) (before string, found bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

// kindByWord is CloudTrail's word for a kind, in folders and names.
func kindByWord(word string) FileKind {
	switch word {
	case "CloudTrail":
		return LogFileKind
	case "CloudTrail-Digest":
		return DigestFile
	case "CloudTrail-Insight":
		return InsightFile
	case "CloudTrail-NetworkActivity":
		return NetworkActivityFile
	case "CloudTrail-Aggregated":
		return AggregatedFile
	}
	return UnknownFile
}

// folders reads what follows the last AWSLogs.
func (f *LogFile) folders(dirs []string) FileKind {
	at := len(dirs) - 1
	for at >= 0 && dirs[at] != "AWSLogs" {
		at--
	}
	if at < 0 {
		return UnknownFile
	}
	dirs = dirs[at+1:]
	if len(dirs) > 0 && strings.HasPrefix(dirs[0], "o-") {
		f.Org = dirs[0]
		dirs = dirs[1:]
	}
	if len(dirs) == 0 || !isDigits(dirs[0]) {
		return UnknownFile
	}
	f.Account = dirs[0]
	if len(dirs) == 1 {
		return UnknownFile
	}
	kind := kindByWord(dirs[1])
	switch {
	case kind == UnknownFile && len(dirs) > 2:
		return ForeignFile // another service's logs
	case kind != UnknownFile && len(dirs) > 2 && isRegion(dirs[2]):
		f.Region = dirs[2]
	}
	return kind
}

// name reads the file's own name, without its extension.
func (f *LogFile) name(stem string) FileKind {
	words := strings.Split(stem, "_")
	if len(words) < 3 || !isDigits(words[0]) {
		return UnknownFile
	}
	kind := kindByWord(words[1])
	if kind == UnknownFile {
		return UnknownFile
	}
	f.Account = words[0]
	if isRegion(words[2]) {
		f.Region = words[2]
	}
	// A digest's name ends with its stamp, and the trail's name before it may
	// hold what it likes.
	if words[len(words)-1] == "backfill" {
		words = words[:len(words)-1]
	}
	stamp := words[len(words)-1]
	if kind != DigestFile {
		stamp = words[min(3, len(words)-1)]
	}
	f.Delivered = parseStamp(stamp)
	return kind
}

// parseStamp reads YYYYMMDDTHHmmZ or YYYYMMDDTHHmmSSZ.
func parseStamp(s string) Time {
	if len(s) == len("20060102T1504Z") && s[13] == 'Z' {
		s = s[:13] + "00Z"
	}
	if len(s) != len("20060102T150405Z") {
		return 0
	}
	t, _ := ParseTime(s)
	return t
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isRegion reports whether s can be a region: us-east-1, us-gov-west-1, global.
func isRegion(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && !isDigit(s[0])
}
