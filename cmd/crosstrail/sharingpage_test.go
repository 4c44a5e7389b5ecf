package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

// TestSharingPage holds the sharing page to what its commands print, or with
// -update the page to them. What is of the moment has the page's own words.
func TestSharingPage(t *testing.T) {
	aws := stack.Start(t)
	demo.Fill(t, aws)
	dir := t.TempDir()
	profiles := filepath.Join(dir, "config")
	if err := os.WriteFile(profiles, []byte(demo.Sharing(t, aws)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", profiles)
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	t.Setenv(storeVariable, filepath.Join(dir, "no-store"))
	t.Setenv("COLUMNS", "100")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}

	const externalID = "9ca4b116-a644-4d39-af20-68d8e13ee3f1" // the page's
	made := externalID                                        // the one that was made
	uuid := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	const moment, compact = "2026-03-03T15:00:00Z", "20260303T150000Z"
	momentary := map[string]*regexp.Regexp{
		"o-a1b2c3d4e5":                regexp.MustCompile(`\bo-[0-9a-f]{10}\b`),
		"." + compact + ".json":       regexp.MustCompile(`\.\d{8}T\d{6}Z(\.\d+)?\.json`),
		"user/auditor at " + moment:   regexp.MustCompile(`user/auditor at \d{4}-\S+Z`),
		"Sealk3v5rdqe":                regexp.MustCompile(`Seal[a-z2-7]{8}\b`), // the organisation is another each time
		`TokenIssueTime": "` + moment: regexp.MustCompile(`TokenIssueTime": "[^"]*`),
	}
	ends := regexp.MustCompile(`(?m)^until +(\d{4}-\d\d-\d\d)T00:00:00Z$`)
	end := "no end was printed"
	p := page{
		name: "sharing.md",
		in:   func(command string) string { return strings.ReplaceAll(command, externalID, made) },
		statuses: func(command string) int {
			if strings.Contains(command, "fetch --list") {
				return exitFailed // that is what the page shows of it
			}
			return exitDone
		},
		out: func(printed string) string {
			if strings.Contains(printed, "share grant --external-id") {
				made = uuid.FindString(printed)
			}
			if m := ends.FindStringSubmatch(printed); m != nil {
				end = m[1]
			}
			printed = strings.ReplaceAll(printed, end, "2026-06-02")
			printed = strings.ReplaceAll(printed, made, externalID)
			printed = strings.ReplaceAll(printed, filepath.Join(dir, "state"), "~/.local/state")
			for by, is := range momentary {
				printed = is.ReplaceAllString(printed, by)
			}
			return printed
		},
	}
	if n := p.hold(t); n < 14 {
		t.Errorf("the page has %d commands", n)
	}
}
