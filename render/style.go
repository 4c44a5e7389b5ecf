package render

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// Style is how answers are printed. The zero Style is plain text, 80 wide.
type Style struct {
	Width int  // columns; 0 is 80
	Color bool // never the only carrier of a meaning
	ASCII bool // draw without Unicode, for a locale that is not UTF-8
	Names *query.Names

	// Integrity is what digest files tell of a log file; nil: nobody looked.
	Integrity func(file string) cloudtrail.Integrity

	// The words that a command to paste begins and ends with: the program as it
	// was called, and the logs, quoted, as --from logs/. None: nothing is suggested.
	Program, From string
}

// Form is the contract's -o.
type Form string

// The forms.
const (
	Table Form = "table" // for people
	JSONL Form = "jsonl" // one object a line
	JSON  Form = "json"  // one array or object
	CSV   Form = "csv"   // a heading, then flat rows
)
