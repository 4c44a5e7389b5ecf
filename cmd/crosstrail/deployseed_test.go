//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
	"github.com/crosstrail/crosstrail/internal/install"
	"github.com/crosstrail/crosstrail/internal/pattern"
)

// deployWalk is the session of docs/deploy.md.
type deployWalk struct {
	*testing.T
	stand    *awstest.AWS
	function string // its deployment package, for this machine
	python   string // has AWS's command line
	given    []*given
}

// TestDeploySeed is the walk of AWS's text again, by crosstrail deploy, as a user types
// it: docs/deploy.md, held to what is printed. CloudTrail's records and log files are the
// launcher's; nothing else is delivered by hand. In the end what was there before is
// there, as before, and nothing of ours is left but the table, which the next hub adopts.
func TestDeploySeed(t *testing.T) {
	python, err := awstest.CommandLine(t.Context())
	if err != nil {
		install.Missing(t, "docs/deploy.md with the aws command line", err)
	}
	w := &deployWalk{T: t, stand: stack.Start(t), function: packagedFunction(t), python: python, given: momentaryOfDeploy()}
	profiles := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(profiles, []byte(demo.Deploying(t, w.stand)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": profiles, "COLUMNS": "100", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PAGER": "",
	} {
		t.Setenv(name, value)
	}
	w.stand.Record(t)
	before := w.things()
	w.readme()
	p := page{name: "deploy.md", in: w.in, out: w.out, during: w.during, beside: w.beside}
	if n := p.hold(t); n < 14 {
		t.Errorf("the page has %d commands", n)
	}
	before[demo.Production+" "+awstest.Region+" tables"] = []string{demo.AuditTable} // which stays
	if diff := cmp.Diff(before, w.things()); diff != "" {
		t.Errorf("not as it was before (-before +now):\n%s", diff)
	}
	w.adopts()
}

// packagedFunction is the function's deployment package, in a file.
func packagedFunction(t *testing.T) string {
	t.Helper()
	zipped, err := awstest.Zip(built(t, "crosstrail-lambda"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(name, zipped, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// readme holds the README's commands of deploy to those of the page.
func (w *deployWalk) readme() {
	w.Helper()
	text := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		w.must(err)
		return string(b)
	}
	page := strings.ReplaceAll(text("docs/deploy.md"), " --yes\n", "\n")
	_, part, _ := strings.Cut(text("README.md"), "## Set it up in AWS\n")
	part, _, _ = strings.Cut(part, "\n## ")
	n := 0
	for line := range strings.Lines(part) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			if n++; !strings.Contains(page, "    $ "+command) {
				w.Errorf("the README has a command that docs/deploy.md has not: %s", command)
			}
		}
	}
	if n != 8 {
		w.Errorf("the README has %d commands of deploy", n)
	}
}

// in is what is typed for a command of the page.
func (w *deployWalk) in(command string) string {
	for _, g := range w.given {
		for is, shown := range g.shown {
			command = strings.ReplaceAll(command, shown, is)
		}
	}
	if strings.HasPrefix(command, "deploy up hub ") {
		command += " --function " + w.function
	}
	if strings.HasPrefix(command, "deploy test ") {
		command += " --timeout 1m"
	}
	return command
}

// given is a kind of thing that is another each time: the page has names of its own for
// the first ones that are printed, and an error for more.
type given struct {
	is    *regexp.Regexp
	names []string
	shown map[string]string
}

func momentaryOfDeploy() []*given {
	var all []*given
	for _, g := range []struct {
		is    string
		names []string
	}{
		{`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`, []string{"099ff820-00f2-4500-94fc-2b9da26d576f", "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf", "83a263cd-fb6e-11e5-88cf-c19f9d99b57d", "0b7c3e55-1f0f-4c7e-9d63-51f4f1f3a001"}},
		{`\bASIA[A-Z2-7]{16}\b`, []string{"ASIAJJQOJ64OAM7C65AA", "ASIAJPVGV2XRFLHSWW7Q"}},
		{`\bAKIA[A-Z2-7]{16}\b`, []string{"AKIAJ2DZP3QVQ3D6VJBQ", "AKIAQQQQQQQQQQQALICE"}},
		{`\bAROA[A-Z0-9]{12,17}\b`, []string{"AROAICKBBQTXWLOLJLHW4", "AROAQQQQQQQQQQVENDOR"}},
		{`\bcrosstrail-test-[a-z2-7]{8}\b`, []string{"crosstrail-test-k3v5rdqe"}},
	} {
		all = append(all, &given{is: regexp.MustCompile(g.is), names: g.names, shown: map[string]string{}})
	}
	return all
}

// moments are what is printed of the moment, of the machine and of a build, and the
// page's own words for it.
var moments = []struct {
	is func() *regexp.Regexp
	by string
}{
	{pattern.Of(`(?s)\+ the function's code, .*?(\n  \+|\nneeds)`), "+ the function's code, the release's own for arm64, 9.0 MiB, SHA-256 858d94288e327bd9…: bucket\n      crosstrail-code-999999999999-us-east-1${1}"},
	{pattern.Of(`(crosstrail-test-)[a-z2-7]{6}(\n +)[a-z2-7]{2}\n`), "${1}k3v5rd${2}qe\n"},
	{pattern.Of(`(?m)^    agent .*\n(?: {20}.*\n)*`), "    agent           aws-sdk-go-v2                            aws-sdk-go-v2\n"},
	{pattern.Of(`(expires +)20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "${1}2016-04-05T20:54:37Z"},
	{pattern.Of(`\b20[2-9]\d-\d\d-\d\d([T ])\d\d:\d\d:\d\dZ`), "2016-04-05${1}20:39:37Z"},
	{pattern.Of(`\b20[2-9]\d-\d\d-\d\d \(UTC\)`), "2016-04-04 (UTC)"},
	{pattern.Of(`/20[2-9]\d/\d\d/\d\d/(\d+)_CloudTrail_(\S+?)_\d{8}T\d{4}Z_\w{16}`), "/2016/04/05/${1}_CloudTrail_${2}_20160405T2045Z_a1B2c3D4e5F6g7H8"},
	{pattern.Of(`read until 20[2-9]\d-\d\d-\d\d \d\d:\d\dZ`), "read until 2016-04-05 20:45Z"},
	{pattern.Of(`, [\d.]+ KB, of`), ", 29.9 KB, of"},
	{pattern.Of(`, record \d+`), ", record 3"},
	{pattern.Of(`inline:[0-9a-f]{64}`), "inline:a2297936f371a0d4189c0e73cbf1e35ee425b9158a8eccbb496c6b3ed01775de"},
	{pattern.Of(`after \d+\.\d s, as`), "after 0.3 s, as"},
	{pattern.Of(`table: \d+\.\d s, as`), "table: 0.3 s, as"},
	{pattern.Of(`after \d+\.\d s, by`), "after 1.1 s, by"},
	{pattern.Of(`table: \d+\.\d s, by`), "table: 1.1 s, by"},
	{pattern.Of(`: \d+ read units`), ": 17 read units"},
	{pattern.Of(`with \d+ items`), "with 30 items"},
	{pattern.Of(`-[0-9A-F]{13}\b`), "-1A2B3C4D5E6F7"},
}

func (w *deployWalk) out(printed string) string {
	if printed = strings.TrimRight(printed, "\n"); printed != "" {
		printed += "\n"
	}
	for _, m := range moments {
		printed = m.is().ReplaceAllString(printed, m.by)
	}
	for _, g := range w.given {
		printed = g.is.ReplaceAllStringFunc(printed, func(is string) string {
			if slices.Contains(g.names, is) {
				return is
			}
			if g.shown[is] == "" {
				if len(g.shown) == len(g.names) {
					w.Errorf("the page has no name for %s: one more of %s", is, g.names)
					return is
				}
				g.shown[is] = g.names[len(g.shown)]
			}
			return g.shown[is]
		})
	}
	return inOrder(printed)
}

// inOrder has what regions print, at once, in their order.
func inOrder(printed string) string {
	is := regexp.MustCompile(`(?m)(^[a-z]+-[a-z]+-\d: (done|removed)\n)+`)
	return is.ReplaceAllStringFunc(printed, func(lines string) string {
		all := slices.Sorted(strings.Lines(lines))
		return strings.Join(all, "")
	})
}

// during has CloudTrail deliver its log file once the event has come.
func (w *deployWalk) during(command string, printed func() string) (ends func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for strings.HasPrefix(command, "deploy test ") {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
			if strings.Contains(printed(), "as an event") {
				w.stand.Deliver(aside{w.T})
			}
		}
	}()
	return func() { close(done); <-over }
}

// aside ends the goroutine that fails, and not the test's.
type aside struct{ *testing.T }

func (a aside) Fatalf(format string, args ...any) {
	a.Errorf(format, args...)
	runtime.Goexit()
}

// beside does what a command of AWS's command line does, by that.
func (w *deployWalk) beside(command string) {
	cmd := exec.CommandContext(w.Context(), w.python, append([]string{"-m", "awscli"}, strings.Fields(command)[1:]...)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		w.Errorf("%s: %v\n%s", command, err, said)
	}
	if strings.HasPrefix(command, "aws sts assume-role ") {
		w.arrives("alice")
	}
	if strings.HasPrefix(command, "aws cloudformation delete-stack ") {
		w.stand.Account(demo.Outsider).OwnedStack(deploy.DefaultName + "-spoke").Wait(w)
	}
}

const deployStore = "dynamodb://" + demo.AuditTable

// arrives waits until somebody has assumed a role, by the table.
func (w *deployWalk) arrives(who string) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		stdout, stderr, _ := runProgram(w.T, "", "events", "--event-name", "AssumeRole", "--store", deployStore, "--profile", "prod")
		if strings.Contains(stdout, who) {
			return
		}
		if time.Now().After(end) {
			w.Fatalf("%s did not arrive in 30 seconds:\n%s%s", who, stdout, stderr)
		}
	}
}
