package main

import (
	"strings"

	"github.com/crosstrail/crosstrail/deploy/site"
)

// function judges the function, and what it said.
func (j *judged) function() {
	f := j.h.function
	name := j.h.name.Function()
	switch {
	case j.unseen("function") && f == nil:
		return
	case f == nil:
		j.add("function", levelFault, name, "not there", "the function is not there: messages wait, and after 14 days they are lost", j.up)
		return
	case f.Off:
		j.add("function", levelFault, name, "off", "its reserved concurrency is zero: no call of it is let run", "aws lambda delete-function-concurrency --function-name "+name+j.cli)
	case f.State == "Failed" || f.State == "Inactive" || f.LastUpdate == "Failed":
		j.add("function", levelFault, name, f.State, orElse(f.StateReason, f.LastUpdateReason), j.up)
	default:
		j.add("function", levelOK, name, f.State, "writes to "+f.Store)
	}
	if table := j.h.table(); table != j.h.written() {
		j.add("function-table", levelFault, name, "another", "the function writes to "+orElse(f.Store, "no table")+", and the hub's table is "+table, "set CROSSTRAIL_STORE of the function to dynamodb://"+table)
	}
	j.source(f)
	errors, throttles := int(j.h.measured[ofErrors]), int(j.h.measured[ofThrottles])
	if errors > 0 {
		j.add("function-errors", levelFault, name, "", number(errors, "call")+" of it ended in an error", "its log: aws logs tail "+j.h.name.LogGroup()+j.cli).count = &errors
	}
	if throttles > 0 {
		j.add("function-throttles", levelNote, name, "", number(throttles, "call")+" of it had to wait: the account's concurrency is used up, or reserved").count = &throttles
	}
	if n := int(j.h.measured[ofWrites]); n > 0 {
		j.add("table-throttles", levelNote, j.h.table(), "", number(n, "write")+" to the table had to wait for capacity; they were made again").count = &n
	}
	j.unseen("function-log")
	for _, l := range j.h.lines {
		j.add("function-log", levelNote, j.h.name.LogGroup(), "", l.Text).last = moment(l.Time)
	}
}

// source judges how the function gets the queue's messages.
func (j *judged) source(f *site.Function) {
	name := j.h.name.Queue()
	for _, e := range f.Sources {
		if j.h.queue != nil && e.ARN != j.h.queue.ARN {
			continue
		}
		switch {
		case e.State != "Enabled" && e.State != "Creating" && e.State != "Updating" && e.State != "Enabling":
			j.add("event-source", levelFault, name, e.State, "Lambda takes no messages of the queue for the function", j.up)
		case !e.Partial:
			j.add("event-source", levelFault, name, e.State, "it has no ReportBatchItemFailures: messages that the function wants again are lost", j.up)
		case strings.HasPrefix(e.Last, "PROBLEM"):
			j.add("event-source", levelFault, name, e.State, "Lambda says: "+e.Last)
		default:
			j.add("event-source", levelOK, name, e.State, "")
		}
		return
	}
	if !j.h.blind("function") {
		j.add("event-source", levelFault, name, "not there", "nothing gives the queue's messages to the function", j.up)
	}
}
