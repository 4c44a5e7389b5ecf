package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// tableName is the hub's table: the one that its stack made, whatever its settings say,
// else that which it was given, or which is named. "": not known.
func (h *hubDown) tableName() string {
	if own := h.ownTable(); own != "" {
		return own
	}
	if h.hub != nil {
		return h.hub.Table
	}
	return h.table
}

// ownTable is the table that the stack made: CloudFormation says which, and not what is
// written in a template, which may claim any. "": none.
func (h *hubDown) ownTable() string {
	if h.found != nil {
		for _, r := range h.found.Resources {
			if r.Type == "AWS::DynamoDB::Table" && r.Status != "DELETE_COMPLETE" {
				return r.PhysicalID
			}
		}
	}
	return ""
}

// lookAtTable looks whether the table may be deleted: it has to be one that crosstrail
// made or adopted, and no other hub's of the account and region.
func (h *hubDown) lookAtTable(ctx context.Context, all []*cfn.Found) error {
	name := h.tableName()
	switch {
	case name == "":
		return usage(errors.New("which table --delete-table is to delete, no stack of the hub tells"), "name it: --table NAME")
	case h.table != "" && h.table != name:
		return usage(fmt.Errorf("--table %s: the hub's is %s", quoteShell(h.table), name))
	case h.ownTable() == "" && h.table == "" && h.yes:
		return usage(fmt.Errorf("the table %s was there before the hub, whose stack did not make it: with --yes it is not deleted unless it is named", name), "to delete it: --delete-table --table "+quoteShell(name))
	}
	info, err := dynamo.Look(ctx, h.at.cfg, name)
	switch {
	case errors.Is(err, dynamo.ErrNoTable):
		return nil
	case err != nil:
		return h.aws.tableError(ctx, h.at.cfg, name, err)
	case info.Foreign:
		return hinted(fmt.Errorf("the table %s has no mark of crosstrail: it is not deleted", info.Table), "if it is not wanted: aws dynamodb delete-table --table-name "+quoteShell(info.Table)+h.aws.cli(""))
	}
	if err := h.usedBy(ctx, all, name); err != nil {
		return err
	}
	h.info = &info
	return nil
}

// usedBy is an error where another hub of the account and region writes to the table.
func (h *hubDown) usedBy(ctx context.Context, all []*cfn.Found, table string) error {
	for _, other := range all {
		if other.Name == h.name.HubStack() || other.Parameters["CodeKey"] == "" {
			continue
		}
		uses := other.Outputs[deploy.OutputTableName] == table
		if !uses {
			found, err := h.at.stacks.Find(ctx, other.Name)
			if errors.Is(err, cfn.ErrNone) {
				continue
			}
			if err != nil {
				return h.explain(err)
			}
			hub, err := deploy.ReadHub(found.Template)
			if err != nil && found.Template != nil {
				return hinted(fmt.Errorf("whether the hub of the stack %s writes to the table %s too cannot be told: %w", other.Name, table, err), "to keep the table, and take down the rest: without --delete-table")
			}
			uses = hub != nil && hub.Table == table || slices.ContainsFunc(found.Resources, func(r cfn.Resource) bool {
				return r.Type == "AWS::DynamoDB::Table" && r.PhysicalID == table
			})
		}
		if uses {
			return hinted(fmt.Errorf("the hub of the stack %s writes to the table %s too: it is not deleted", other.Name, table), "take that hub down first: crosstrail deploy down hub --name "+quoteShell(other.Tags[cfn.Tag])+h.aws.flag(), "or keep the table, and take down the rest: without --delete-table")
		}
	}
	return nil
}
