package dynamo

// Attributes. The first four are those of AWS's text.
const (
	attrEvent  = "eventID"   // partition key
	attrTime   = "eventTime" // sort key
	attrKey    = "accessKeyId"
	attrRecord = "record"

	// Of all that may go.
	attrExpires = "expires" // TTL, in Unix seconds

	// Of events.
	attrPrincipal = "principalId" // the caller's, up to its first colon: of a session its role
	attrSession   = "session"     // what is behind that colon, and the time: <name>#<time>
	attrDay       = "day"         // <account>#<day>#<shard>: partition key of byTime
	attrFile      = "file"        // that the record is of; of a log file its URI
	attrVersion   = "version"     // of a log file
	attrOrdinal   = "ordinal"     // of the record in its file
	// attrBy is a number drawn for each writing of an event: who is told that the event
	// was there already knows by it whether it was the answer to its own first try that
	// was lost.
	attrBy = "by"
	// attrSum orders the records of one event that differ in no link field: those out
	// of log files first, then by checksum. Who can send a message could make one of any
	// checksum: it takes no place of what CloudTrail delivered.
	attrSum = "sum"

	// Of what leads to events.
	attrAt   = "at" // the partition of the item that is meant: of a pointer its event, of a failed file its file
	attrID   = "id" // of a name the unique id; of the table one drawn when it was made
	attrName = "name"
	attrARN  = "arn"

	// Of log files, spans and days.
	attrAccount   = "account"
	attrRegion    = "region"
	attrOrg       = "org"
	attrKind      = "kind"      // [cloudtrail.FileKind]
	attrDelivered = "delivered" // in Unix seconds, as the name tells
	attrFirst     = "first"     // of a span, likewise
	attrNewest    = "newest"
	attrProblem   = "problem" // why a file could not be read
	attrRecords   = "records" // how many of its records could not be; absent: not to its end

	// Of the table's own item.
	attrFormat  = "format"
	attrWatches = "watches" // that the table had before, as a JSON list
	attrWatch   = "watch"   // as JSON; of a log file: the hash of the one that it was read under
	attrRetain  = "retainDays"
	// attrFloor is, in Unix seconds, up to when events were not kept: of the table
	// those that it was to keep once, of a log file those that it had.
	attrFloor = "floor"
)
