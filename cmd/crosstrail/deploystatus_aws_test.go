package main

import "testing"

func TestDeployStatus(t *testing.T) {
	d := deployedSeed(t)
	r := d.run("deploy", "status", "--profile", "prod", "--as", "dev")
	t.Error(r.status, "\n"+r.stdout, "\n"+r.stderr)
}
