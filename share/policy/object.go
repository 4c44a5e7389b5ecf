package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// object reads what is between two braces, by name. AWS's names of elements have
// case, and no name stands twice (IAM User Guide, "Grammar of the IAM JSON policy
// language"): a text in which one of them hides another, as effect hides Effect
// from encoding/json, is refused.
func object(text []byte, elements ...string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%.40s is no object", text)
	}
	all := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // a name, or it would be no JSON
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%.40q stands there twice", name)
		}
		if i := slices.IndexFunc(elements, func(e string) bool { return SameName(e, name) }); i >= 0 && elements[i] != name {
			return nil, fmt.Errorf("%.40q is %s, misspelt", name, elements[i])
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Condition) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	operators, err := object(text)
	if err != nil {
		return err
	}
	*c = Condition{}
	for operator, raw := range operators {
		keys, err := object(raw)
		if err != nil {
			return err
		}
		tests := map[string]Strings{}
		for key, raw := range keys {
			var values Strings
			if err := json.Unmarshal(raw, &values); err != nil {
				return err
			}
			tests[key] = values
		}
		(*c)[operator] = tests
	}
	return nil
}
