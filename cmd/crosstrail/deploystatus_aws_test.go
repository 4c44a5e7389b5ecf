package main

import (
	"strings"
	"testing"
)

// TestDeployStatus: of a deployment that works there is no fault, and what came is told.
func TestDeployStatus(t *testing.T) {
	d := deployedSeed(t)
	d.stand.Record(t)
	if r := d.test(); r.status != exitDone {
		t.Fatal(r.status, r.stdout, r.stderr)
	}
	r := d.run("deploy", "status", "--profile", "prod")
	if r.status != exitDone || strings.Contains(r.stdout, "fault") || !strings.Contains(r.stdout, "us-east-1 not looked at 1 came as events, 1 of them logged too") {
		t.Error(r.status, "\n"+r.stdout, "\n"+r.stderr)
	}
}
