package local

import "github.com/parquet-go/parquet-go"

// The columns of the Parquet files, those that crosstrail reads back before those
// that it writes for others: its index holds the whole userIdentity.
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

// readColumns are those before this one.
const readColumns = colRecipient

// columnNames are their names. What they mean is CloudTrail's (CloudTrail User
// Guide, "CloudTrail record contents" and "userIdentity element"); what a record
// lacks is null. README.md beside this file documents them for whoever reads the
// files without crosstrail.
var columnNames = [columnCount]string{
	colEventID:        "event_id",
	colTime:           "event_time",
	colSource:         "event_source",
	colName:           "event_name",
	colType:           "event_type",
	colReadOnly:       "read_only",
	colIP:             "source_ip_address",
	colAgent:          "user_agent",
	colError:          "error_code",
	colMessage:        "error_message",
	colRequest:        "request_id",
	colShared:         "shared_event_id",
	colResources:      "resources",
	colConsole:        "session_credential_from_console",
	colPrint:          "fingerprint",
	colFile:           "log_file",
	colOrdinal:        "record",
	colRecipient:      "recipient_account_id",
	colRegion:         "aws_region",
	colUserType:       "user_type",
	colPrincipal:      "principal_id",
	colUserARN:        "user_arn",
	colUserAccount:    "user_account_id",
	colKey:            "access_key_id",
	colUserName:       "user_name",
	colInvokedBy:      "invoked_by",
	colIssuer:         "session_issuer_arn",
	colCreated:        "session_created",
	colMFA:            "mfa_authenticated",
	colSourceIdentity: "source_identity",
	colOnBehalfOf:     "on_behalf_of_user_id",
}

// columnNodes are their types, encodings and compression.
func columnNodes() [columnCount]parquet.Node {
	codec, ids := newPages(), newEntropy()
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
	return [...]parquet.Node{
		colEventID:   id(),
		colTime:      moment(),
		colSource:    text(),
		colName:      text(),
		colType:      text(),
		colReadOnly:  flag(),
		colIP:        text(),
		colAgent:     text(),
		colError:     text(),
		colMessage:   text(),
		colRequest:   parquet.Optional(id()),
		colShared:    parquet.Optional(id()),
		colResources: parquet.List(word()),
		colConsole:   flag(),
		// A hash: there is nothing to press out of it.
		colPrint:          parquet.Int(64),
		colFile:           number(),
		colOrdinal:        number(),
		colRecipient:      text(),
		colRegion:         text(),
		colUserType:       text(),
		colPrincipal:      text(),
		colUserARN:        text(),
		colUserAccount:    text(),
		colKey:            text(),
		colUserName:       text(),
		colInvokedBy:      text(),
		colIssuer:         text(),
		colCreated:        moment(),
		colMFA:            flag(),
		colSourceIdentity: text(),
		colOnBehalfOf:     text(),
	}
}

// schema is the columns as parquet-go orders them, by name, and where each of
// ours is among its leaves.
func schema() (*parquet.Schema, [columnCount]int) {
	group := parquet.Group{}
	for i, node := range columnNodes() {
		group[columnNames[i]] = node
	}
	s := parquet.NewSchema("event", group)
	at := map[string]int{}
	for i, path := range s.Columns() {
		at[path[0]] = i
	}
	var leaves [columnCount]int
	for i, name := range columnNames {
		leaves[i] = at[name]
	}
	return s, leaves
}
