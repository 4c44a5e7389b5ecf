package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrNoSettings is a template that says nothing of what crosstrail made it of.
var ErrNoSettings = errors.New("the template has no settings of crosstrail: it is another's, or was written by hand")

const (
	settingsLine    = "  Crosstrail: "
	settingsVersion = 1
)

type settings struct {
	Version int    `json:"version"`
	Hub     *Hub   `json:"hub,omitempty"`
	Spoke   *Spoke `json:"spoke,omitempty"`
	Role    *Role  `json:"role,omitempty"`
}

// text is the settings on one line, JSON that is YAML too: of what JSON takes YAML
// refuses some control characters.
func (s settings) text() string {
	var b bytes.Buffer
	s.Version = settingsVersion
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // of texts
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r >= 0xfffe && r <= 0xffff {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func readSettings(template []byte) (settings, error) {
	for line := range bytes.Lines(template) {
		text, ok := bytes.CutPrefix(line, []byte(settingsLine))
		if !ok {
			continue
		}
		var s settings
		if err := json.Unmarshal(text, &s); err != nil {
			return s, fmt.Errorf("the settings in the template cannot be read: %w", err)
		}
		if s.Version > settingsVersion {
			return s, fmt.Errorf("the template was made by a newer crosstrail (settings of version %d, and this one knows %d): take that one", s.Version, settingsVersion)
		}
		return s, nil
	}
	return settings{}, ErrNoSettings
}

// ReadHub is the hub that a template was made of. Whoever may change a stack may have
// written something else there: what no command would write is an error.
func ReadHub(template []byte) (*Hub, error) {
	s, err := readSettings(template)
	switch {
	case err != nil:
		return nil, err
	case s.Hub == nil:
		return nil, ErrNoSettings
	}
	return s.Hub, badSettings(s.Hub.Check())
}

// ReadSpoke is the spoke that a template was made of, as [ReadHub].
func ReadSpoke(template []byte) (*Spoke, error) {
	s, err := readSettings(template)
	switch {
	case err != nil:
		return nil, err
	case s.Spoke == nil:
		return nil, ErrNoSettings
	}
	return s.Spoke, badSettings(s.Spoke.Check())
}

// ReadRole is the role that a template was made of, as [ReadHub].
func ReadRole(template []byte) (*Role, error) {
	s, err := readSettings(template)
	switch {
	case err != nil:
		return nil, err
	case s.Role == nil:
		return nil, ErrNoSettings
	}
	return s.Role, badSettings(s.Role.Check())
}

func badSettings(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the settings in the template are not as crosstrail writes them: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
}
