package dynamo

import (
	"fmt"

	"github.com/crosstrail/crosstrail/internal/denial"
)

// DeniedError is a permission that the caller does not have.
type DeniedError struct {
	Table string
	denial.Denial
	Err error
}

func (e *DeniedError) Error() string {
	if e.Action == "" {
		return fmt.Sprintf("%s%s: access denied: %v", Scheme, e.Table, e.Err)
	}
	text := fmt.Sprintf("%s%s: %s may not do %s", Scheme, e.Table, e.Who, e.Action)
	if e.Why != "" {
		text += ", " + e.Why
	}
	if e.ByOrganization() {
		return text + ": the organisation denies it, nobody in the account can give leave"
	}
	on := e.Resource
	if on == "" {
		on = "table/" + e.Table
	}
	return text + ": give leave for " + e.Action + " on " + on
}

func (e *DeniedError) Unwrap() error { return e.Err }

func (s *Store) denied(message string, err error) error {
	d, _ := denial.Parse(message)
	return &DeniedError{s.table, d, err}
}
