package crosstrail_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestProvedPages: each test that a page names is there, under that name.
func TestProvedPages(t *testing.T) {
	named := regexp.MustCompile("`([a-z][a-z0-9/-]*)\\.(Test[A-Za-z0-9]+)`")
	page := read(t, filepath.Join("docs", "proved.md"))
	all := named.FindAllStringSubmatch(page, -1)
	if len(all) < 50 || len(all) != strings.Count(page, "Test") {
		t.Errorf("docs/proved.md names %d tests as `package.TestName`, and %d in all", len(all), strings.Count(page, "Test"))
	}
	for _, name := range all {
		if !strings.Contains(testsOf(t, name[1]), "\nfunc "+name[2]+"(") {
			t.Errorf("docs/proved.md: %s has no %s", name[1], name[2])
		}
	}
}

// TestProvedByStandIns: the page of the stand-ins names only tests that there are.
func TestProvedByStandIns(t *testing.T) {
	all := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	for _, dir := range directories(t) {
		for _, test := range declared.FindAllStringSubmatch(testsOf(t, dir), -1) {
			all[test[1]] = true
		}
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(read(t, filepath.Join("internal", "awstest", "README.md")), -1)
	if len(named) < 50 {
		t.Errorf("internal/awstest/README.md names %d tests", len(named))
	}
	for _, name := range named {
		if !all[name[1]] {
			t.Errorf("internal/awstest/README.md: there is no %s", name[1])
		}
	}
}

// directories are those of the source.
func directories(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return err
		case path != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		}
		all = append(all, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// testsOf are the tests of a package, as text.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		all.WriteString("\n" + read(t, file))
	}
	return all.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
