package local

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// column is one column of the Parquet files. Their meaning is CloudTrail's
// (CloudTrail User Guide, "CloudTrail record contents" and "userIdentity
// element"); what a record lacks is null. README.md beside this file documents
// them for whoever reads the files without crosstrail.
type column struct {
	name string
	node parquet.Node
	// read says that crosstrail itself reads it back. The caller's columns are
	// there for others: the catalogue holds the whole userIdentity.
	read bool
}

// The columns that are read by position, and the number of them.
const (
	colEventID = iota
	colTime
	colSource
	colName
	colType
	colReadOnly
	colIP
	colAgent
	colError
	colMessage
	colRequest
	colShared
	colResources
	colConsole
	colPrint
	colFile
	colOrdinal
	colRecipient
	colRegion
	colUserType
	colPrincipal
	colUserARN
	colUserAccount
	colKey
	colUserName
	colInvokedBy
	colIssuer
	colCreated
	colMFA
	colSourceIdentity
	colOnBehalfOf
	columnCount
)

func columns() [columnCount]column {
	codec, ids := &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}, newEntropy()
	word := func() parquet.Node {
		return parquet.Compressed(parquet.Encoded(parquet.String(), &parquet.RLEDictionary), codec)
	}
	text := func() parquet.Node { return parquet.Optional(word()) }
	id := func() parquet.Node {
		return parquet.Compressed(parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray), ids)
	}
	moment := func() parquet.Node {
		return parquet.Optional(parquet.Compressed(parquet.Encoded(parquet.Timestamp(parquet.Millisecond), &parquet.DeltaBinaryPacked), codec))
	}
	flag := func() parquet.Node {
		return parquet.Optional(parquet.Compressed(parquet.Leaf(parquet.BooleanType), codec))
	}
	number := func() parquet.Node {
		return parquet.Compressed(parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked), codec)
	}
	return [...]column{
		colEventID:   {"event_id", id(), true},
		colTime:      {"event_time", moment(), true},
		colSource:    {"event_source", text(), true},
		colName:      {"event_name", text(), true},
		colType:      {"event_type", text(), true},
		colReadOnly:  {"read_only", flag(), true},
		colIP:        {"source_ip_address", text(), true},
		colAgent:     {"user_agent", text(), true},
		colError:     {"error_code", text(), true},
		colMessage:   {"error_message", text(), true},
		colRequest:   {"request_id", parquet.Optional(id()), true},
		colShared:    {"shared_event_id", parquet.Optional(id()), true},
		colResources: {"resources", parquet.List(word()), true},
		colConsole:   {"session_credential_from_console", flag(), true},
		// A hash: there is nothing to press out of it.
		colPrint:          {"fingerprint", parquet.Int(64), true},
		colFile:           {"log_file", number(), true},
		colOrdinal:        {"record", number(), true},
		colRecipient:      {"recipient_account_id", text(), false},
		colRegion:         {"aws_region", text(), false},
		colUserType:       {"user_type", text(), false},
		colPrincipal:      {"principal_id", text(), false},
		colUserARN:        {"user_arn", text(), false},
		colUserAccount:    {"user_account_id", text(), false},
		colKey:            {"access_key_id", text(), false},
		colUserName:       {"user_name", text(), false},
		colInvokedBy:      {"invoked_by", text(), false},
		colIssuer:         {"session_issuer_arn", text(), false},
		colCreated:        {"session_created", moment(), false},
		colMFA:            {"mfa_authenticated", flag(), false},
		colSourceIdentity: {"source_identity", text(), false},
		colOnBehalfOf:     {"on_behalf_of_user_id", text(), false},
	}
}

// schema is the columns as parquet-go orders them, by name, and where each of
// ours is among its leaves.
func schema() (*parquet.Schema, [columnCount]int) {
	group := parquet.Group{}
	all := columns()
	for _, c := range all {
		group[c.name] = c.node
	}
	s := parquet.NewSchema("event", group)
	at := map[string]int{}
	for i, path := range s.Columns() {
		at[path[0]] = i
	}
	var leaves [columnCount]int
	for i, c := range all {
		leaves[i] = at[c.name]
	}
	return s, leaves
}
