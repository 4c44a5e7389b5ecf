// Package pattern is regular expressions that are compiled when they are first asked.
// One with a {1,1000} is half a megabyte and milliseconds: made before main, as a
// package's variables are, those would be a third of the start of the program.
package pattern

import (
	"regexp"
	"sync"
)

// Of is a regular expression, compiled by the first who asks for it.
func Of(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
