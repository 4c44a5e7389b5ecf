// Package bucket reads log files from S3: it finds how a trail's bucket is laid
// out, lists no more of it than a question's accounts, regions and time need,
// and keeps many objects in flight. It knows CloudTrail's folders (linkage.md
// 7.1), and reads a prefix of plain files as a folder is read.
//
//	s3://bucket/prefix ──► places ──► stretches ──► pages ──► objects ──► deliveries
//	                      delimiter    one a log     listed    chosen      fetched
//	                      lists        and span      at once   by name     ahead
//
// What a bucket tells is hostile: keys may hold anything, a listing may never
// end, a body may be cut, changed or of another length.
package bucket
