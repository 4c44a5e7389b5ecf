package lineage_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// read decodes one record and hands out what lineage makes of it. The record
// must not be kept: it lives in the decoder's buffer.
func read(t testing.TB, text string) (lineage.Use, []lineage.Fact) {
	t.Helper()
	var d cloudtrail.Decoder
	for r, err := range d.Records([]byte(text)) {
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		who := lineage.NewIdentity(&r.UserIdentity)
		use := lineage.NewUse(r, r.ID(""), who.Clone(), lineage.Location{File: "test.json", Record: r.Ordinal})
		var facts []lineage.Fact
		for _, f := range lineage.Facts(r, use) {
			facts = append(facts, *f.Clone())
		}
		return use, facts
	}
	t.Fatalf("no record in %s", text)
	return lineage.Use{}, nil
}

var kinds = map[lineage.Kind]string{
	lineage.Issuance: "issuance", lineage.SignIn: "sign-in", lineage.Copy: "copy",
	lineage.Portal: "portal", lineage.Downstream: "downstream", lineage.Name: "name",
	lineage.Correction: "correction", lineage.KeyMinted: "key-minted", lineage.RoleChanged: "role-changed",
}

// tell is a fact in words: its kind and every field that says something.
func tell(f *lineage.Fact) string {
	w := []string{kinds[f.Kind]}
	add := func(name, value string) {
		if value != "" {
			w = append(w, name+"="+value)
		}
	}
	add("role", f.Request.RoleARN)
	add("session", f.Request.SessionName)
	add("externalId", f.Request.ExternalID)
	add("sourceIdentity", f.Request.SourceIdentity)
	add("target", f.Request.TargetPrincipal)
	add("mfa", f.Request.SerialNumber)
	if f.Request.Duration != 0 {
		add("seconds", fmt.Sprint(f.Request.Duration))
	}
	tags := func(m map[string]string) (s string) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			s += "[" + k + ":" + m[k] + "]"
		}
		return s
	}
	add("tags", tags(f.Request.Tags))
	add("incoming", tags(f.Request.IncomingTags))
	add("transitive", strings.Join(f.Request.TransitiveTags, ","))
	add("key", f.Grant.AccessKeyID)
	add("expires", f.Grant.Expires.String())
	add("principal", f.Grant.PrincipalID)
	add("arn", f.Grant.ARN)
	add("subject", f.Grant.Subject)
	add("provider", f.Grant.Provider)
	add("issuer", f.Grant.Issuer)
	add("from", f.Detail.SwitchFrom)
	add("signin", f.Detail.SignInSessionARN)
	if f.Detail.MFA {
		add("mfaUsed", "yes")
	}
	add("account", f.Detail.Account)
	add("role", f.Detail.Role)
	add("requests", strings.Join(f.Detail.Requests, ","))
	add("id", f.Detail.ID)
	add("name", f.Detail.Name)
	add("arn", f.Detail.ARN)
	add("fields", tags(f.Detail.Fields))
	add("key", f.Detail.Key)
	if f.Kind == lineage.Name {
		add("at", f.Time.String())
	}
	return strings.Join(w, " ")
}

// keysOf are the keys of a fact with their parts set apart by a bar.
func keysOf(f *lineage.Fact) []string {
	var out []string
	for _, k := range f.Keys() {
		out = append(out, strings.ReplaceAll(string(k), "\x1f", "|"))
	}
	return out
}
