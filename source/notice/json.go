package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// object is one level of a JSON object, by exact names: encoding/json would take
// "Key" for "key". What is below stays as it came.
type object map[string]json.RawMessage

// readObject takes an object apart. Who writes a name twice has it read in one way
// here and in another elsewhere, so that is an error.
func readObject(text []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, unreadable(err)
		}
		name, _ := t.(string)
		if _, twice := o[name]; twice {
			return nil, errors.New("has " + quoted(name) + " twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, unreadable(err)
		}
		o[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, unreadable(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("goes on behind its end")
	}
	return o, nil
}

// unreadable is an error of the decoder without the text that it quotes.
func unreadable(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return errors.New("is not JSON: wrong at byte " + strconv.FormatInt(s.Offset, 10))
	}
	return errors.New("is not JSON: it is cut short")
}

// has reports whether a name is there with a value that is not null.
func (o object) has(name string) bool {
	v, ok := o[name]
	return ok && !bytes.Equal(v, []byte("null"))
}

// text is a string below a name, empty where there is none.
func (o object) text(name string) string {
	text, _ := asText(o[name])
	return text
}

func asText(v json.RawMessage) (string, bool) {
	var text string
	if len(v) == 0 || v[0] != '"' || json.Unmarshal(v, &text) != nil {
		return "", false
	}
	return text, true
}

// optional is a string below a name; it is false where something else is there.
func (o object) optional(name string) (string, bool) {
	if !o.has(name) {
		return "", true
	}
	return asText(o[name])
}

// below is the object below a name.
func (o object) below(name string) (object, error) {
	if !o.has(name) {
		return nil, errors.New("has no " + name)
	}
	b, err := readObject(o[name])
	if err != nil {
		return nil, errors.New(name + " " + err.Error())
	}
	return b, nil
}

// mostListed is how many elements of an array are read: each takes memory, and a
// message has room for millions.
const mostListed = 10_000

// list is the array below a name, no more than one element over mostListed.
func (o object) list(name string) (all []json.RawMessage, ok bool) {
	d := json.NewDecoder(bytes.NewReader(o[name]))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, false
	}
	for d.More() && len(all) <= mostListed {
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return nil, false
		}
		all = append(all, v)
	}
	return all, true
}

// names are what an object has, for an error: the first of them.
func (o object) names() string {
	const most = 5
	all := slices.Sorted(maps.Keys(o))
	if len(all) == 0 {
		return "nothing"
	}
	cut := ""
	if len(all) > most {
		all, cut = all[:most], ", …"
	}
	for i := range all {
		all[i] = quoted(all[i])
	}
	return strings.Join(all, ", ") + cut
}
