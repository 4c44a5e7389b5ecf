package cloudtrail_test

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// expectation is what an input should give.
type expectation struct {
	records []*cloudtrail.Record // nil for a bad one
	stopped bool                 // an InputError ends it
	broken  bool                 // not JSON: records come before the fault
	unclear bool                 // not for the oracle to judge
}

// oracleInput is what the decoder should make of an input.
func oracleInput(in []byte) expectation {
	var e expectation
	in = bytes.TrimPrefix(in, []byte("\ufeff"))
	values, err := readValues(in)
	e.broken = err != nil
	e.unclear = errors.Is(err, errUnclear)
	if len(values) == 0 {
		e.stopped = true
	}
	for i, v := range values {
		last := i == len(values)-1
		if list, ok := v.tree.([]value); ok {
			for k, item := range list {
				e.item(item, true, item.raw == "" && k == len(list)-1, false)
			}
		} else {
			if _, ok := v.tree.(members); !ok && len(values) > 1 {
				e.unclear = true // "00" is two values to encoding/json
			}
			e.item(v, true, v.raw == "" && last && e.broken, len(values) == 1)
		}
		if e.stopped {
			break
		}
	}
	return e
}

// item judges one value; partial is the one with the fault, only the only one.
func (e *expectation) item(v value, containers, partial, only bool) {
	m, ok := v.tree.(members)
	switch {
	case e.stopped:
		return
	case !ok && !partial:
		e.records = append(e.records, nil)
		return
	case ok && containers && e.container(m):
		return
	case partial:
		return
	}
	if !utf8.ValidString(v.raw) {
		e.records = append(e.records, nil)
		return
	}
	r := oracleRecord(v)
	_, detail := m["detail"]
	_, event := m["CloudTrailEvent"]
	switch {
	case looksLikeRecord(r):
		e.records = append(e.records, r)
	case detail && event:
		e.unclear = true
	case detail || event:
		e.records = append(e.records, oracleWrapped(v))
	case only:
		e.stopped = true
	default:
		e.records = append(e.records, nil)
	}
}

// container judges an object that may hold records.
func (e *expectation) container(m members) bool {
	records, ok := m["Records"]
	events, also := m["Events"]
	eventList, isList := events.tree.([]value)
	recordList, isRecordList := records.tree.([]value)
	switch {
	case ok && also:
		e.unclear = true
		return true
	case ok && !isRecordList:
		e.stopped = true
		return true
	case ok:
		eventList = recordList
	case !also || !isList:
		return false
	}
	for k, item := range eventList {
		e.item(item, false, item.raw == "" && k == len(eventList)-1, false)
	}
	return true
}

func looksLikeRecord(r *cloudtrail.Record) bool {
	return r.EventName+r.EventID+r.EventVersion+r.EventSource+r.EventTimeText+string(r.UserIdentity.Raw) != ""
}

// oracleWrapped is the record in an EventBridge event or a LookupEvents entry,
// nil if there is none.
func oracleWrapped(v value) *cloudtrail.Record {
	envelope := cloudtrail.Envelope{
		ID: v.text("id"), Account: v.text("account"), Region: v.text("region"),
		Time: v.text("time"), DetailType: v.text("detail-type"),
	}
	for _, late := range []struct {
		name string
		into *string
	}{{"EventId", &envelope.ID}, {"EventTime", &envelope.Time}} {
		if _, ok := v.tree.(members)[late.name]; ok {
			*late.into = v.text(late.name)
		}
	}
	inner := v.get("detail")
	if _, ok := v.tree.(members)["CloudTrailEvent"]; ok {
		inner = v.get("CloudTrailEvent")
	}
	if s, ok := inner.tree.(string); ok {
		values, err := readValues([]byte(s))
		if err != nil || len(values) != 1 {
			return nil
		}
		inner = values[0]
	}
	if _, ok := inner.tree.(members); !ok {
		return nil
	}
	if t := envelope.DetailType; t != "" && !strings.Contains(t, "via CloudTrail") {
		return nil
	}
	r := oracleRecord(inner)
	if !looksLikeRecord(r) {
		return nil
	}
	r.Envelope = envelope
	return r
}
