// Package cloudtrail reads what AWS CloudTrail writes: log files, their names,
// and the records inside them.
//
// The decoder makes one pass over a decompressed file. It validates the JSON,
// decodes the documented fields of every record and keeps the raw bytes of the
// rest, without allocating per record: the strings of a [Record] alias the
// buffer it was decoded from. Use [Record.Clone] to keep one.
//
// Nothing here knows of links between records; that is package lineage.
package cloudtrail
