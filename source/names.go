package source

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/crosstrail/crosstrail/query"
)

// ReadNames reads a names file. It is one of
//
//   - CSV: one "id,name" a line; further columns are passed over, # begins a
//     comment;
//   - the YAML of the public known_aws_accounts list
//     (https://github.com/fwdcloudsec/known_aws_accounts), whose accounts are
//     vendors': a list of {name, accounts};
//   - the JSON that aws organizations list-accounts or aws identitystore
//     list-users prints.
//
// An id is an account id, a unique id, an Identity Center user id, an ARN, an
// address or a CIDR. What it is the name of the file tells or, where it does not,
// how it begins.
func ReadNames(file string, content io.Reader) ([]query.Directory, error) {
	text, err := io.ReadAll(content)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case isYAML(file, text):
		d, err := readNamesYAML(file, text)
		return []query.Directory{d}, err
	case isJSON(file, text):
		return readNamesJSON(file, text)
	}
	d, err := readNamesCSV(file, text)
	return []query.Directory{d}, err
}

func isYAML(file string, text []byte) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return true
	case ".csv", ".json":
		return false
	}
	return firstSign(text) == '-'
}

// firstSign is what the first line begins with that is no comment.
func firstSign(text []byte) byte {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			return line[0]
		}
	}
	return 0
}

func readNamesCSV(file string, text []byte) (query.Directory, error) {
	d := query.Directory{Kind: query.ListDirectory, ID: file}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.Comment = '#'
	r.TrimLeadingSpace = true
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return d, fmt.Errorf("%s: %w; each line is: id,name", file, err)
		}
		line, _ := r.FieldPos(0)
		if len(row) < 2 {
			return d, fmt.Errorf("%s:%d: %q has no name beside it; each line is: id,name", file, line, row[0])
		}
		if first && isHeading(row) {
			continue
		}
		if err := addName(&d, row[0], row[1]); err != nil {
			return d, fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
}

// isHeading recognises a first line that names the columns.
func isHeading(row []string) bool {
	return strings.EqualFold(strings.TrimSpace(row[1]), "name") && !strings.ContainsAny(row[0], "0123456789")
}

// knownAccounts is one entry of the YAML list. Everything is read as nodes: as
// text scalars would still be text, but into any other type yaml reads
// 012345670123 as an octal number.
type knownAccounts struct {
	Name     yaml.Node `yaml:"name"`
	Accounts yaml.Node `yaml:"accounts"`
}

func readNamesYAML(file string, text []byte) (query.Directory, error) {
	d := query.Directory{Kind: query.VendorDirectory, ID: file}
	const shape = "it should be a list of entries with a name and accounts"
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return d, fmt.Errorf("%s: %w; %s", file, err, shape)
	}
	if len(doc.Content) == 0 {
		return d, nil
	}
	list := doc.Content[0]
	if list.Kind != yaml.SequenceNode {
		return d, fmt.Errorf("%s:%d: %s", file, list.Line, shape)
	}
	for _, entry := range list.Content {
		var e knownAccounts
		if entry.Kind != yaml.MappingNode || entry.Decode(&e) != nil {
			return d, fmt.Errorf("%s:%d: this is no entry; %s", file, entry.Line, shape)
		}
		if err := e.add(&d); err != nil {
			return d, fmt.Errorf("%s:%w", file, err)
		}
	}
	return d, nil
}

// add adds one entry. One that has the one member and not the other is more
// likely misspelt than meant.
func (e *knownAccounts) add(d *query.Directory) error {
	named := e.Name.Kind == yaml.ScalarNode && e.Name.Value != ""
	switch {
	case !named && e.Accounts.IsZero():
		return nil // it has nothing to tell
	case !named:
		return fmt.Errorf("%d: accounts without a name: is the key spelt name?", e.Accounts.Line)
	case e.Accounts.Kind != yaml.SequenceNode:
		return fmt.Errorf("%d: %q has no list of accounts: is the key spelt accounts?", e.Name.Line, e.Name.Value)
	}
	for _, id := range e.Accounts.Content {
		if id.Kind != yaml.ScalarNode {
			return fmt.Errorf("%d: accounts of %q: each is one id", id.Line, e.Name.Value)
		}
		if err := addName(d, id.Value, e.Name.Value); err != nil {
			return fmt.Errorf("%d: %w", id.Line, err)
		}
	}
	return nil
}

// addName refuses the two ways in which a spreadsheet spoils account ids:
// silently, such a name would never be shown.
func addName(d *query.Directory, id, name string) error {
	id = strings.TrimSpace(id)
	digits := id != "" && strings.Trim(id, "0123456789") == ""
	switch {
	case digits && len(id) < 12:
		return fmt.Errorf("%s has %d digits and account ids have 12: spreadsheets drop leading zeros; write %s%s", id, len(id), strings.Repeat("0", 12-len(id)), id)
	case strings.Trim(id, "0123456789.,") == "E+" || strings.Trim(id, "0123456789.,") == "e+":
		return fmt.Errorf("%s is an account id that a spreadsheet has rounded; write its 12 digits", id)
	}
	if name = strings.TrimSpace(name); id != "" && name != "" {
		d.Entries = append(d.Entries, query.Entry{ID: id, Name: name})
	}
	return nil
}
