package main

import (
	"os"
	"strings"
	"testing"
)

// TestTold holds single screens to what a reader needs of them.
func TestTold(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	if err := os.WriteFile("names.csv", []byte("AIDARTXV5AHD54YI25JQO,Kim Lee (SRE)\n198.51.100.0/24,office\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, command string
		want          []string
	}{
		{"an instance in two places", "who 1e3fac56-3368-4776-b1ff-250114567454 --from crosstrail-demo", []string{
			"● i-0a1b2c3d4e5f60718 of ec2", "! one session, used from 2 addresses: 203.0.113.66, 54.210.33.7; by 2", "programs: aws-cli, boto3",
		}},
		{"an instance in one place", "trace crosstrail-demo --ip 54.210.33.7", []string{"i-0a1b2c3d4e5f60718 of ec2"}},
		{"a function", "trace crosstrail-demo --origin lambda.amazonaws.com", []string{"● function:reports of lambda  AWSService"}},
		{"a person's name", "trace crosstrail-demo --names names.csv", []string{"● kim.lee (Kim Lee (SRE))  IAMUser in 111111111111", "from 198.51.100.23 (office), exact by access-key"}},
		{"names as CSV", "trace crosstrail-demo --names names.csv -o csv", []string{"sourceIPName,", "origin.displayName,", ",kim.lee,Kim Lee (SRE),", ",198.51.100.23,office,"}},
		{"a limit", "trace crosstrail-demo --limit 3", []string{"Who made the first 3 calls (as --limit asks)"}},
		{"a limit that cut nothing", "trace crosstrail-demo --limit 300", []string{"Who made 93 calls"}},
		{"a key without a session", "who AKIAJ2DZP3QVQ3D6VJBQ --from crosstrail-demo", []string{"caller  arn:aws:iam::111111111111:user/jsmith\n  key AKIAJ2DZP3QVQ3D6VJBQ\n"}},
		{"what to ask next", "trace crosstrail-demo", []string{programName() + " who ASIAU3HBXAVKQUUG3RMR --from crosstrail-demo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, status := runProgram(t, "", strings.Fields(c.command)...)
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("lacks %q:\n%s", want, stdout)
				}
			}
			if strings.Contains(stdout, "crosstrail ingest s3://") { // no source of this release
				t.Errorf("tells to run what is not there:\n%s", stdout)
			}
			if c.name == "an instance in one place" && strings.Contains(stdout, "! one session") {
				t.Errorf("marked:\n%s", stdout)
			}
		})
	}
}
