// Package lookup reads CloudTrail's event history: what LookupEvents tells of the
// last 90 days, where no bucket can be read. It tells of the account that calls
// alone, of management events alone, and answers two calls a second in each
// region (CloudTrail API Reference, LookupEvents).
//
// A page of it becomes a log file of its own, as `aws cloudtrail lookup-events`
// prints it, named by its hash: inline:<sha256>. It moves no watermark.
package lookup

// Source is the SOURCE that this package reads.
const Source = "lookup-events"

// Policy is a session policy (JSON) that allows what is called here.
const Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudtrail:LookupEvents"],"Resource":"*"}]}`
