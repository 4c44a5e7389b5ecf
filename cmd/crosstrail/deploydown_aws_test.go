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
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// downs are the commands of a test that takes hubs down.
type downs struct {
	*testing.T
	stand *awstest.AWS
	prod  awstest.Account
	do    func(args ...string) (int, string)
	code  string
}

func newDowns(t *testing.T, account string) *downs {
	t.Helper()
	d := &downs{T: t, stand: stack.Start(t), code: t.TempDir() + "/bootstrap"}
	d.prod, d.do = operating(t, d.stand, account)
	writeProgram(t, d.code)
	return d
}

func (d *downs) is(want int, text string, args ...string) string {
	d.Helper()
	status, said := d.do(args...)
	if status != want || !strings.Contains(said, text) {
		d.Errorf("%v: exit status %d, want %d with %q:\n%s", args, status, want, text, said)
	}
	return said
}

func (d *downs) up(name, table string, more ...string) {
	d.Helper()
	d.is(exitDone, "", append([]string{"up", "hub", "--name", name, "--table", table, "--function", d.code, "--yes"}, more...)...)
}

func down(name string, more ...string) []string {
	return append([]string{"down", "hub", "--name", name, "--yes"}, more...)
}

// tables wants these tables to be there, and no others.
func (d *downs) tables(want ...string) {
	d.Helper()
	out, err := dynamodb.NewFromConfig(d.prod.Config()).ListTables(d.Context(), &dynamodb.ListTablesInput{})
	if err != nil || !slices.Equal(out.TableNames, want) {
		d.Errorf("there are the tables %v, %v; want %v", out.TableNames, err, want)
	}
}

// TestDeployDownTable: a table is deleted only where it is this hub's alone, whatever a
// template claims.
func TestDeployDownTable(t *testing.T) {
	d := newDowns(t, "560000000002")
	d.up("a", "Shared", "--no-logs")
	d.up("b", "Shared", "--no-logs")
	d.is(exitFailed, "the hub of the stack b-hub writes to the table Shared too", down("a", "--delete-table")...)
	d.is(exitUsage, "unless it is named", down("b", "--delete-table")...)
	d.is(exitFailed, "the hub of the stack a-hub writes to the table Shared too", down("b", "--delete-table", "--table", "Shared")...)
	d.tables("Shared")
	d.is(exitDone, "the table Shared stays", down("b")...)
	d.is(exitDone, "the table Shared is gone", down("a", "--delete-table")...)
	d.tables()

	// Templates that claim what is not theirs: AWS's text's table, and what is no table.
	d.prod.Table(t, "Victim")
	tagged := func(in *cloudformation.CreateStackInput) {
		in.Tags = []types.Tag{{Key: aws.String(cfn.Tag), Value: aws.String(strings.TrimSuffix(*in.StackName, "-hub"))}}
	}
	claiming := func(name, table string) {
		d.prod.CFNStack(t, name+"-hub", "Metadata:\n"+`  Crosstrail: {"version":1,"hub":{"name":"`+name+`","table":"`+table+`","makeTable":true}}`+"\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n", tagged)
	}
	claiming("claims", "Victim")
	d.is(exitUsage, "unless it is named", down("claims", "--delete-table")...)
	d.is(exitFailed, "no mark of crosstrail", down("claims", "--delete-table", "--table", "Victim")...)
	claiming("evil", "../../etc")
	d.is(exitFailed, "not as crosstrail writes them", "up", "hub", "--name", "evil", "--no-logs", "--function", d.code, "--yes")
	d.is(exitUsage, "name it: --table", down("evil", "--delete-table")...)
	d.is(exitDone, "not as crosstrail writes them", down("evil")...)
	d.tables("Victim")
}

// TestDeployDownLeft: what is left of a hub whose stack somebody deleted is found, and a
// table that nobody saw is not spoken of.
func TestDeployDownLeft(t *testing.T) {
	d := newDowns(t, "560000000003")
	logs := d.prod.Bucket(t, "acme-left-logs")
	d.prod.Trail(t, "main", logs.Name)
	d.up("left", "Real", "--bucket", logs.Name)
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
	if err := cfn.New(d.prod.Config()).Delete(t.Context(), "left-hub", nil); err != nil || !slices.Equal(ids(), []string{"left-hub"}) {
		t.Fatalf("%v, %v", err, ids())
	}
	d.is(exitUsage, "name it: --table", down("left", "--delete-table")...)
	said := d.is(exitDone, "done: the bucket acme-left-logs tells the hub's queue no longer", down("left")...)
	if strings.Contains(said, "CrossAccountAuditing") || strings.Contains(said, "table") {
		t.Errorf("a table that nobody saw: %s", said)
	}
	if len(ids()) != 0 {
		t.Errorf("the bucket still tells %v", ids())
	}
	d.tables("Real")
	d.is(exitFinding, "there is no hub left", down("left")...)
	d.is(exitDone, "the table Real is gone", down("left", "--delete-table", "--table", "Real")...)
}
