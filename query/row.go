package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// NewRow is the row of a record, around the use that was read from it. Its
// strings alias the record's.
func NewRow(r *cloudtrail.Record, use lineage.Use) Row {
	return Row{
		Use:          use,
		ErrorMessage: r.ErrorMessage,
		EventType:    r.EventType,
		ReadOnly:     r.ReadOnly,
		Resources:    Touched(r),
	}
}

// IsWrite reports whether the call changed something, as AWS marks it. Records
// from before eventVersion 1.01 have no mark: there the name of the call tells.
// The calls that hand out credentials are marked read-only (linkage.md rule 6).
func (r *Row) IsWrite() bool {
	switch r.ReadOnly {
	case cloudtrail.True:
		return false
	case cloudtrail.False:
		return true
	}
	for _, verb := range readingVerbs {
		if strings.HasPrefix(r.EventName, verb) {
			return false
		}
	}
	return true
}

var readingVerbs = [...]string{"Get", "List", "Describe", "Head", "Lookup", "BatchGet", "Search", "Query", "Scan", "Select", "View", "Check", "Test", "Verify", "Validate", "Preview", "Estimate", "AssumeRole"}

// IsError reports whether the call failed or was denied.
func (r *Row) IsError() bool { return r.ErrorCode != "" }

// afterLast is what follows the last sep, all of s where there is none.
func afterLast(s string, sep byte) string { return s[strings.LastIndexByte(s, sep)+1:] }

// isService reports whether an address or agent is a name of AWS's own, not one
// from where a credential could have been used by somebody else.
func isService(s string) bool {
	return s == "" || s == "AWS Internal" || strings.HasSuffix(s, ".amazonaws.com") || strings.HasSuffix(s, ".amazonaws.com.cn")
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
