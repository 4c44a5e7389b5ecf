package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// deployed is a hub in Production and a spoke in Development, from their templates, with
// the role of AWS's text. Its profiles prod and dev are an administrator there and jsmith.
type deployed struct {
	t         *testing.T
	stand     *awstest.AWS
	prod, dev awstest.Account
	logs      *awstest.Bucket
	queue     *awstest.Queue
	role      string
}

const deployTable = "CrossAccountAuditing"

func deployedSeed(t *testing.T) *deployed {
	t.Helper()
	stand := stack.Start(t)
	d := &deployed{t: t, stand: stand, prod: stand.Account("999999999999"), dev: stand.Account("111111111111")}
	d.prod.Table(t, deployTable)
	if err := dynamo.Make(t.Context(), d.prod.Config(), deployTable, dynamo.MakeOptions{OnDemand: true}); err != nil {
		t.Fatal(err)
	}
	d.logs = d.prod.Bucket(t, "cloudtrailbucket")
	d.prod.Trail(t, "main", d.logs.Name)
	d.dev.Trail(t, "devs", d.dev.Bucket(t, "devs-trail").Name)
	code, err := awstest.Zip(built(t, "crosstrail-lambda"))
	if err != nil {
		t.Fatal(err)
	}
	d.prod.Bucket(t, "code").Put(t, awstest.Object{Key: "function.zip", Body: code})
	hub := &deploy.Hub{
		Name: deploy.DefaultName, Table: deployTable, Senders: deploy.Senders{Accounts: []string{d.dev.ID}},
		Logs: &deploy.Logs{Bucket: d.logs.Name, Prefix: "AWSLogs/", Trigger: deploy.TriggerNotification}, Code: deploy.Code{Bucket: "code", Key: "function.zip"},
	}
	made := d.prod.CFNStack(t, hub.Name.HubStack(), string(hub.Template()))
	d.queue = d.prod.OwnedQueue(t, hub.Name.Queue())
	d.notified()
	d.spoke(made.Outputs(t)[deploy.OutputHubBus])
	d.role = d.prod.Role(t, "CrossAccountTest", awstest.Trust("3414", d.dev.ID), awstest.Allow("*", "s3:Get*", "s3:List*"))
	d.profiles()
	return d
}

func (d *deployed) spoke(bus string) {
	spoke := &deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Match: deploy.Match{ExternalIDs: []string{"3414"}}}
	d.dev.CFNStack(d.t, spoke.Name.SpokeStack(), string(spoke.Template()))
}

// profiles writes a configuration as people have it.
func (d *deployed) profiles() {
	d.t.Helper()
	d.t.Setenv("AWS_CONFIG_FILE", filepath.Join(d.t.TempDir(), "config"))
	d.profile("prod", d.prod.Config())
	d.profile("dev", d.dev.User(d.t, "jsmith", awstest.Allow("*", "sts:*", "events:*", "cloudtrail:*", "iam:GetRole", "cloudwatch:*", "account:*", "cloudformation:*")))
}

// profile adds one.
func (d *deployed) profile(name string, cfg aws.Config) {
	d.t.Helper()
	c, err := cfg.Credentials.Retrieve(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	f, err := os.OpenFile(os.Getenv("AWS_CONFIG_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	_, err = fmt.Fprintf(f, "[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = %s\n\n", name, c.AccessKeyID, c.SecretAccessKey, awstest.Region)
	if err := errors.Join(err, f.Close()); err != nil {
		d.t.Fatal(err)
	}
}

// ran is one run of the program.
type ran struct {
	status         int
	stdout, stderr string
}

func (d *deployed) run(args ...string) ran {
	var stdout, stderr bytes.Buffer
	status := run(append([]string{"--width", "160"}, args...), strings.NewReader(""), &stdout, &stderr)
	return ran{status, stdout.String(), stderr.String()}
}

// eventually waits until something is so.
func (d *deployed) eventually(what string, is func() bool) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("not within 20 seconds: %s\n%s", what, d.prod.OwnedFunction(deploy.DefaultName).Log(d.t))
		}
	}
}
