package lineage

import "github.com/crosstrail/crosstrail/cloudtrail"

// Use is one event as the ladder sees it: who called, when, what.
type Use struct {
	ID          cloudtrail.ID
	Fingerprint Fingerprint
	Time        cloudtrail.Time
	Caller      *Identity // never nil

	EventSource   string
	EventName     string
	Region        string
	ErrorCode     string
	RequestID     string
	SharedEventID string
	SourceIP      string
	UserAgent     string
	FromConsole   bool // sessionCredentialFromConsole
	Location
}

// Location is where a record is found: its log file and its ordinal there.
type Location struct {
	File   string // URI
	Record int    // ordinal in the file, from 0
}

// NewUse reads a record as the ladder sees it, around an identity that
// [NewIdentity] read from it or that the caller already holds for equal bytes.
// Its strings alias the record's; see [Use.Clone].
func NewUse(r *cloudtrail.Record, id cloudtrail.ID, who *Identity, at Location) Use {
	u := Use{
		ID:            id,
		Time:          r.EventTime,
		Caller:        who,
		EventSource:   r.EventSource,
		EventName:     r.EventName,
		Region:        r.AWSRegion,
		ErrorCode:     r.ErrorCode,
		RequestID:     unmaskedKey(r.RequestID),
		SharedEventID: unmaskedKey(r.SharedEventID),
		SourceIP:      r.SourceIPAddress,
		UserAgent:     r.UserAgent,
		FromConsole:   r.SessionCredentialFromConsole == cloudtrail.True,
		Location:      at,
	}
	if u.Time.IsZero() {
		// EventBridge repeats eventTime in its envelope (linkage.md 7.4).
		u.Time, _ = cloudtrail.ParseTime(r.Envelope.Time)
	}
	u.Fingerprint = fingerprint(r, &u)
	return u
}
