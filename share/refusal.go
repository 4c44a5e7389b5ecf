package share

import "fmt"

// Refusal is a want that cannot be granted, or not so.
type Refusal struct {
	Text  string
	Hints []string // what to do instead

	// Misread is whether what was asked for contradicts itself, or what is there: it is
	// the command line that is to be changed.
	Misread bool
}

func (r *Refusal) Error() string { return r.Text }

// refuse is a refusal for what AWS holds.
func refuse(hint, format string, args ...any) error {
	r := &Refusal{Text: fmt.Sprintf(format, args...)}
	if hint != "" {
		r.Hints = []string{hint}
	}
	return r
}

// misread is a refusal for what the command line says.
func misread(hint, format string, args ...any) error {
	r := &Refusal{Text: fmt.Sprintf(format, args...), Misread: true}
	if hint != "" {
		r.Hints = []string{hint}
	}
	return r
}
