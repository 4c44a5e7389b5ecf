package query

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

const (
	maxTouched     = 16   // names of one record: a request may list thousands
	maxTouchedName = 2048 // bytes; the longest ARN that AWS gives
)

// Touched is what a record was about: the ARNs of its resources or, where it
// has none, the names that its request gives, as short as people say them:
// table/ledger, role/admin, acme-logs. At most 16; never a secret or session
// token. The strings alias the record where they can.
func Touched(r *cloudtrail.Record) []string {
	if r.Resources != "" {
		if arns := resourceARNs(r.Resources); len(arns) > 0 {
			return arns
		}
	}
	return requested(r)
}

// resourceARNs reads resources: AWS writes the member as ARN, some
// re-serialised exports as arn. The text is known to be valid JSON: there the
// bytes sought can be nothing but a member's name.
func resourceARNs(j cloudtrail.JSON) []string {
	var arns []string
	const compact = `"ARN":"`
	for rest := string(j); ; {
		i := strings.Index(rest, compact)
		if i < 0 {
			break
		}
		rest = rest[i+len(compact)-1:]
		end := stringLen(rest)
		arns = addName(arns, cloudtrail.JSON(rest[:end]).Text())
		rest = rest[end:]
	}
	if len(arns) > 0 {
		return arns
	}
	for _, el := range j.Members() {
		for name, v := range el.Members() {
			if name == "ARN" || name == "arn" {
				arns = addName(arns, v.Text())
			}
		}
	}
	return arns
}

// requested reads what the top level of requestParameters names.
func requested(r *cloudtrail.Record) []string {
	if len(r.RequestParameters) < 2 || r.RequestParameters[0] != '{' {
		return nil
	}
	p := parameters{record: r}
	if !p.compact(string(r.RequestParameters)) {
		p = parameters{record: r}
		for name, v := range r.RequestParameters.Members() {
			p.add(name, v)
		}
	}
	if p.bucket != "" {
		p.names = addName(p.names, p.bucket)
		if p.key != "" {
			p.names = addName(p.names, p.bucket+"/"+p.key)
		}
	}
	return p.names
}

// parameters gathers the names in requestParameters.
type parameters struct {
	record      *cloudtrail.Record
	names       []string
	bucket, key string
}

// compact walks an object as CloudTrail writes it: without white space between
// members and without escapes in their names. It is false for anything else.
// Every event passes here once.
func (p *parameters) compact(j string) bool {
	for i := 1; i < len(j) && j[i] != '}'; {
		if j[i] != '"' {
			return false
		}
		n := stringLen(j[i:])
		name := j[i+1 : max(i+1, i+n-1)]
		if i += n; i+1 >= len(j) || j[i] != ':' || strings.IndexByte(name, '\\') >= 0 {
			return false
		}
		i++
		n = valueLen(j[i:])
		if n == 0 {
			return false
		}
		p.add(name, cloudtrail.JSON(j[i:i+n]))
		if i += n; i < len(j) && j[i] == ',' {
			i++
		}
	}
	return true
}

// stringLen is the length of the JSON string that s begins with, with quotes.
func stringLen(s string) int {
	for i := 1; i < len(s); {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			break
		}
		i += n
		slashes := 0
		for s[i-1-slashes] == '\\' {
			slashes++
		}
		if i++; slashes%2 == 0 {
			return i
		}
	}
	return len(s)
}

// valueLen is the length of the JSON value that s begins with, 0 for none.
func valueLen(s string) int {
	for i, depth := 0, 0; i < len(s); {
		switch s[i] {
		case '"':
			i += stringLen(s[i:])
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return 0
}

func (p *parameters) add(name string, v cloudtrail.JSON) {
	switch v[0] {
	case '"':
		switch name {
		case "bucketName":
			p.bucket = v.Text()
		case "key":
			p.key = v.Text()
		default:
			p.names = addParameter(p.names, p.record, name, v)
		}
	case '[':
		if name == "instanceIds" {
			for _, id := range v.Members() {
				p.names = addName(p.names, id.Text())
			}
		}
	case '{':
		if name == "instancesSet" {
			for _, item := range v.Get("items").Members() {
				p.names = addName(p.names, item.Get("instanceId").Text())
			}
		}
	}
}

// addParameter adds a string of requestParameters, if its name or value tells
// that it names something.
func addParameter(names []string, r *cloudtrail.Record, name string, v cloudtrail.JSON) []string {
	if len(v) > maxTouchedName+2 || len(v) < 3 {
		return names
	}
	how, known := parameterKinds[name]
	if known && how == passOver {
		return names
	}
	isARN := strings.HasPrefix(string(v[1:]), "arn:")
	switch {
	case !known && (isARN || strings.HasSuffix(name, "Name") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID")):
		if strings.Contains(name, "oken") || strings.Contains(name, "assword") {
			return names
		}
	case !known:
		return names
	}
	text := v.Text()
	switch {
	case isARN || how == bare:
		return addName(names, text)
	case how == bySource:
		return addKind(names, sourceKinds[r.EventSource], text)
	case how != "":
		return addKind(names, how, text)
	case strings.HasSuffix(name, "Name"):
		return addKind(names, kebab(strings.TrimSuffix(name, "Name")), text)
	case looksLikeID(text):
		return addName(names, text)
	}
	return names
}

func addKind(names []string, kind, text string) []string {
	switch {
	case text == "" || text == hidden:
		return names
	case kind == "" || strings.HasPrefix(text, kind+"/"):
		return addName(names, text)
	case text[0] == '/': // as ARNs do: log-group:/aws/lambda/f, parameter/db/password
		if kind == "parameter" {
			return addName(names, kind+text)
		}
		return addName(names, kind+":"+text)
	}
	return addName(names, kind+"/"+text)
}

const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

func addName(names []string, text string) []string {
	if text == "" || text == hidden || len(text) > maxTouchedName || len(names) >= maxTouched || slices.Contains(names, text) {
		return names
	}
	return append(names, text)
}

// looksLikeID accepts AWS's resource ids: i-0dbc91f429e48eeed, vpc-53007cb3,
// rtbassoc-000d4a90bd5c12cfb. Other values under …Id are tokens, versions and
// conditions of the call.
func looksLikeID(s string) bool {
	dash := strings.LastIndexByte(s, '-')
	if dash < 1 || len(s)-dash-1 < 8 || len(s)-dash-1 > 32 {
		return false
	}
	for _, c := range []byte(s[:dash]) {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	for _, c := range []byte(s[dash+1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// kebab turns loadBalancer into load-balancer, as ARNs write types.
func kebab(s string) string {
	var b strings.Builder
	for i, c := range []byte(s) {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
