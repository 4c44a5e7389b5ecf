package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/install"
)

// TestLinted: AWS's own linter has nothing to say of any template, no warning either,
// and it does look.
func TestLinted(t *testing.T) {
	dir := t.TempDir()
	var files []string
	write := func(name string, text []byte) {
		path := filepath.Join(dir, strings.NewReplacer(" ", "-", "'", "").Replace(name)+".yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	for name, v := range variants() {
		if err := v.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		write(name, v.Template())
	}
	// Every hostile value at once, but for what the linter takes for a slip of the pen.
	var values []string
	for _, v := range hostile() {
		if value := v.(*deploy.Spoke).Match.ExternalIDs[0]; !strings.Contains(value, "${") {
			values = append(values, value)
		}
	}
	write("hostile", (&deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Match: deploy.Match{Fields: []deploy.Field{{Path: "userAgent", Values: values}}}}).Template())

	wrong := []struct{ of, right, wrong, code string }{
		{"hub", "VisibilityTimeout: 360", "VisibilityTimeout: long", "E3012"},
		{"hub", "BillingMode: PAY_PER_REQUEST", "BillingMode: FREE", "E3030"},
		{"hub", "Effect: Allow", "Effect: Perhaps", "E3510"},
		{"hub", "deadLetterTargetArn: !GetAtt DeadLetters.Arn", "deadLetterTargetArn: !GetAtt Letters.Arn", "E1010"},
		{"spoke", "State: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "State: ENABLED_WITH_ALL", "E3030"},
		{"role", "MaxSessionDuration: 3600", "MaxSessionDuration: 60", "E3034"},
	}
	texts := map[string]string{} // one with all that is wrong in it: most of the time goes by the file
	for _, c := range wrong {
		if texts[c.of] == "" {
			texts[c.of] = string(variants()[c.of].Template())
		}
		if !strings.Contains(texts[c.of], c.right) {
			t.Fatalf("no %s in %s", c.right, texts[c.of])
		}
		texts[c.of] = strings.ReplaceAll(texts[c.of], c.right, c.wrong)
	}
	for of, text := range texts {
		write("wrong "+of, []byte(text))
	}
	found := install.CFNLint(t, files...)
	for line := range strings.Lines(found) {
		if line = strings.TrimPrefix(line, dir+string(filepath.Separator)); !strings.HasPrefix(line, "wrong-") {
			t.Error(line)
		}
	}
	for _, c := range wrong {
		if !regexp.MustCompile(`(?m)^.*wrong-` + c.of + `\.yaml:[0-9:]+:` + c.code + `:`).MatchString(found) {
			t.Errorf("%s: not found in\n%s", c.wrong, found)
		}
	}
}
