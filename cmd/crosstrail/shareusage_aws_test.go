package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// used is a row of share usage, as far as the test looks.
type used struct {
	Grant, To, Means, Use, Origin, FromAccountID, Ends, DataEvents string
	ExternalIDs, DeniedResources                                   []string
	Sessions, Calls, Denied, Refused                               int
}

// TestShareUsage: grants are made, used, tried in vain and left alone; what
// CloudTrail logs of that is told by grant.
func TestShareUsage(t *testing.T) {
	stand := stack.Start(t)
	owner, reader := stand.Account(hubAccount), stand.Account(readerAccount)
	b := owner.Bucket(t, "acme-used")
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	own := "AWSLogs/" + readerAccount + "/"
	b.Put(t, awstest.Object{Key: own + "CloudTrail/us-east-1/2026/11/01/x.json", Body: []byte(`{"Records":[]}`)})
	owner.Trail(t, "used", b.Name)
	reader.Trail(t, "readers", b.Name)
	grant := func(w share.Want) *share.Grant { return granted(t, owner.Config(), iam.Ask{Trail: "used"}, w) }
	lent := grant(share.Want{To: readerAccount, Via: share.Role, ExternalID: "acme-3414"})
	idle := grant(share.Want{To: "333333333333", ExternalID: "acme-1", Logs: share.Logs{All: true}, Expires: time.Now().Add(240 * time.Hour)})
	open := grant(share.Want{To: readerAccount, Via: share.BucketPolicy})
	kim := reader.User(t, "kim", awstest.Allow(lent.RoleARN(), "sts:AssumeRole"))

	stand.Record(t)
	if _, err := sts.NewFromConfig(kim).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(lent.RoleARN()), RoleSessionName: aws.String("kim")}); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Fatal("without its external id: ", err)
	}
	session := s3.NewFromConfig(stand.Assume(t, kim, lent.RoleARN(), func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("acme-3414") }),
		func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := session.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &own}); err != nil {
		t.Fatal(err)
	}
	if _, err := session.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name}); err == nil {
		t.Fatal("the whole bucket was listed")
	}
	stand.Deliver(t)

	ask := func(args ...string) (rows map[string]used, stderr string, status int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "crosstrail", append([]string{"share", "usage", "-o", "jsonl", "--trail", "used", "--from", b.URI(""), "--yes"}, args...)...)
		cmd.Env = append(os.Environ(), append(stand.Environment(t, owner.Config()), "GORACE=atexit_sleep_ms=0")...)
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		_ = cmd.Run() // the exit status tells
		rows = map[string]used{}
		for line := range strings.Lines(out.String()) {
			var u used
			if err := json.Unmarshal([]byte(line), &u); err != nil {
				t.Fatal(err, line)
			}
			rows[u.Grant+" "+u.Use] = u
		}
		return rows, said.String(), cmd.ProcessState.ExitCode()
	}
	rows, said, status := ask()
	if status != 0 || len(rows) != 3 || !strings.Contains(said, "refused a role is looked for in the log of "+readerAccount+", 333333333333, "+hubAccount+" alone") {
		t.Fatalf("exit %d, %+v\n%s", status, rows, said)
	}
	if u := rows[lent.ID+" used"]; u.To != readerAccount || u.Means != "role" || !strings.HasPrefix(u.Origin, "iam:"+readerAccount+":AIDA") || u.FromAccountID != readerAccount ||
		u.Sessions != 1 || u.Calls != 2 || u.Denied != 1 || u.Refused != 1 || strings.Join(u.ExternalIDs, " ") != "acme-3414" {
		t.Errorf("the grant that was used: %+v", u)
	}
	if u := rows[idle.ID+" unused"]; u.Ends != "soon" || u.Calls != 0 || u.Origin != "" {
		t.Errorf("the grant that was not: %+v", u)
	}
	// Who reads by a bucket's policy is told by data events alone, and none is logged here.
	if u := rows[open.ID+" not-told"]; u.Means != "bucket-policy" || u.To != readerAccount || u.DataEvents != "none" {
		t.Errorf("the grant by bucket policy: %+v", rows)
	}
	if rows, said, status = ask(idle.ID); status != 0 || len(rows) != 1 {
		t.Errorf("one grant: exit %d, %+v\n%s", status, rows, said)
	}
	if _, said, status = ask("aaaaaaaaaaaa"); status != exitFinding || !strings.Contains(said, "there is no grant aaaaaaaaaaaa on the bucket acme-used") {
		t.Errorf("no grant: exit %d\n%s", status, said)
	}
}

// granted plans a grant and does what the plan says.
func granted(t *testing.T, cfg aws.Config, ask iam.Ask, w share.Want) *share.Grant {
	t.Helper()
	client := iam.Open(cfg)
	s, err := client.Observe(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	p, err := share.NewPlan(w, s, nil, time.Now())
	if err == nil {
		err = client.Do(t.Context(), p.Calls, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.Grant
}
