package render

import (
	"strings"

	"github.com/rivo/uniseg"
)

// width is how many columns a value takes that [Text] has made safe.
func width(s string) int {
	if cleanASCII(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

// pad fills a value up to n columns.
func pad(s string, n int) string {
	if w := width(s); w < n {
		return s + strings.Repeat(" ", n-w)
	}
	return s
}

// padLeft fills a value up to n columns from the left.
func padLeft(s string, n int) string {
	if w := width(s); w < n {
		return strings.Repeat(" ", n-w) + s
	}
	return s
}

// cut shortens a value to n columns by leaving out its middle: ids and ARNs
// differ at their ends.
func (s Style) cut(text string, n int) string {
	if width(text) <= n {
		return text
	}
	dots := "…"
	if s.ASCII {
		dots = "..."
	}
	room := n - width(dots)
	if room < 2 {
		return prefix(text, n)
	}
	head := prefix(text, (room+1)/2)
	return head + dots + suffix(text, room-width(head))
}

// prefix is the longest start of text that fits n columns, in whole characters
// as people see them.
func prefix(text string, n int) string {
	end, state := 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if w > n {
			break
		}
		n -= w
		end += len(cluster)
	}
	return text[:end]
}

// suffix is the longest end of text that fits n columns.
func suffix(text string, n int) string {
	over := width(text) - n
	start, state := 0, -1
	for rest := text; rest != "" && over > 0; {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		over -= w
		start += len(cluster)
	}
	return text[start:]
}

// columns is the width to print at.
func (s Style) columns() int {
	if s.Width <= 0 {
		return 80
	}
	return max(s.Width, 40)
}
