// Package dynamo keeps events in one DynamoDB table: the table of AWS's text on
// auditing cross-account roles, grown. It is filled by the Lambda function, by
// follow and by ingest, several at once, and asked by whoever may read it.
//
// Every item is a pure function of one record or of one log file, under a key that
// is one too: writing is set union, and what is written twice is there once. Nothing
// is changed but spans, which only grow, when items go, and the record of an event that
// comes again with the same link fields and other bytes: that out of a log file takes
// the place of one out of a message, and of two alike the lesser is kept. So it does not
// matter who came first; but of several log files with the same bytes the item names
// the one that did.
//
//	partition (eventID)             sort (eventTime)                        what
//	<event id>                      <time>#<recipient>#<fingerprint>        a form of an event, with its record
//	fact#<key>                      <the event's sort key>#<its partition>  where the facts under a key are: of that event
//	fact#<key>                      <day>#name#<hash>                       a name seen beside a unique id
//	file#<account>#<region>         <delivery>#<URI>#<version>              a log file that was read to its end
//	days                            <day>#<account>                         that there are events
//	spans                           <account>#<region>                      first and newest delivery
//	failed                          <delivery>#<URI>#<version>              a log file that could not be read
//	crosstrail                      table                                   the format, the watch, how long events are kept
//
// Events, pointers to them and notes of failed log files that were read since have an
// end where there is one (TTL); the others stay.
//
// A fact is not stored: it is read from its event's record when it is asked for
// ([lineage.Facts]). Facts are written first, then the event, the log file last: an
// event that is there has all its facts, a log file all its events. So a writer may be
// killed at any moment, and a repeat makes whole what is half done. An event is put
// where there is none, with a number drawn for that writing: of many writers one kept
// it, and knows it even where DynamoDB's answer was lost.
//
// Three indexes find events otherwise: byKey (accessKeyId, which of an issuance is
// the key that was issued, as in AWS's text) and bySession (role or user, then session
// and time), both of keys alone, and byTime (account, day and shard) with the records.
//
// Reading, nothing is believed because of where it lies: an event's item must hold a
// record of that event, account, moment and form, a pointer must lead to an event with
// that fact. What does not is named and left out. Event and facts are read strongly
// consistent; the indexes are a moment behind, and events that they name are read
// again. By time, four partitions an account and day are merged page by page
// (stream.go), and other forms of an event are looked for ten minutes around it
// (bytime.go); by id, key and session all its forms are read.
package dynamo
