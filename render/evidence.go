package render

import "github.com/crosstrail/crosstrail/lineage"

// grade is how a step of the evidence ladder is written: its word in JSON and
// CSV, and its mark beside a hop.
type grade struct {
	word string
	mark string
}

// grades are by lineage.Evidence; the zero one is that of nothing asked.
var grades = [...]grade{
	lineage.Exact:      {"exact", "="},
	lineage.Strong:     {"strong", "~"},
	lineage.Inferred:   {"inferred", "i"},
	lineage.Claimed:    {"claimed", "c"},
	lineage.Contested:  {"contested", "?"},
	lineage.Unresolved: {"unresolved", "."},
}

func gradeOf(e lineage.Evidence) grade {
	if int(e) < len(grades) {
		return grades[e]
	}
	return grade{}
}
