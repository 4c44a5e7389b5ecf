package share_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/install"
	"github.com/crosstrail/crosstrail/share"
)

// TestTemplateLinted has AWS's own linter, which knows CloudFormation's schemas of
// resources and the form of policies, look at the template of every kind of grant.
func TestTemplateLinted(t *testing.T) {
	dir := t.TempDir()
	files := []string{}
	write := func(name string, body []byte) {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".json")
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	var onOne []*share.Plan
	for _, name := range slices.Sorted(maps.Keys(wants())) {
		s := surroundings(t, key(false, owner, `{"Statement":[]}`))
		p, err := share.NewPlan(wants()[name], s, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		body, _, _ := share.Template([]*share.Plan{p})
		write(name, body)
		if name == "organisation" || name == "outsider" || name == "member" {
			onOne = append(onOne, p)
		}
	}
	body, _, _ := share.Template(onOne)
	write("together", body)
	// It does look: at a resource's properties, and into policies.
	outsider, err := os.ReadFile(filepath.Join(dir, "outsider.json"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := []struct{ right, wrong, code string }{
		{`"MaxSessionDuration": 3600`, `"MaxSessionDuration": "long"`, "E3012"},
		{`"Effect": "Allow"`, `"Effect": "Perhaps"`, "E3510"},
	}
	for _, c := range wrong {
		if !strings.Contains(string(outsider), c.right) {
			t.Fatalf("no %s in %s", c.right, outsider)
		}
		write("wrong "+c.code, []byte(strings.ReplaceAll(string(outsider), c.right, c.wrong)))
	}
	found := install.CFNLint(t, files...)
	for line := range strings.Lines(found) {
		if !strings.Contains(line, "wrong-") {
			t.Error(line)
		}
	}
	for _, c := range wrong {
		if !regexp.MustCompile(`wrong-` + c.code + `\.json:[0-9:]+:` + c.code + `:`).MatchString(found) {
			t.Errorf("%s: not found in\n%s", c.wrong, found)
		}
	}
}
