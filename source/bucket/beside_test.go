package bucket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestBeside holds each key of a bucket to be listed, or told of as not being.
func TestBeside(t *testing.T) {
	stand := stack.Start(t)
	cfg := stand.Account(owner).Config()
	in := key("", orgID, member, "us-east-1", "2026-03-05T12:03")
	digest := digestKey("", orgID, member, "us-east-1", "2026-03-05T13:00")
	var folders []string
	for n := range 80 {
		folders = append(folders, fmt.Sprintf("team%02d/x/", n))
	}
	for n, c := range []struct {
		name, prefix string
		keys         []string // that are listed
		others       []string
		beside       string // "" where nothing is told
		unseen       string
	}{
		{"nothing", "", []string{in}, []string{digest}, "", ""},
		{"at the top, one folder down and in AWSLogs", "", []string{in}, []string{"loose.json", "lead/x.json", "/lead/x.json", "AWSLogs/x.json", "AWSLogs/odd/x.json"}, ": 5 files: ", ""},
		{"in the organisation", "", []string{in}, []string{"AWSLogs/" + orgID + "/x.json", "AWSLogs/" + orgID + "/odd/x.json", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/x.json", "AWSLogs/" + orgID + "/" + member + "/CloudTrail/Odd/x.json"}, ": 2 files and 2 folders: ", ""},
		{"in the account that is named", "AWSLogs/" + orgID + "/" + member, []string{in}, []string{"AWSLogs/" + orgID + "/" + member + "/x.json"}, ": 1 file: ", ""},
		{"what is no log file", "", []string{in}, []string{"picture.png", "notes/readme.txt", digest}, "", ""},
		{"days of another service", "", []string{in}, []string{"elb/2026/03/05/x.json"}, ": 1 folder: ", ""},
		{"as deep as is looked", "", []string{in, "a/b/c/" + in}, nil, "", ""},
		{"deeper", "", []string{in}, []string{"a/b/c/d/" + in}, "", "/a/b/c/d/:"},
		{"many folders", "", []string{in}, prefixed(folders, "y.json"), "", "and 77 more"},
		{"nothing laid out so", "plain", []string{"plain/x.json", "plain/a/b/c/d/e/x.json"}, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := stand.Account(owner).Bucket(t, fmt.Sprintf("trails%d", n))
			b.Put(t, objects(append(slices.Clone(c.keys), c.others...)...)...)
			l := open(t, cfg, b.URI(c.prefix), bucket.Options{})
			if diff := cmp.Diff(sorted(c.keys), keys(t, l)); diff != "" {
				t.Error(diff)
			}
			beside, want := l.Beside(), c.beside
			if (beside != "") != (want != "") || !strings.Contains(beside, want) {
				t.Errorf("beside: %q", beside)
			}
			if err := l.Unseen(); (err != nil) != (c.unseen != "") || err != nil && !strings.Contains(err.Error(), c.unseen) {
				t.Errorf("unseen: %v", err)
			}
		})
	}
}

func prefixed(folders []string, name string) (all []string) {
	for _, f := range folders {
		all = append(all, f+name)
	}
	return all
}
