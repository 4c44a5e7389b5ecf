package local

// A log file of CloudTrail is written once. Where other bytes came under its name
// all the same, each reading that was read to its end is held to the digests by
// itself: events came from it, whether or not another took its place since.

// isReading is the condition of a row that is such a reading, or its first piece.
const isReading = `(first = 0 or first = -1 and ended and not exists(
	select 1 from log_file other where other.hash = log_file.hash and other.sha256 = log_file.sha256 and other.first = 0))`

// readingColumn names a reading: by its file and, where other bytes came under that
// name, by its version or, where that does not tell, by its bytes.
const readingColumn = `path || log_file.name || case
	when not exists(select 1 from log_file other where other.hash = log_file.hash and other.first <= 0 and other.sha256 <> log_file.sha256) then ''
	when version <> '' and not exists(
		select 1 from log_file other where other.hash = log_file.hash and other.version = log_file.version and other.first <= 0 and other.sha256 <> log_file.sha256)
		then '` + versionMark + `' || version
	else '?sha256=' || lower(hex(log_file.sha256)) end`
