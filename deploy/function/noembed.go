//go:build !embedfunction

package function

// embedded is a package that was built in: none was.
func embedded(string) ([]byte, bool) { return nil, false }
