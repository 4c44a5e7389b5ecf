package local

import (
	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// fill appends what a row has in one column: one value, or in a list one for
// each element.
type fill func(to []parquet.Value, r *row) []parquet.Value

// fills are the columns of a cut, in their order. What rows have in common is
// turned into values once.
func (c *cut) fills(leaves [columnCount]int) [columnCount]fill {
	b := c.batch
	id := func(col int, span func(*row) text) fill {
		leaf := leaves[col]
		return func(to []parquet.Value, r *row) []parquet.Value {
			t := span(r)
			return append(to, maybe(b.arena[t.at:t.at+t.n], leaf))
		}
	}
	number := func(col int, of func(*row) int64) fill {
		leaf := leaves[col]
		return func(to []parquet.Value, r *row) []parquet.Value {
			return append(to, parquet.Int64Value(of(r)).Level(0, 0, leaf))
		}
	}
	var f [columnCount]fill
	eventLeaf := leaves[colEventID]
	f[colEventID] = func(to []parquet.Value, r *row) []parquet.Value {
		return append(to, parquet.ByteArrayValue(b.arena[r.id.at:r.id.at+r.id.n]).Level(0, 0, eventLeaf))
	}
	f[colRequest] = id(colRequest, func(r *row) text { return r.request })
	f[colShared] = id(colShared, func(r *row) text { return r.shared })
	f[colTime] = func(to []parquet.Value, r *row) []parquet.Value { return append(to, moment(r.time, leaves[colTime])) }
	f[colPrint] = number(colPrint, func(r *row) int64 { return int64(r.print) })
	f[colFile] = number(colFile, func(r *row) int64 { return r.file })
	f[colOrdinal] = number(colOrdinal, func(r *row) int64 { return int64(r.ordinal) })
	consoleLeaf := leaves[colConsole]
	f[colConsole] = func(to []parquet.Value, r *row) []parquet.Value {
		if !r.console {
			return append(to, parquet.NullValue().Level(0, 0, consoleLeaf))
		}
		return append(to, parquet.BooleanValue(true).Level(0, 1, consoleLeaf))
	}
	common := func(col int, values []parquet.Value, of func(*row) uint32) {
		f[col] = func(to []parquet.Value, r *row) []parquet.Value { return append(to, values[of(r)]) }
	}
	theCall := func(r *row) uint32 { return r.call }
	common(colSource, each(b.calls.all, func(v call) parquet.Value { return word(v.source, leaves[colSource]) }), theCall)
	common(colName, each(b.calls.all, func(v call) parquet.Value { return word(v.name, leaves[colName]) }), theCall)
	common(colType, each(b.calls.all, func(v call) parquet.Value { return word(v.typ, leaves[colType]) }), theCall)
	common(colReadOnly, each(b.calls.all, func(v call) parquet.Value { return flag(v.readOnly, leaves[colReadOnly]) }), theCall)
	thePlace := func(r *row) uint32 { return r.place }
	common(colRecipient, each(b.places.all, func(v place) parquet.Value { return word(v.recipient, leaves[colRecipient]) }), thePlace)
	common(colRegion, each(b.places.all, func(v place) parquet.Value { return word(v.region, leaves[colRegion]) }), thePlace)
	theClient := func(r *row) uint32 { return r.client }
	common(colIP, each(b.clients.all, func(v client) parquet.Value { return word(v.ip, leaves[colIP]) }), theClient)
	common(colAgent, each(b.clients.all, func(v client) parquet.Value { return word(v.agent, leaves[colAgent]) }), theClient)
	theOutcome := func(r *row) uint32 { return r.outcome }
	common(colError, each(b.outcomes.all, func(v outcome) parquet.Value { return word(v.code, leaves[colError]) }), theOutcome)
	common(colMessage, each(b.outcomes.all, func(v outcome) parquet.Value { return word(v.message, leaves[colMessage]) }), theOutcome)
	f[colResources] = c.resources(leaves[colResources])
	for col, value := range personColumns() {
		leaf := leaves[col]
		common(col, each(b.people.all, func(p person) parquet.Value { return value(p.id, leaf) }), func(r *row) uint32 { return r.who })
	}
	return f
}

// personColumns are the columns that others read of a caller.
func personColumns() map[int]func(*lineage.Identity, int) parquet.Value {
	texts := map[int]func(*lineage.Identity) string{
		colUserType:       func(id *lineage.Identity) string { return id.Type },
		colPrincipal:      func(id *lineage.Identity) string { return id.PrincipalID },
		colUserARN:        func(id *lineage.Identity) string { return id.ARN },
		colUserAccount:    func(id *lineage.Identity) string { return id.AccountID },
		colKey:            func(id *lineage.Identity) string { return id.AccessKeyID },
		colUserName:       func(id *lineage.Identity) string { return id.UserName },
		colInvokedBy:      func(id *lineage.Identity) string { return id.InvokedBy },
		colIssuer:         func(id *lineage.Identity) string { return id.IssuerARN },
		colSourceIdentity: func(id *lineage.Identity) string { return id.SourceIdentity },
		colOnBehalfOf:     func(id *lineage.Identity) string { return id.OnBehalfOfUser },
	}
	all := map[int]func(*lineage.Identity, int) parquet.Value{
		colCreated: func(id *lineage.Identity, leaf int) parquet.Value { return moment(id.Created, leaf) },
		colMFA:     func(id *lineage.Identity, leaf int) parquet.Value { return flag(id.MFA, leaf) },
	}
	for col, text := range texts {
		all[col] = func(id *lineage.Identity, leaf int) parquet.Value { return word(text(id), leaf) }
	}
	return all
}

// resources is the list column: an empty list where a row touched nothing.
func (c *cut) resources(leaf int) fill {
	lists := each(c.touched.all, func(joined string) []parquet.Value {
		names := splitNames(joined)
		if len(names) == 0 {
			return []parquet.Value{parquet.NullValue().Level(0, 0, leaf)}
		}
		var values []parquet.Value
		for i, n := range names {
			values = append(values, parquet.ByteArrayValue(bytesOf(n)).Level(min(i, 1), 1, leaf))
		}
		return values
	})
	return func(to []parquet.Value, r *row) []parquet.Value { return append(to, lists[r.touched]...) }
}

func each[T, V any](all []T, of func(T) V) []V {
	out := make([]V, len(all))
	for i, v := range all {
		out[i] = of(v)
	}
	return out
}

func word(s string, leaf int) parquet.Value { return maybe(bytesOf(s), leaf) }

func maybe(b []byte, leaf int) parquet.Value {
	if len(b) == 0 {
		return parquet.NullValue().Level(0, 0, leaf)
	}
	return parquet.ByteArrayValue(b).Level(0, 1, leaf)
}

func moment(t cloudtrail.Time, leaf int) parquet.Value {
	if t.IsZero() {
		return parquet.NullValue().Level(0, 0, leaf)
	}
	return parquet.Int64Value(int64(t)*1000).Level(0, 1, leaf)
}

func flag(b cloudtrail.Bool, leaf int) parquet.Value {
	if b == cloudtrail.Absent {
		return parquet.NullValue().Level(0, 0, leaf)
	}
	return parquet.BooleanValue(b == cloudtrail.True).Level(0, 1, leaf)
}
