package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	cfn "github.com/crosstrail/crosstrail/deploy/stack"
)

// TestDeployDownTable: a table is deleted only where it is this hub's alone, whatever a
// template claims, and what is left of a hub whose stack somebody deleted is found.
func TestDeployDownTable(t *testing.T) {
	stand := stack.Start(t)
	prod, do := operating(t, stand, "560000000002")
	code := t.TempDir() + "/bootstrap"
	writeProgram(t, code)
	is := func(want int, text string, args ...string) string {
		t.Helper()
		status, said := do(args...)
		if status != want || !strings.Contains(said, text) {
			t.Errorf("%v: exit status %d, want %d with %q:\n%s", args, status, want, text, said)
		}
		return said
	}
	there := func(want ...string) {
		t.Helper()
		out, err := dynamodb.NewFromConfig(prod.Config()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
		if err != nil || !slices.Equal(out.TableNames, want) {
			t.Errorf("there are the tables %v, %v; want %v", out.TableNames, err, want)
		}
	}
	up := func(name, table string, more ...string) {
		t.Helper()
		is(exitDone, "", append([]string{"up", "hub", "--name", name, "--table", table, "--function", code, "--yes"}, more...)...)
	}
	down := func(name string, more ...string) []string {
		return append([]string{"down", "hub", "--name", name, "--yes"}, more...)
	}

	up("a", "Shared", "--no-logs")
	up("b", "Shared", "--no-logs")
	is(exitFailed, "the hub of the stack b-hub writes to the table Shared too", down("a", "--delete-table")...)
	is(exitUsage, "unless it is named", down("b", "--delete-table")...)
	is(exitFailed, "the hub of the stack a-hub writes to the table Shared too", down("b", "--delete-table", "--table", "Shared")...)
	there("Shared")
	is(exitDone, "the table Shared stays", down("b")...)
	is(exitDone, "the table Shared is gone", down("a", "--delete-table")...)
	there()

	// Templates that claim what is not theirs: AWS's text's table, and what is no table.
	prod.Table(t, "Victim")
	tagged := func(in *cloudformation.CreateStackInput) {
		in.Tags = []types.Tag{{Key: aws.String(cfn.Tag), Value: aws.String(strings.TrimSuffix(*in.StackName, "-hub"))}}
	}
	claiming := func(name, table string) {
		prod.CFNStack(t, name+"-hub", "Metadata:\n"+`  Crosstrail: {"version":1,"hub":{"name":"`+name+`","table":"`+table+`","makeTable":true}}`+"\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n", tagged)
	}
	claiming("claims", "Victim")
	is(exitUsage, "unless it is named", down("claims", "--delete-table")...)
	is(exitFailed, "no mark of crosstrail", down("claims", "--delete-table", "--table", "Victim")...)
	claiming("evil", "../../etc")
	is(exitFailed, "not as crosstrail writes them", "up", "hub", "--name", "evil", "--no-logs", "--function", code, "--yes")
	is(exitUsage, "name it: --table", down("evil", "--delete-table")...)
	is(exitDone, "not as crosstrail writes them", down("evil")...)
	there("Victim")

	// A stack that somebody deleted, whose bucket goes on telling the queue.
	logs := prod.Bucket(t, "acme-left-logs")
	prod.Trail(t, "main", logs.Name)
	up("left", "Real", "--bucket", logs.Name)
	ids := func() (all []string) {
		out, err := logs.Owner.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: &logs.Name})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range out.QueueConfigurations {
			all = append(all, *q.Id)
		}
		return all
	}
	if err := cfn.New(prod.Config()).Delete(t.Context(), "left-hub", nil); err != nil || !slices.Equal(ids(), []string{"left-hub"}) {
		t.Fatalf("%v, %v", err, ids())
	}
	is(exitUsage, "name it: --table", down("left", "--delete-table")...)
	said := is(exitDone, "done: the bucket acme-left-logs tells the hub's queue no longer", down("left")...)
	if strings.Contains(said, "CrossAccountAuditing") || strings.Contains(said, "table") {
		t.Errorf("a table that nobody saw: %s", said)
	}
	if len(ids()) != 0 {
		t.Errorf("the bucket still tells %v", ids())
	}
	there("Real", "Victim")
	is(exitFinding, "there is no hub left", down("left")...)
	is(exitDone, "the table Real is gone", down("left", "--delete-table", "--table", "Real")...)
}
