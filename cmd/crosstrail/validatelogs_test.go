package main

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/install"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// TestValidateLogs runs AWS's own verifier, aws cloudtrail validate-logs, on the
// buckets that this program verifies, and holds the two to each other. That it
// takes the digests of internal/synth for genuine is what lets other tests lean
// on them.
func TestValidateLogs(t *testing.T) {
	python, err := awstest.CommandLine(t.Context())
	if err != nil {
		install.Missing(t, "aws cloudtrail validate-logs", err)
	}
	stand := stack.Start(t)
	owner := stand.Account(hubAccount)
	stand.PublicKeys(t, "us-east-1", awstest.PublicKey{Key: &demoKey().PublicKey, Since: demoSealed, Until: demoSealed.AddDate(0, 3, 0)})
	cfg := owner.Config()

	for name, does := range map[string]func(objects map[string]awstest.Object, logs, digests []string){
		"whole": func(map[string]awstest.Object, []string, []string) {},
		"altered log file": func(o map[string]awstest.Object, logs, _ []string) {
			o[logs[2]] = awstest.Object{Key: logs[2], Body: o[logs[3]].Body}
		},
		"missing log file":    func(o map[string]awstest.Object, logs, _ []string) { delete(o, logs[2]) },
		"missing digest":      func(o map[string]awstest.Object, _, digests []string) { delete(o, digests[9]) },
		"replayed digest":     func(o map[string]awstest.Object, _, digests []string) { replaced(o, digests[9], digests[7]) },
		"a signature is gone": func(o map[string]awstest.Object, _, digests []string) { unsigned(o, digests[len(digests)-1]) },
	} {
		t.Run(name, func(t *testing.T) {
			id := "validated-" + strings.ReplaceAll(name, " ", "-")
			objects, logs, digests := oneAccount(id)
			does(objects, logs, digests)
			b := owner.Bucket(t, id)
			for _, o := range objects {
				b.Put(t, o)
			}
			theirs := validateLogs(t, stand, python, id)
			log, err := bucket.Open(t.Context(), cfg, "s3://"+id, bucket.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := digest.Verify(t.Context(), log.Archive(), &askedKeys{cfg: cfg}, digest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("validate-logs: %+v; verify: %+v, log files %v", theirs, ours.Digests, ours.Files)
			if theirs.whole != ours.Whole() {
				t.Errorf("validate-logs finds it whole: %v, verify: %v", theirs.whole, ours.Whole())
			}
			if theirs.digests != ours.Digests.Verified || theirs.logs != ours.Files[digest.Verified] {
				t.Errorf("validate-logs takes %d digests and %d log files for genuine, verify %d and %d", theirs.digests, theirs.logs, ours.Digests.Verified, ours.Files[digest.Verified])
			}
		})
	}
}

// oneAccount is the demo's log of one account since its trail is validated, with
// some log files in back-fill digests.
func oneAccount(bucket string) (objects map[string]awstest.Object, logs, digests []string) {
	mine := func(yield func(synth.File) bool) {
		for f := range synth.Demo().Files() {
			if strings.Contains(f.Name, "/"+hubAccount+"/") && !f.Delivered.Before(demoSealed) && !yield(f) {
				return
			}
		}
	}
	objects = map[string]awstest.Object{}
	var packer synth.Packer
	for f := range mine {
		objects[f.Name] = awstest.Object{Key: f.Name, Body: packer.Pack(f.Body())}
		logs = append(logs, f.Name)
	}
	late := func(name string) bool { return name == logs[5] || name == logs[15] }
	for _, d := range synth.Digests(mine, synth.Trail{Bucket: bucket, Key: demoKey(), Late: late}) {
		objects[d.Name] = awstest.Object{Key: d.Name, Body: packer.Pack(d.JSON), Metadata: d.Metadata}
		if n, _ := digest.ParseName(d.Name); !n.Backfill {
			digests = append(digests, d.Name)
		}
	}
	slices.Sort(logs)
	return objects, logs, digests
}

func replaced(o map[string]awstest.Object, key, by string) {
	other := o[by]
	other.Key = key
	o[key] = other
}

func unsigned(o map[string]awstest.Object, key string) {
	o[key] = awstest.Object{Key: key, Body: o[key].Body}
}

// validated is what validate-logs says.
type validated struct {
	whole         bool
	digests, logs int
}

var ratio = regexp.MustCompile(`(?m)^(\d+)/(\d+) (digest|backfill digest|log) files valid`)

func validateLogs(t *testing.T, stand *awstest.AWS, python, bucket string) validated {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-m", "awscli", "cloudtrail", "validate-logs", "--region", "us-east-1",
		"--trail-arn", "arn:aws:cloudtrail:us-east-1:"+hubAccount+":trail/main", "--s3-bucket", bucket,
		"--start-time", "2026-03-03T00:00:00Z", "--end-time", "2026-03-03T23:00:00Z", "--verbose")
	cmd.Env = append(stand.Environment(t, stand.Account(hubAccount).Config()), "AWS_EC2_METADATA_DISABLED=true", "PATH=/usr/bin:/bin")
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed || !strings.Contains(out.String(), "Results requested") {
		t.Fatalf("%v\n%s\n%s", err, out.String(), told.String())
	}
	v := validated{whole: err == nil}
	for _, m := range ratio.FindAllStringSubmatch(out.String(), -1) {
		n, _ := strconv.Atoi(m[1])
		if m[3] == "log" {
			v.logs += n
		} else {
			v.digests += n
		}
	}
	return v
}
