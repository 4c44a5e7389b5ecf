package dynamo

import "strings"

// kind is what an item is, by its key and by which attributes it has: whether it
// holds what it should is for who reads it.
type kind int

const (
	kindOther   kind = iota // neither ours nor of AWS's text
	kindEvent               // a form of an event
	kindForeign             // an event that the program in AWS's text put
	kindPointer             // to an event, from a key of a fact of its
	kindName
	kindFile
	kindDay
	kindSpan
	kindFailed
	kindTable
)

// ownKinds are those that have partitions of their own.
var ownKinds = map[string]kind{
	partFact: kindPointer, partFile: kindFile, partDays: kindDay, partSpans: kindSpan, partFailed: kindFailed, partTable: kindTable,
}

// kindOf tells by eventID, eventTime, record, file and at; the values of the last
// three may be any. A sort key without a '#' is none of ours but the table's own, and
// the program in AWS's text may have put any event id, one that is like a partition
// of ours too.
func kindOf(i item) kind {
	k := keyOf(i)
	ours := strings.Contains(k.sort, "#")
	if !ours && i[attrRecord] != nil && i[attrFile] == nil {
		return kindForeign
	}
	own := ownKinds[k.partition[:strings.IndexByte(k.partition, '#')+1]]
	switch {
	case own == kindPointer && i[attrAt] == nil:
		return kindName
	case own != kindOther:
		return own
	case ours && i[attrFile] != nil:
		return kindEvent
	}
	return kindOther
}
