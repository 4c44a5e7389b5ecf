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
		"another role":        {func(r *share.Result) { r.RoleARN += "x" }, "of the role"},
		"no role":             {func(r *share.Result) { r.RoleARN = "" }, "of the role (none)"},
		"another bucket":      {func(r *share.Result) { r.Bucket = "acme-other" }, "of the bucket"},
		"a strange bucket":    {func(r *share.Result) { r.Bucket = "x\ny" }, "its bucket"},
		"no tries":            {func(r *share.Result) { r.Tries = nil }, "0 tries"},
		"a try twice":         {func(r *share.Result) { r.Tries = append(r.Tries, r.Tries[0]) }, "told before"},
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
		{Try: share.TryPut, Wanted: share.Works, Got: share.Works, Code: "BadDigest", Where: "s3://acme-logs/audit/AWSLogs/x"},
		{Try: share.TryListOwn, Got: share.Refused, Where: "s3://acme-logs/elsewhere/"},
		{Try: share.TryListOthers, Got: share.Refused, Where: "s3://acme-logs/audit/AWSLogs/222222222222/"},
		{Try: share.TryGetOthers, Got: share.Refused, Where: "s3://acme-other/x"},
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

// TestHeldOthers: a reader tries what is not its own where it knows a place.
func TestHeldOthers(t *testing.T) {
	s := surroundings(t)
	p, err := share.NewPlan(share.Want{To: member}, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	r := &share.Result{Time: now, Account: member, Bucket: p.Grant.Bucket}
	ground := share.GroundAt("", []string{"audit/AWSLogs/222222222222/"}, share.Day{}, share.Day{})
	for _, try := range share.Tries(p.Grant, ground, now) {
		r.Tries = append(r.Tries, share.Tried{Try: try.Name, Where: try.Resource, Got: try.Wanted})
	}
	held, err := p.Grant.Held(r, p.Grant.Ground(s, member), now)
	if err != nil || len(share.Unproved(held)) > 0 || len(held) != len(r.Tries) {
		t.Errorf("%v: %+v", err, share.Unproved(held))
	}
	r.Tries = r.Tries[:3]
	if held, err = p.Grant.Held(r, p.Grant.Ground(s, member), now); err != nil || len(share.Unproved(held)) != len(held)-3 {
		t.Errorf("%v: %+v", err, share.Unproved(held))
	}
}

// TestStale: a result is of what was there when it was tried.
func TestStale(t *testing.T) {
	at := func(d time.Duration) *share.Result { return &share.Result{Time: now.Add(d)} }
	made := &share.Found{Role: &share.RoleState{Created: now.Add(-time.Hour + 300*time.Millisecond)}}
	shut := &share.Found{Role: &share.RoleState{Tags: map[string]string{share.TagShut: now.Add(-time.Hour).Format(time.RFC3339)}}}
	for _, c := range []struct {
		f    *share.Found
		r    *share.Result
		want string
	}{
		{made, at(-2 * time.Hour), "the grant's role was made after that"},
		{made, at(-time.Hour), ""},
		{shut, at(-2 * time.Hour), "is being taken back since"},
		{shut, at(0), ""},
		{&share.Found{}, at(-8 * 24 * time.Hour), "more than a week ago"},
		{&share.Found{}, at(-6 * 24 * time.Hour), ""},
	} {
		if got := c.f.Stale(c.r, now); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.want, got)
		}
	}
}

// TestUnproved: what nobody can try proves nothing, and need not.
func TestUnproved(t *testing.T) {
	assumed := func(wanted, got share.Outcome) share.Tried {
		return share.Tried{Try: share.TryAssume, Call: "sts:AssumeRole", Wanted: wanted, Got: got}
	}
	noMFA := share.Tried{Try: share.TryNoMFA, Call: "sts:AssumeRole", Wanted: share.Refused, Got: share.NotTried}
	read := share.Tried{Try: share.TryGetOwn, Call: "s3:GetObject", Wanted: share.Works, Got: share.NotTried}
	ended, put := read, share.Tried{Try: share.TryPut, Call: "s3:PutObject", Wanted: share.Refused, Got: share.Failed}
	ended.Wanted = share.Refused
	for _, c := range []struct {
		all  []share.Tried
		want int
	}{
		{[]share.Tried{assumed(share.Works, share.Works), read, noMFA, put}, 3},
		{[]share.Tried{assumed(share.Works, share.Refused), read}, 1},
		{[]share.Tried{assumed(share.Refused, share.Refused), ended}, 0},
		{[]share.Tried{assumed(share.Refused, share.Refused), noMFA}, 1},
		{[]share.Tried{{Try: share.TryListOwn, Wanted: share.Refused, Got: share.Refused}, ended}, 0},
		{[]share.Tried{{Try: share.TryListOwn, Wanted: share.Refused, Got: share.Refused}, read}, 1},
	} {
		if got := share.Unproved(c.all); len(got) != c.want {
			t.Errorf("%+v of %+v", got, c.all)
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
	g := share.GroundAt("", []string{"AWSLogs/100000000001"}, day("2026-11-01"), day("2026-11-02"))
	if g.Other != "AWSLogs/100000000002/" || !g.Readable("AWSLogs/100000000001/CloudTrail/r/2026/11/02/x") || g.Readable("AWSLogs/100000000001/CloudTrail/r/2026/11/03/x") || g.Leads("AWSLogs/100000000002/") {
		t.Errorf("%+v", g)
	}
}
