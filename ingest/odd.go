package ingest

import (
	"fmt"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// oddity is a way in which a record that is kept is not as AWS writes them.
type oddity uint8

const (
	noEventID oddity = iota
	noTime
	noIdentity
	noAccountID
	oddities // how many there are
)

// odd counts records by oddity, and remembers the first of each.
type odd struct {
	n     [oddities]int
	first [oddities]lineage.Location
}

// look is called for every record, so it looks at little.
func (o *odd) look(r *cloudtrail.Record, file string) {
	if r.EventID == "" {
		o.note(noEventID, r, file)
	}
	if r.EventTime.IsZero() && r.Envelope.Time == "" {
		o.note(noTime, r, file)
	}
	if who := &r.UserIdentity; len(who.Raw) <= len("null") {
		o.note(noIdentity, r, file)
	} else if badAccount(who.AccountID) {
		o.note(noAccountID, r, file)
		return
	}
	if badAccount(r.RecipientAccountID) {
		o.note(noAccountID, r, file)
	}
}

// badAccount reports whether an account id is a number of other than 12 digits;
// what is masked is none.
func badAccount(id string) bool {
	return id != "" && len(id) != 12 && strings.Trim(id, "0123456789") == ""
}

func (o *odd) note(what oddity, r *cloudtrail.Record, file string) {
	if o.n[what] == 0 {
		o.first[what] = lineage.Location{File: file, Record: r.Ordinal}
	}
	o.n[what]++
}

func (o *odd) add(other *odd) {
	for i, n := range other.n {
		at := &o.first[i]
		if from := other.first[i]; n > 0 && (o.n[i] == 0 || from.File < at.File || from.File == at.File && from.Record < at.Record) {
			*at = from
		}
		o.n[i] += n
	}
}

// warnings say what became of the odd ones, a line each kind, and what to do.
func (o *odd) warnings() []string {
	var all []string
	for i, words := range [oddities][2]string{
		noEventID:   {"without eventID", "known by the hash of their bytes; get the files again if a tool has dropped it"},
		noTime:      {"without an eventTime in a known form", "kept but in no order, and tied to no session; write it as 2026-03-03T10:00:00Z"},
		noIdentity:  {"without userIdentity", "kept, but nobody can be found behind them; get the files again if a tool has dropped it"},
		noAccountID: {"with an account id that has not 12 digits", "kept as they are, and tied to no other account's; look at what wrote them"},
	} {
		if n := o.n[i]; n > 0 {
			count := fmt.Sprintf("%d records", n)
			if n == 1 {
				count = "1 record"
			}
			at := o.first[i]
			file := at.File
			if file == "-" {
				file = "standard input"
			}
			all = append(all, fmt.Sprintf("%s %s (the first: %s, record %d): %s", count, words[0], file, at.Record, words[1]))
		}
	}
	return all
}
