package synth

import "time"

// File is one log file as it arrives.
type File struct {
	// Name is its key below the bucket: "AWSLogs/<account>/CloudTrail/…" for a
	// delivery of CloudTrail, "eventbridge/….jsonl.gz" for saved envelopes.
	Name string
	// Records are its records in order, one JSON object each.
	Records [][]byte
	// Lines is true for one record a line; else the records stand in a log
	// file's {"Records":[…]}.
	Lines bool
	// Delivered is when it arrived.
	Delivered time.Time
}

// Body is the file's JSON.
func (f *File) Body() []byte {
	n := len(`{"Records":[]}`)
	for _, r := range f.Records {
		n += len(r) + 1
	}
	b := make([]byte, 0, n)
	if f.Lines {
		for _, r := range f.Records {
			b = append(append(b, r...), '\n')
		}
		return b
	}
	b = append(b, `{"Records":[`...)
	for i, r := range f.Records {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r...)
	}
	return append(b, "]}"...)
}

// Gzip is the file as it lies in the bucket.
func (f *File) Gzip() []byte { return pack(f.Body()) }

// logName is the key of a delivery (linkage.md 7.1).
func logName(prefix, org, account, region string, at time.Time, unique string) string {
	if org != "" {
		org += "/"
	}
	return prefix + "AWSLogs/" + org + account + "/CloudTrail/" + region + at.UTC().Format("/2006/01/02/") +
		account + "_CloudTrail_" + region + at.UTC().Format("_20060102T1504Z_") + unique + ".json.gz"
}
