package deploy

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Takes tells whether an event pattern takes an event, of which not every field may be
// known: field is asked by a path, as "detail.requestParameters.roleArn", and gives nil
// where the event has none. sure is false where the answer hangs on what is not known, or
// on more than our own patterns say ([Spoke.Pattern]: texts, numbers, truth, "prefix" and
// "exists").
func Takes(pattern string, field func(path string) (value any, known bool)) (takes, sure bool) {
	d := json.NewDecoder(strings.NewReader(pattern))
	d.UseNumber()
	var root map[string]any
	if d.Decode(&root) != nil || len(root) == 0 {
		return false, false
	}
	doubt := false
	var walk func(path string, node any) (no bool)
	walk = func(path string, node any) (no bool) {
		switch node := node.(type) {
		case map[string]any:
			for name, below := range node {
				if walk(strings.TrimPrefix(path+"."+name, "."), below) {
					return true
				}
			}
		case []any:
			value, known := field(path)
			is, sure := anyTakes(node, value)
			if !known || !is && !sure {
				doubt = true
				return false
			}
			return !is
		default:
			doubt = true
		}
		return false
	}
	if walk("", root) {
		return false, true
	}
	return !doubt, !doubt
}

// anyTakes tells whether a value is one of those; sure is false where one of them is of a
// kind that is not read here.
func anyTakes(wanted []any, value any) (is, sure bool) {
	sure = true
	for _, w := range wanted {
		switch w := w.(type) {
		case map[string]any:
			one, known := operator(w, value)
			is, sure = is || one, sure && known
		case json.Number:
			number, err := strconv.ParseFloat(w.String(), 64)
			of, ok := value.(int)
			is = is || err == nil && ok && float64(of) == number
		case nil:
			sure = false
		default:
			is = is || value != nil && w == value
		}
	}
	return is, sure
}

func operator(w map[string]any, value any) (is, known bool) {
	if prefix, ok := w["prefix"].(string); ok && len(w) == 1 {
		text, isText := value.(string)
		return isText && strings.HasPrefix(text, prefix), true
	}
	if exists, ok := w["exists"].(bool); ok && len(w) == 1 {
		return exists == (value != nil), true
	}
	return false, false
}
