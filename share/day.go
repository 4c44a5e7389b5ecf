package share

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Day is a day in UTC, as log files' keys have it. The zero value is none.
type Day struct{ time.Time }

// ParseDay reads 2006-01-02.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	return Day{t}, err
}

func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// MarshalJSON implements json.Marshaler.
func (d Day) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Day) UnmarshalJSON(text []byte) error {
	return d.UnmarshalText([]byte(strings.Trim(string(text), `"`)))
}

// String is the contract's word: own, all, or account ids with commas.
func (l Logs) String() string {
	switch {
	case l.All:
		return "all"
	case len(l.Accounts) == 0:
		return "own"
	}
	return strings.Join(l.Accounts, ",")
}

// ParseLogs reads what String writes, in any order.
func ParseLogs(text string) (Logs, error) {
	switch text {
	case "own", "":
		return Logs{}, nil
	case "all":
		return Logs{All: true}, nil
	}
	accounts := strings.Split(text, ",")
	for _, a := range accounts {
		if !IsAccount(a) {
			return Logs{}, fmt.Errorf("%q is no account id: it has twelve digits", a)
		}
	}
	slices.Sort(accounts)
	return Logs{Accounts: slices.Compact(accounts)}, nil
}

// MarshalText implements encoding.TextMarshaler.
func (l Logs) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Logs) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLogs(string(text))
	return err
}

// IsAccount reports whether a text is an account id.
func IsAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}
