package policy

// Fold is a name of an action, an operator or a context key without its case. Only
// a to z have one: AWS's names are ASCII, and a letter of another alphabet that
// some fold to one of them (ſ, K) makes another name, which no request has.
func Fold(name string) string {
	b := []byte(name)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// SameName reports whether two names are one but for their case.
func SameName(a, b string) bool { return Fold(a) == Fold(b) }
