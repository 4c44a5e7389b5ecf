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
// re-serialised exports as arn.
func resourceARNs(j cloudtrail.JSON) []string {
	var arns []string
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
	var names []string
	var bucket, key string
	for name, v := range r.RequestParameters.Members() {
		switch v[0] {
		case '"':
			switch name {
			case "bucketName":
				bucket = v.Text()
			case "key":
				key = v.Text()
			default:
				names = addParameter(names, r, name, v)
			}
		case '[':
			if name == "instanceIds" {
				for _, id := range v.Members() {
					names = addName(names, id.Text())
				}
			}
		case '{':
			if name == "instancesSet" {
				for _, item := range v.Get("items").Members() {
					names = addName(names, item.Get("instanceId").Text())
				}
			}
		}
	}
	if bucket != "" {
		names = addName(names, bucket)
		if key != "" {
			names = addName(names, bucket+"/"+key)
		}
	}
	return names
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
