package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedFolder finds a folder beside the repository that is no part of it.
// Without it the test is skipped, loudly; where CI=true it fails.
func sharedFolder(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", name)
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is absent: %v", folder, err)
		}
		t.Skipf("SKIPPED, NOTHING WAS CHECKED: %s is absent", folder)
	}
	return folder
}

// seedStory are the three records of the seed text "How to Audit Cross-Account
// Roles", as they are printed save for non-breaking spaces: the ListBuckets
// record and the EventBridge events around it.
func seedStory(t *testing.T) (listBuckets, bridge, otherBridge string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedFolder(t, "seeds"), "004_*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("seed 004: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), "\u00a0", " ")
	var records []string
	for i := 0; i < len(page); i++ {
		if page[i] != '{' || i > 0 && page[i-1] != '\n' {
			continue
		}
		var block json.RawMessage
		if json.NewDecoder(strings.NewReader(page[i:])).Decode(&block) != nil {
			continue
		}
		if strings.Contains(string(block), `"eventVersion"`) {
			records = append(records, string(block))
		}
		i += len(block)
	}
	if len(records) != 3 {
		t.Fatalf("seed 004 holds %d records, want 3", len(records))
	}
	return records[0], records[1], records[2]
}
