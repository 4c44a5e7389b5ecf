package cloudtrail_test

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

func logFile(records ...string) string {
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

// Every case has a good record a before what is bad; b, where it can be told
// where it begins, follows.
func TestBadRecordCostsOnlyItself(t *testing.T) {
	a, b := record("a"), record("b")
	deep := strings.Repeat(`{"x":[`, 5000) + "1" + strings.Repeat(`]}`, 5000)
	for name, c := range map[string]struct{ bad, problem string }{
		"a string":           {`"eventID"`, "it is a string, and a record is an object"},
		"a number":           {`-1.5e3`, "it is a number"},
		"null":               {`null`, "it is null"},
		"a boolean":          {`true`, "it is a boolean"},
		"empty object":       {`{}`, "none of a record's members"},
		"foreign object":     {`{"hello":"world"}`, "none of a record's members"},
		"10,000 deep":        {`{"eventID":"x","requestParameters":` + deep + `}`, "deeper than 512"},
		"10,000 deep, alone": {deep, "deeper than 512"},
		"NUL":                {"{\"eventID\":\"x\x00y\"}", "control byte 0x00"},
		"NUL between tokens": {"{\"eventID\":\x00\"x\"}", "control byte 0x00"},
		"control byte":       {"{\"eventID\":\"x\x1by\"}", "control byte 0x1b"},
		"raw line break":     {"{\"eventID\":\"x\ny\"}", "control byte 0x0a"},
		"invalid UTF-8":      {"{\"eventID\":\"x\xffy\"}", "byte 0xff is no UTF-8"},
		"overlong UTF-8":     {"{\"eventID\":\"x\xc0\x80y\"}", "byte 0xc0 is no UTF-8"},
		"invalid, no string": {"{\"eventID\":\xff}", "byte 0xff is no UTF-8"},
		"escape":             {`{"eventID":"\x"}`, "bad escape"},
		"unicode escape":     {`{"eventID":"\u12g4"}`, "bad escape"},
		"NBSP":               {"{\u00a0\"eventID\":\"x\"}", "U+00A0"},
		"NBSP, all lines":    {strings.ReplaceAll(pretty(b), " ", "\u00a0"), "text copied from web pages; replace them with plain spaces"},
		"narrow NBSP":        {"{\"eventID\":\u202f\"x\"}", "U+202F"},
		"zero width":         {"{\"eventID\":\u200b\"x\"}", "U+200B"},
		"curly quotes":       {`{“eventID”:“x”}`, "U+201C, a curly quote"},
		"number":             {`{"eventID":01}`, `unexpected '0'`},
		"comma before brace": {`{"eventID":"x",}`, `unexpected '}'`},
		"no colon":           {`{"eventID" "x"}`, `unexpected '"'`},
		"literal":            {`{"readOnly":treu}`, `unexpected 'e'`},
		"brackets cross":     {`{"resources":[{"a":1]}}`, `unexpected ']'`},
		"brace missing":      {`{"eventID":"x","resources":[{"a":1]`, `unexpected ']'`},
		"brace too many":     {`{"eventID":"x"}}`, `unexpected '}'`},
		"quote too many":     {`{"eventID":"x"y","eventName":"z"}`, `unexpected 'y'`},
		"quote missing":      {`{"eventID":"x,"eventName":"z"}`, `unexpected 'e'`},
		"NaN":                {`{"eventID":NaN}`, `unexpected 'N'`},
		"comment":            {`/* no */ {"eventID":"x"}`, `unexpected '/'`},
		"S3 event":           {`{"detail-type":"Object Created","detail":{"bucket":{}}}`, `"Object Created", not one via CloudTrail`},
		"wraps no record":    {`{"detail-type":"AWS API Call via CloudTrail","detail":{"x":1}}`, "what it wraps has none"},
		"wraps a number":     {`{"detail-type":"AWS API Call via CloudTrail","detail":7}`, "there is a number"},
		"lookup, broken":     {`{"EventId":"x","CloudTrailEvent":"{\"eventID\":}"}`, "CloudTrailEvent is bad at byte 11: bad JSON: unexpected '}'"},
		"lookup, no JSON":    {`{"EventId":"x","CloudTrailEvent":"hello"}`, "unexpected 'h'"},
		"lookup, empty":      {`{"EventId":"x","CloudTrailEvent":""}`, "cut short"},
		"lookup, two":        {`{"EventId":"x","CloudTrailEvent":"{\"eventID\":\"x\"}{}"}`, "unexpected '{'"},
	} {
		t.Run(name, func(t *testing.T) {
			forms := map[string]string{
				"log file": logFile(a, c.bad, b),
				"array":    "[" + a + ",\n" + c.bad + ",\n" + b + "]",
				"lines":    a + "\n" + c.bad + "\n" + b + "\n",
			}
			for form, in := range forms {
				got := decoded(new(cloudtrail.Decoder), in)
				if i := slices.Index(got, "x"); i >= 0 {
					// The record itself is whole, what stands beside it is not.
					got = slices.Delete(got, i, i+1)
				}
				if len(got) != 3 || got[0] != "a" || got[2] != "b" ||
					!strings.Contains(got[1], c.problem) || !strings.HasPrefix(got[1], "! record ") {
					t.Errorf("%s: %q", form, got)
				}
			}
		})
	}
}

// What is bad does not take a good neighbour with it, and nothing goes uncounted.
func TestBadRecordKeepsItsNeighbours(t *testing.T) {
	a, b, c, d := record("a"), record("b"), record("c"), record("d")
	nbsp := func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }
	array := func(items ...string) string { return `{"Records":[` + strings.Join(items, "") + `]}` }
	for name, tt := range map[string]struct {
		in   string
		want []string // ids, and ! for a bad record
	}{
		"NBSP before each":           {array("\u00a0", a, ",\u00a0", b, ",\u00a0", c, ",\u00a0", d), []string{"!", "!", "!", "!"}},
		"NBSP before one":            {array(a, ",\u00a0", b, ",", c), []string{"a", "!", "c"}},
		"NBSP behind one":            {array(a, "\u00a0,", b, ",", c), []string{"a", "!", "b", "c"}},
		"web page, pretty":           {`{"Records":[` + nbsp(pretty(a)+",\n  "+pretty(b)+",\n  "+pretty(c)) + "]}", []string{"!", "!", "!"}},
		"byte 0xa0 before each":      {array("\xa0", a, ",\xa0", b, ",\xa0", c), []string{"!", "!", "!"}},
		"object not closed, lines":   {a + "\n" + `{"eventID":"x","a":{` + "\n" + b + "\n" + c + "\n", []string{"a", "!", "b", "c"}},
		"array not closed, lines":    {a + "\n" + `{"eventID":"x","a":[` + "\n" + b + "\n" + c, []string{"a", "!", "b", "c"}},
		"last but one is not closed": {a + "\n" + `{"eventID":"x","a":[` + "\n" + b, []string{"a", "!", "b"}},
		"value missing, lines":       {a + "\n" + `{"eventID":"x","a":` + "\n" + b + "\n" + c, []string{"a", "!", "b", "c"}},
		"text not closed, lines":     {a + "\n" + `{"eventID":"x` + "\n" + b + "\n" + c, []string{"a", "!", "b", "c"}},
		"text not closed, foreign":   {a + "\n" + `{"eventID":"x` + "\n" + `{"hello":"x"}` + "\n" + b, []string{"a", "!", "!", "b"}},
		"brace missing, array":       {array(a, ",", `{"eventID":"x","a":{"b":1}`, ",", b, ",", c), []string{"a", "!", "b", "c"}},
		"brace missing, name next":   {array(a, ",", `{"eventID":"x","a":{`, ",", b, ",", c), []string{"a", "!", "b", "c"}},
		"comma missing":              {array(a, " ", b, ",", c), []string{"a", "!", "b", "c"}},
		"all commas missing":         {array(a, b, "\n", c), []string{"a", "!", "b", "!", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := decoded(new(cloudtrail.Decoder), tt.in)
			for i, g := range got {
				if strings.HasPrefix(g, "! record ") {
					got[i] = "!"
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordErrorNamesItsPlace(t *testing.T) {
	in := logFile(record("a"), `{"eventID":nul}`)
	var d cloudtrail.Decoder
	for _, err := range d.Records([]byte(in)) {
		if err == nil {
			continue
		}
		bad, ok := errors.AsType[*cloudtrail.RecordError](err)
		if !ok {
			t.Fatalf("%T", err)
		}
		want := &cloudtrail.RecordError{Ordinal: 1, Offset: int64(strings.Index(in, "nul}") + 3), Problem: `bad JSON: unexpected '}'`}
		if diff := cmp.Diff(want, bad); diff != "" {
			t.Error(diff)
		}
	}
}

func TestBadInput(t *testing.T) {
	a := record("a")
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"empty":              {"", []string{"! the input is empty"}},
		"white space":        {" \r\n\t", []string{"! the input is empty"}},
		"byte order mark":    {"\ufeff", []string{"! the input is empty"}},
		"text":               {"hello", []string{"! this is no JSON: unexpected 'h': if it should be a log file, get it again; else leave it out"}},
		"UTF-16":             {"\xff\xfe{\x00", []string{"! the input is UTF-16, as PowerShell's > writes it: convert it to UTF-8 (Out-File -Encoding utf8)"}},
		"gzip in gzip":       {"\x1f\x8b\x08", []string{"! the input is still compressed: unpack it once more"}},
		"XML":                {"<html>", []string{"! this is no JSON: unexpected '<': if it should be a log file, get it again; else leave it out"}},
		"Records null":       {`{"Records":null}`, []string{`! at byte 11: "Records" is null where a log file has an array of records: get the file again`}},
		"Records an object":  {`{"Records":{"a":1}}`, []string{`! at byte 11: "Records" is an object where a log file has an array of records: get the file again`}},
		"Records a string":   {`{"Records":"x"}`, []string{`! at byte 11: "Records" is a string where a log file has an array of records: get the file again`}},
		"Records missing":    {`{"records":[]}`, []string{`! this is no log file ("Records" is missing), and it has none of a record's members (eventVersion, eventTime, eventName, …)`}},
		"digest":             {`{"awsAccountId":"1","digestStartTime":"2020-01-01T00:00:00Z"}`, []string{"! this is a digest file: it names log files and has no records"}},
		"cut in a record":    {`{"Records":[` + a + `,{"eventID":"b`, []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"cut behind one":     {`{"Records":[` + a, []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"cut behind comma":   {`{"Records":[` + a + ",", []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"cut behind bracket": {`{"Records":[` + a + "]", []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"cut before all":     {`{"Rec`, []string{"! at byte 5: the JSON is cut short: get the file again"}},
		"cut in an escape":   {`{"Records":[` + a + `,{"eventID":"\u00`, []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"cut in a literal":   {`{"Records":[` + a + `,{"readOnly":tr`, []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"lines, last cut":    {a + "\n" + a[:50], []string{"a", "! at byte END: the JSON is cut short; the record before stands: get the file again"}},
		"container broken":   {"{\u00a0\"Records\":[" + a + "]}", []string{"! at byte 1: U+00A0, a special space, between JSON tokens: such spaces come with text copied from web pages; replace them with plain spaces"}},
		"garbage behind":     {logFile(a) + "\x00\x00\x00", []string{"a", "! at byte AFTER: control byte 0x00 where JSON has none"}},
		"garbage in file":    {`{"Records":[` + a + `]x}`, []string{"a", "! at byte LAST: bad JSON: unexpected 'x'"}},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.want {
				c.want[i] = strings.ReplaceAll(c.want[i], "END", strconv.Itoa(len(c.in)))
				c.want[i] = strings.ReplaceAll(c.want[i], "AFTER", strconv.Itoa(len(logFile(a))))
				c.want[i] = strings.ReplaceAll(c.want[i], "LAST", strconv.Itoa(len(logFile(a))-1))
			}
			if diff := cmp.Diff(c.want, decoded(new(cloudtrail.Decoder), c.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, err := range new(cloudtrail.Decoder).Records([]byte(c.in)) {
				_, ok := errors.AsType[*cloudtrail.InputError](err)
				if err != nil && !ok {
					t.Errorf("%T", err)
				}
			}
		})
	}
}

// A file cut anywhere yields the records before the cut and says so.
func TestCutAnywhere(t *testing.T) {
	in := pretty(logFile(record("a"), record("b")))
	var d cloudtrail.Decoder
	first := strings.Index(in, "\n        },\n")
	for n := 1; n < len(in); n++ {
		got := decoded(&d, in[:n])
		last := got[len(got)-1]
		if !strings.Contains(last, "cut short") {
			t.Fatalf("cut at %d: %q", n, got)
		}
		if n > first+10 && got[0] != "a" {
			t.Fatalf("cut at %d: record a is lost: %q", n, got)
		}
	}
}

func TestVaryingTypes(t *testing.T) {
	in := `{"eventVersion":1.08,"eventID":"x","apiVersion":null,"eventName":{"x":1},"eventSource":["a"],"errorCode":true,` +
		`"readOnly":"True","managementEvent":"false","sessionCredentialFromConsole":"yes",` +
		`"requestParameters":"text","responseElements":null,"additionalEventData":"{\"a\":1}","resources":"",` +
		`"recipientAccountId":1234567890123,"userIdentity":{"accountId":123456789012,"sessionContext":{"sessionIssuer":null,` +
		`"attributes":{"mfaAuthenticated":true,"creationDate":7},"assumedRoot":"true"},"inScopeOf":"x"}}`
	want := &cloudtrail.Record{
		Raw: cloudtrail.JSON(in), EventVersion: "1.08", EventID: "x", ErrorCode: "true",
		ReadOnly: cloudtrail.True, ManagementEvent: cloudtrail.False,
		RequestParameters: `"text"`, AdditionalEventData: `"{\"a\":1}"`, RecipientAccountID: "1234567890123",
	}
	u := &want.UserIdentity
	u.Raw = cloudtrail.JSON(in[strings.Index(in, `{"accountId"`) : len(in)-1])
	u.AccountID = "123456789012"
	u.SessionContext = cloudtrail.SessionContext{MFAAuthenticated: cloudtrail.True, CreationDateText: "7", AssumedRoot: cloudtrail.True}
	one(t, in, want)

	for code, want := range map[string]string{
		`{"a":1}`: cloudtrail.OddErrorCode, `["AccessDenied"]`: cloudtrail.OddErrorCode, "[[]]": cloudtrail.OddErrorCode, "{ }": "", "[]": "", "null": "", `""`: "",
	} {
		in := `{"eventID":"x","errorCode":` + code + "}"
		one(t, in, &cloudtrail.Record{Raw: cloudtrail.JSON(in), EventID: "x", ErrorCode: want})
	}

	one(t, `{"eventID":"x","userIdentity":"nobody"}`, &cloudtrail.Record{
		Raw: `{"eventID":"x","userIdentity":"nobody"}`, EventID: "x", UserIdentity: cloudtrail.UserIdentity{Raw: `"nobody"`},
	})
}

// one decodes a single good record.
func one(t *testing.T, in string, want *cloudtrail.Record) {
	t.Helper()
	n := 0
	for got, err := range new(cloudtrail.Decoder).Records([]byte(in)) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

func TestRepeatedNames(t *testing.T) {
	for name, in := range map[string]string{
		"later wins":         `{"eventName":"a","eventName":"b"}`,
		"later null":         `{"eventID":"x","eventName":"a","eventName":null}`,
		"later object":       `{"eventID":"x","eventName":"a","eventName":{}}`,
		"case differs":       `{"eventName":"a","EventName":"b","eventname":"c"}`,
		"escaped name":       `{"eventName":"a","event\u004eame":"b"}`,
		"identity":           `{"userIdentity":{"type":"a","arn":"b"},"userIdentity":{"type":"c"}}`,
		"identity null":      `{"eventID":"x","userIdentity":{"type":"a","onBehalfOf":{"userId":"u"}},"userIdentity":null}`,
		"session":            `{"userIdentity":{"sessionContext":{"sourceIdentity":"a"},"sessionContext":{"attributes":{"creationDate":"2020-01-01T00:00:00Z"}}}}`,
		"session later text": `{"userIdentity":{"sessionContext":{"sourceIdentity":"a"},"sessionContext":"b"}}`,
		"issuer":             `{"userIdentity":{"sessionContext":{"sessionIssuer":{"arn":"a"},"sessionIssuer":{}}}}`,
		"attributes":         `{"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"true"},"attributes":1}}}`,
		"federation":         `{"userIdentity":{"sessionContext":{"webIdFederationData":{"federatedProvider":"a","attributes":{"b":1}},"webIdFederationData":null}}}`,
		"delegate":           `{"userIdentity":{"invokedByDelegate":{"accountId":"1"},"invokedByDelegate":{}}}`,
		"in scope":           `{"userIdentity":{"inScopeOf":{"sourceArn":"1"},"inScopeOf":{"issuerType":"a","issuerType":null}}}`,
		"json":               `{"eventID":"x","requestParameters":{"a":1},"requestParameters":null}`,
		"bool":               `{"eventID":"x","readOnly":true,"readOnly":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			values, err := readValues([]byte(in))
			if err != nil {
				t.Fatal(err)
			}
			one(t, in, oracleRecord(values[0]))
		})
	}
}

func TestLargeRecord(t *testing.T) {
	big := strings.Repeat(`large \"text\" `, 1<<16)
	in := logFile(record("a"), `{"eventID":"big","errorMessage":"`+big+`"}`, record("b"))
	if got := decoded(new(cloudtrail.Decoder), in); !cmp.Equal(got, []string{"a", "big", "b"}) {
		t.Error(got)
	}
}

func TestInputIsNotWritten(t *testing.T) {
	in := []byte(logFile(`{"eventID":"a\u0041\n"}`, `{"eventID":tru}`) + "tail that is not ours")
	part := in[:len(in)-21]
	want := bytes.Clone(part)
	decodedRaw := 0
	for range new(cloudtrail.Decoder).Records(part[:len(part):len(part)]) {
		decodedRaw++
	}
	if !bytes.Equal(part, want) || string(in[len(part):]) != "tail that is not ours" || decodedRaw != 2 {
		t.Errorf("the input was written to: %q", in)
	}
}

// A caller may stop at any record, and use the decoder again.
func TestStopEarly(t *testing.T) {
	in := []byte(`{"x":1,"Records":[` + record("a") + "," + record("b") + `,3],"y":{}}` + logFile(record("c")))
	var d cloudtrail.Decoder
	for stop := 1; stop <= 4; stop++ {
		n := 0
		for range d.Records(in) {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("%d steps, want %d", n, stop)
		}
	}
}
