package share_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
)

// TestResult: what a reader hands back is text from outside.
func TestResult(t *testing.T) {
	s := surroundings(t)
	p, err := share.NewPlan(share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1"}, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	g := p.Grant
	ground := g.Ground(s, outside)
	whole := func() *share.Result {
		r := &share.Result{Crosstrail: share.ResultForm, Time: now.Add(-time.Hour), Caller: "arn:aws:iam::" + outside + ":user/zoe", Account: outside, RoleARN: g.RoleARN(), Bucket: g.Bucket}
		for _, try := range share.Tries(g, ground, now) {
			r.Tries = append(r.Tries, share.Tried{Try: try.Name, Where: try.Resource, Wanted: share.Works, Got: try.Wanted})
		}
		return r
	}
	for name, c := range map[string]struct {
		change func(r *share.Result)
		text   string // of the error; empty: none
	}{
		"whole":               {func(*share.Result) {}, ""},
		"another form":        {func(r *share.Result) { r.Crosstrail = "selftest/2" }, "no result"},
		"nobody":              {func(r *share.Result) { r.Caller = "zoe" }, "who tried"},
		"a caller that draws": {func(r *share.Result) { r.Caller += "\x1b[2J" }, "who tried"},
		"of another account":  {func(r *share.Result) { r.Account = member }, "who tried"},
		"by another account":  {func(r *share.Result) { r.Account, r.Caller = member, "arn:aws:iam::"+member+":root" }, "the grant is for"},
		"no moment":           {func(r *share.Result) { r.Time = time.Time{} }, "when"},
		"to come":             {func(r *share.Result) { r.Time = now.Add(time.Hour) }, "still to come"},
		"old":                 {func(r *share.Result) { r.Time = now.AddDate(0, 0, -8) }, "older than a week"},
		"another role":        {func(r *share.Result) { r.RoleARN += "x" }, "of the role"},
		"no role":             {func(r *share.Result) { r.RoleARN = "" }, "of the role (none)"},
		"another bucket":      {func(r *share.Result) { r.Bucket = "acme-other" }, "of the bucket"},
		"a strange bucket":    {func(r *share.Result) { r.Bucket = "x\ny" }, "its bucket"},
		"no tries":            {func(r *share.Result) { r.Tries = nil }, "0 tries"},
		"a strange try":       {func(r *share.Result) { r.Tries[0].Try = "x" }, "no such try"},
		"a strange outcome":   {func(r *share.Result) { r.Tries[0].Got = "fine" }, "came to nothing"},
		"a strange code":      {func(r *share.Result) { r.Tries[0].Code = "a b" }, "none of AWS's"},
		"a long text":         {func(r *share.Result) { r.Tries[0].Message = strings.Repeat("x", 5000) }, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			c.change(r)
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			read, err := share.ReadResult(text)
			if err == nil {
				_, err = g.Held(read, ground, now)
			}
			if c.text == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Error(err)
			}
		})
	}
	for _, text := range []string{"", "[]", "null", `{"crosstrail":"selftest/1","more":1}`, strings.Repeat(" ", share.MostResult+1), `{"crosstrail":"selftest/1"} {}`} {
		if _, err := share.ReadResult([]byte(text)); err == nil {
			t.Errorf("%.40q is a result", text)
		}
	}
}

// TestHeld: the owner says what was wanted, and what the reader leaves out was not
// tried.
func TestHeld(t *testing.T) {
	s := surroundings(t)
	p, err := share.NewPlan(share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1"}, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	r := &share.Result{Time: now, Account: outside, RoleARN: p.Grant.RoleARN(), Bucket: p.Grant.Bucket, Tries: []share.Tried{
		{Try: share.TryPut, Wanted: share.Works, Got: share.Works, Code: "BadDigest"},
		{Try: share.TryListOwn, Got: share.Refused, Where: "s3://acme-logs/elsewhere/"},
	}}
	held, err := p.Grant.Held(r, p.Grant.Ground(s, outside), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range held {
		switch {
		case got.Try == share.TryPut && (got.Wanted != share.Refused || !got.Differs()):
			t.Errorf("%+v", got)
		case got.Try != share.TryPut && got.Got != share.NotTried:
			t.Errorf("%+v", got)
		}
	}
}

// TestGround: tries are done where they say something.
func TestGround(t *testing.T) {
	for _, c := range []struct {
		w          share.Want
		change     []func(*share.Surroundings)
		own, other string
	}{
		{share.Want{To: member}, nil, "audit/AWSLogs/222222222222/", "audit/AWSLogs/111111111111/"},
		{share.Want{To: member}, []func(*share.Surroundings){orgTrail}, "audit/AWSLogs/o-exampleorgid/222222222222/", "audit/AWSLogs/o-exampleorgid/100000000001/"},
		{share.Want{Organization: true}, []func(*share.Surroundings){orgTrail}, "audit/AWSLogs/o-exampleorgid/222222222222/", "audit/AWSLogs/o-exampleorgid/100000000001/"},
		{share.Want{To: member, Logs: share.Logs{All: true}}, nil, "audit/AWSLogs/", "crosstrail-selftest/"},
	} {
		s := surroundings(t, c.change...)
		p, err := share.NewPlan(c.w, s, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		g := p.Grant.Ground(s, member)
		if len(g.Own) == 0 || g.Own[0] != c.own || g.Other != c.other || !g.Readable(c.own+"CloudTrail/x") || g.Readable(c.other+"CloudTrail/x") || !g.Leads("audit/AWSLogs/") {
			t.Errorf("%+v", g)
		}
	}
	g := share.GroundAt("", "AWSLogs/100000000001", day("2026-11-01"), day("2026-11-02"))
	if g.Other != "AWSLogs/100000000002/" || !g.Readable("AWSLogs/100000000001/CloudTrail/r/2026/11/02/x") || g.Readable("AWSLogs/100000000001/CloudTrail/r/2026/11/03/x") || g.Leads("AWSLogs/100000000002/") {
		t.Errorf("%+v", g)
	}
}
