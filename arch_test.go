package crosstrail_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/crosstrail/crosstrail/"

// layers is the architecture. A package imports only packages on lines above
// its own; packages on one line do not know each other.
var layers = []string{
	"cloudtrail share/policy internal/synth internal/awscfg internal/denial internal/install internal/pattern internal/race internal/userdir deploy/function",
	"cloudtrail/digest share internal/awstest internal/install/all internal/awserr",
	"lineage deploy internal/awsbucket",
	"query",
	"source",
	"source/bucket source/notice source/lookup source/directory store/memory store/local store/dynamo store/storetest render share/iam deploy/stack",
	"ingest deploy/site share/fetch source/queue internal/awstest/demo",
	"store/remote internal/awstest/up",
	"cmd/crosstrail cmd/crosstrail-lambda internal/bench",
}

// pure packages import the standard library and each other, nothing else.
var pure = []string{"cloudtrail", "deploy", "deploy/function", "cloudtrail/digest", "lineage", "query", "internal/pattern", "share", "share/policy"}

// kept is what only the packages named may import. Tests are free.
var kept = map[string]string{
	module + "internal/synth":        "cmd/crosstrail internal/bench internal/awstest/demo",
	module + "internal/awscfg":       "cmd/crosstrail cmd/crosstrail-lambda internal/awstest internal/bench",
	module + "internal/awstest":      "internal/bench internal/awstest/demo internal/awstest/up",
	module + "internal/denial":       "source/bucket share/iam store/dynamo internal/awserr",
	module + "internal/install":      "internal/awstest internal/install/all",
	"github.com/aws/":                "internal/awscfg internal/awserr internal/awsbucket internal/awstest internal/awstest/demo internal/awstest/up source/bucket source/queue source/lookup source/directory share/iam share/fetch store/dynamo deploy/stack deploy/site cmd/crosstrail cmd/crosstrail-lambda internal/bench",
	"github.com/spf13/cobra":         "cmd/crosstrail",
	"github.com/aws/aws-lambda-go":   "cmd/crosstrail-lambda",
	"github.com/prometheus/":         "cmd/crosstrail",
	"github.com/klauspost/compress/": "source store/dynamo store/local internal/bench",
	"github.com/parquet-go/":         "store/local",
	"zombiezen.com/go/sqlite":        "store/local",
	"testing":                        "store/storetest internal/awstest internal/awstest/demo internal/awstest/up internal/install",
}

// empty says nothing about what is inside.
var empty = regexp.MustCompile(`(^|/)(utils?|common|helpers?|models?|types|misc|shared|constants)$`)

// Ceilings: the tail is what grows where nobody says stop.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxMethods       = 4
)

// goFiles parses every Go file of the tree. Reading the files here, rather than
// running go list, lets go test see them and drop its cached result when one
// changes.
func goFiles(t *testing.T, visit func(file, pkg string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || file != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(file, path.Dir(filepath.ToSlash(file)), fset, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLayers(t *testing.T) {
	rank := map[string]int{}
	for i, line := range layers {
		for p := range strings.FieldsSeq(line) {
			rank[p] = i
		}
	}
	goFiles(t, func(file, pkg string, _ *token.FileSet, f *ast.File) {
		if pkg == "." || strings.HasSuffix(file, "_test.go") {
			return
		}
		r, ok := rank[pkg]
		if !ok {
			t.Errorf("%s: package %s has no place in layers", file, pkg)
		}
		for _, spec := range f.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			in, ours := strings.CutPrefix(imp, module)
			host, _, _ := strings.Cut(imp, "/")
			switch {
			case ours && rank[in] >= r:
				t.Errorf("%s imports %s, which is not below %s", file, in, pkg)
			case !ours && strings.Contains(host, ".") && slices.Contains(pure, pkg):
				t.Errorf("%s imports %s; %s may use only the standard library", file, imp, pkg)
			}
			for prefix, users := range kept {
				if strings.HasPrefix(imp, prefix) && !slices.Contains(strings.Fields(users), pkg) {
					t.Errorf("%s imports %s; only these may: %s", file, imp, users)
				}
			}
		}
	})
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	goFiles(t, func(file, pkg string, _ *token.FileSet, f *ast.File) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		documented[pkg] = documented[pkg] || f.Doc != nil
		if empty.MatchString(pkg) {
			t.Errorf("%s: the name %s says nothing", file, pkg)
		}
	})
	for _, pkg := range slices.Sorted(maps.Keys(documented)) {
		if !documented[pkg] {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}

func TestCeilings(t *testing.T) {
	goFiles(t, func(file, _ string, fset *token.FileSet, f *ast.File) {
		lines := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1 }
		if n := fset.File(f.Pos()).LineCount(); n > maxFileLines {
			t.Errorf("%s has %d lines; the ceiling is %d", file, n, maxFileLines)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if lines(n) > maxFunctionLines {
					t.Errorf("%s: %s has %d lines; the ceiling is %d", fset.Position(n.Pos()), n.Name.Name, lines(n), maxFunctionLines)
				}
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: no init functions", fset.Position(n.Pos()))
				}
			case *ast.InterfaceType:
				if n.Methods.NumFields() > maxMethods {
					t.Errorf("%s: an interface of %d methods; the ceiling is %d", fset.Position(n.Pos()), n.Methods.NumFields(), maxMethods)
				}
			}
			return true
		})
	})
}

// TestDependencies holds the list of ARCHITECTURE.md to what go.mod requires, and to who
// imports what: of each line, by one of its modules at least.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var modules []string
	for line := range strings.Lines(string(mod)) {
		name, _, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "require ")), " v")
		if !ok || strings.Contains(line, "// indirect") {
			continue
		}
		modules = append(modules, name)
		if !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("go.mod requires %s; ARCHITECTURE.md does not say why", name)
		}
	}
	users := map[string]map[string]bool{} // of a module: packages, but for their tests
	goFiles(t, func(file, pkg string, _ *token.FileSet, f *ast.File) {
		for _, spec := range f.Imports {
			imp, of := strings.Trim(spec.Path.Value, `"`), ""
			for _, m := range modules {
				if (imp == m || strings.HasPrefix(imp, m+"/")) && len(m) > len(of) {
					of = m
				}
			}
			if of == "" || strings.HasSuffix(file, "_test.go") {
				continue
			}
			if users[of] == nil {
				users[of] = map[string]bool{}
			}
			users[of][pkg] = true
		}
	})
	_, table, _ := strings.Cut(string(doc), "| module | where |")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		said, imported := strings.Fields(strings.ReplaceAll(cells[2], ",", " ")), map[string]bool{}
		for i, name := range strings.Split(cells[1], "`") {
			if i%2 == 1 {
				maps.Copy(imported, users[name])
			}
		}
		switch {
		case slices.Equal(said, []string{"tests"}):
			said = nil
		case said[0] == "all": // that call AWS: kept names them
			continue
		}
		have := slices.Sorted(maps.Keys(imported))
		if slices.Sort(said); !slices.Equal(said, have) {
			t.Errorf("ARCHITECTURE.md says of%sthat it is used in %s; it is in %s", cells[1], strings.Join(said, ", "), strings.Join(have, ", "))
		}
	}
}
