package digest

import (
	"encoding/json"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// logs reads the log files of a digest. null is none.
func (f *File) logs(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return fmt.Errorf("logFiles: %w", err)
	}
	if t == nil {
		return nil
	}
	if t != json.Delim('[') {
		return fmt.Errorf("logFiles is no array")
	}
	for d.More() {
		l, err := readLog(d)
		if err != nil {
			return fmt.Errorf("log file %d: %w", len(f.Logs), err)
		}
		f.Logs = append(f.Logs, l)
	}
	_, err = d.Token()
	return err
}

func readLog(d *json.Decoder) (Log, error) {
	var l Log
	var oldest, newest *string
	seen, err := object(d, func(name string) error {
		switch name {
		case "s3Bucket":
			return text(d, name, &l.Bucket)
		case "s3Object":
			return text(d, name, &l.Object)
		case "hashValue":
			return text(d, name, &l.Hash)
		case "hashAlgorithm":
			return text(d, name, &l.HashAlgorithm)
		case "oldestEventTime":
			return nullable(d, name, &oldest)
		case "newestEventTime":
			return nullable(d, name, &newest)
		}
		return skip(d)
	})
	if err != nil {
		return l, err
	}
	for _, name := range []string{"s3Bucket", "s3Object", "hashValue", "hashAlgorithm"} {
		if !seen[name] {
			return l, fmt.Errorf("%s is missing", name)
		}
	}
	// Event times are told to people and prove nothing: one that cannot be read
	// is not known.
	if oldest != nil {
		l.Oldest, _ = cloudtrail.ParseTime(*oldest)
	}
	if newest != nil {
		l.Newest, _ = cloudtrail.ParseTime(*newest)
	}
	return l, nil
}

// object reads a JSON object member by member. encoding/json's own way takes the
// last of two members and names in any case, as other programs do not.
func object(d *json.Decoder, value func(name string) error) (seen map[string]bool, err error) {
	switch t, err := d.Token(); {
	case err != nil:
		return nil, err
	case t != json.Delim('{'):
		return nil, fmt.Errorf("it is no JSON object")
	}
	seen = map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // what else is no name is a syntax error before
		if seen[name] {
			return nil, fmt.Errorf("%q is there twice", name)
		}
		seen[name] = true
		if err := value(name); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return seen, err
}

func text(d *json.Decoder, name string, into *string) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	s, ok := t.(string)
	if !ok {
		return fmt.Errorf("%s is no text", name)
	}
	*into = s
	return nil
}

func nullable(d *json.Decoder, name string, into **string) error {
	t, err := d.Token()
	if err != nil || t == nil {
		return err
	}
	s, ok := t.(string)
	if !ok {
		return fmt.Errorf("%s is neither text nor null", name)
	}
	*into = &s
	return nil
}

func skip(d *json.Decoder) error {
	var any json.RawMessage
	return d.Decode(&any)
}

func when(name, s string) (cloudtrail.Time, error) {
	t, ok := cloudtrail.ParseTime(s)
	if !ok {
		return 0, fmt.Errorf("%s is no time: %.40q", name, s)
	}
	return t, nil
}
