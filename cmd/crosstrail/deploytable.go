package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// tableWork is what is to be done with a hub's table, beside what its stack does.
type tableWork struct {
	given  bool           // a watch was given, or something of it is to be taken away
	wanted *lineage.Watch // that
	info   *dynamo.Info   // nil: there is no table
	made   bool           // it is the stack's own
}

// unready reports whether the table lacks something, if only crosstrail's mark.
func (t *tableWork) unready() bool { return t.info == nil || t.info.Foreign || len(t.info.Missing) > 0 }

// rewatch reports whether a table that is ready is to take other records.
func (t *tableWork) rewatch() bool {
	return t.given && t.info != nil && !t.info.Foreign && !reflect.DeepEqual(t.info.Watch, t.wanted)
}

// watch is what the table will take.
func (t *tableWork) watch() *lineage.Watch {
	if !t.given && t.info != nil {
		return t.info.Watch
	}
	return t.wanted
}

// lookAtTable looks whether the table is there, and whose it is.
func (h *hubUp) lookAtTable(ctx context.Context) error {
	name := h.hub.Table
	info, err := dynamo.Look(ctx, h.at.cfg, name)
	switch {
	case err == nil:
		h.table.info = &info
	case !errors.Is(err, dynamo.ErrNoTable):
		return h.aws.tableError(ctx, h.at.cfg, name, err)
	}
	h.table.made = h.found != nil && slices.ContainsFunc(h.found.Resources, func(r cfn.Resource) bool {
		return r.Type == "AWS::DynamoDB::Table" && r.PhysicalID == name
	})
	h.hub.MakeTable = h.table.made || h.table.info == nil
	if !h.table.given {
		return nil
	}
	var was *lineage.Watch
	if h.table.info != nil {
		was = h.table.info.Watch
	}
	h.table.wanted, err = h.watch.beside(was, &h.flags.remove)
	return err
}

// describeTable says what will become of the table.
func (h *hubUp) describeTable() {
	t, name := &h.table, h.hub.Table
	switch {
	case t.info == nil && t.made:
		h.does.say("table", "%s, which somebody deleted: it is made anew, empty", name)
		h.does.beside(toAdd, "the table", name)
	case t.info == nil:
		h.does.say("table", "%s, which is made, paid by request; it stays when the hub is taken down", name)
		h.does.beside(toAdd, "the table's mark of crosstrail", "")
	case t.info.Foreign && t.made:
		h.does.say("table", "%s", name)
		h.does.beside(toAdd, "the table's mark of crosstrail", "")
	case t.info.Foreign:
		first, rest, _ := strings.Cut(adoption(t.info, h.onDemand), "\n")
		h.does.say("table", "%s", first)
		for line := range strings.Lines(rest) {
			h.does.say("", "%s", strings.TrimSpace(line))
		}
		h.does.beside(toChange, "the table is adopted:", name)
	default:
		h.does.say("table", "%s, which is there, with %s", name, number(t.info.Items, "item"))
		if len(t.info.Missing) > 0 {
			h.does.beside(toAdd, fmt.Sprintf("the table's missing index %s", strings.Join(t.info.Missing, ", ")), "")
		}
	}
	h.does.say("takes", "%s", takenText(t.watch()))
	if w := t.wanted; t.given && w != nil && len(w.Roles)+len(w.ExternalIDs)+len(w.Accounts) == 0 {
		h.does.warn("no role, external id or account is named: every issuance is taken")
	}
	if t.rewatch() {
		h.does.beside(toChange, "what the table takes, until now "+takenText(t.info.Watch), "")
	}
}

// takenText says which records a table takes.
func takenText(w *lineage.Watch) string {
	if w == nil {
		return "every record"
	}
	return watchText(w)
}

// readyTable makes the table ready to be filled, and has it take what it is to.
func (h *hubUp) readyTable(ctx context.Context) error {
	name, t := h.hub.Table, &h.table
	if t.unready() {
		err := dynamo.Make(ctx, h.at.cfg, name, dynamo.MakeOptions{Watch: t.wanted, OnDemand: h.onDemand, Note: func(text string) { h.ui.say("note", text) }})
		if err != nil {
			return h.aws.tableError(ctx, h.at.cfg, name, err)
		}
		h.done("the table %s is ready", name)
	}
	if !t.given {
		return nil
	}
	s, err := dynamo.Open(ctx, h.at.cfg, name, dynamo.Options{Write: true})
	if err != nil {
		return h.aws.tableError(ctx, h.at.cfg, name, err)
	}
	// Whoever made the table ready at the same time, or changed what it takes, may have
	// given it another watch: it keeps what they gave.
	for try := 1; ; try++ {
		was := s.Watch()
		if t.wanted, err = h.watch.beside(was, &h.flags.remove); err != nil {
			return err
		}
		if reflect.DeepEqual(was, t.wanted) {
			return nil
		}
		if err = s.SetWatch(ctx, was, t.wanted); err == nil {
			break
		}
		if try == dealings || !errors.Is(err, dynamo.ErrWatchChanged) {
			return h.aws.explained(err)
		}
	}
	h.done("the table takes %s", takenText(t.wanted))
	return nil
}

// tableActions are what making a table ready takes.
func tableActions() []string { return dynamo.MakeActions() }
