package main

import (
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/ingest"
)

// counted says what became of files or records; the parts add up.
func counted(c ingest.Counts, noun string) string {
	text := thousands(c.Read) + " " + noun
	if c.Read != 1 {
		text += "s"
	}
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.Kept, "kept"}, {c.Duplicate, "seen before"}, {c.PassedOver, "passed over"}, {c.Failed, "failed"}} {
		if part.n > 0 {
			parts = append(parts, thousands(part.n)+" "+part.what)
		}
	}
	if len(parts) == 0 || len(parts) == 1 && c.Kept == c.Read {
		return text
	}
	return text + " (" + strings.Join(parts, ", ") + ")"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
