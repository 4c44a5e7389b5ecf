package cloudtrail

import "time"

// Time is a moment in UTC, in whole seconds since 1970, the precision
// CloudTrail writes. Zero means the record does not tell.
type Time int64

// IsZero reports whether the moment is not known.
func (t Time) IsZero() bool { return t == 0 }

// Time converts to the standard library's type; the zero Time to its zero.
func (t Time) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(int64(t), 0).UTC()
}

// String is RFC 3339 in UTC, empty for a moment not known.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Time().Format(time.RFC3339)
}

// TimeOf drops the fraction of a second.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.Unix())
}
