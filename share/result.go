package share

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/internal/pattern"
)

// Result is what a reader's selftest came to. Handed to the owner it is a text
// from outside: [ReadResult] takes nothing else, and [Grant.Held] believes no more
// of it than what was seen.
type Result struct {
	Crosstrail string    `json:"crosstrail"` // the form of this text: "selftest/1"
	Time       time.Time `json:"time"`
	Caller     string    `json:"caller"` // ARN of who tried, before it assumed any role
	Account    string    `json:"account"`
	RoleARN    string    `json:"roleArn,omitempty"`
	Bucket     string    `json:"bucket"`
	Tries      []Tried   `json:"tries"`
}

// ResultForm is the only form there is.
const ResultForm = "selftest/1"

// Bounds of a result.
const (
	MostResult   = 1 << 20
	mostTries    = 100
	mostText     = 4096
	mostAge      = 7 * 24 * time.Hour
	mostSkew     = 5 * time.Minute
	selftestHint = "the reader makes it so: crosstrail share selftest … -o json > FILE"
)

var (
	callerARN = pattern.Of(`^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/[\w+=,.@/-]{1,700})$`)
	errorCode = pattern.Of(`^[\w.-]{0,100}$`)
)

var tryNames = []string{
	TryAssume, TryNoExternalID, TryWrongID, TryNoMFA, TryOtherSession, TryLocation, TryListOwn, TryGetOwn, TryListOthers, TryListBucket, TryGetOthers, TryPut, TryDelete, TryListBuckets,
}

// ReadResult reads a result strictly.
func ReadResult(text []byte) (*Result, error) {
	if len(text) > MostResult {
		return nil, fmt.Errorf("it has more than %d bytes: no selftest does", MostResult)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	r := &Result{}
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("it is no result of a selftest (-o json): %w", err)
	}
	if d.More() {
		return nil, errors.New("there is more behind the result")
	}
	switch {
	case r.Crosstrail != ResultForm:
		return nil, fmt.Errorf("it is no result of a selftest (-o json): \"crosstrail\" is not %q", ResultForm)
	case !callerARN().MatchString(r.Caller) || !IsAccount(r.Account) || accountOf(r.Caller) != r.Account:
		return nil, errors.New("it does not tell who tried")
	case r.RoleARN != "" && !roleForm().MatchString(r.RoleARN):
		return nil, errors.New("its role is none")
	case !bucketForm().MatchString(r.Bucket):
		return nil, errors.New("its bucket is none")
	case r.Time.IsZero():
		return nil, errors.New("it does not tell when it was tried")
	case len(r.Tries) == 0 || len(r.Tries) > mostTries:
		return nil, fmt.Errorf("it has %d tries", len(r.Tries))
	}
	said := map[[2]string]bool{}
	for i, t := range r.Tries {
		if err := r.Tries[i].check(); err != nil {
			return nil, fmt.Errorf("try %d: %w", i+1, err)
		}
		at := [2]string{t.Try, t.Where}
		if said[at] {
			return nil, fmt.Errorf("try %d: it was told before", i+1)
		}
		said[at] = true
	}
	return r, nil
}

func (t *Tried) check() error {
	texts := []string{t.Text, t.Call, t.Where, t.Message, t.Why}
	switch {
	case !slices.Contains(tryNames, t.Try):
		return errors.New("there is no such try")
	case !slices.Contains([]Outcome{Works, Refused, NotTried, Failed}, t.Got):
		return errors.New("it came to nothing that a try comes to")
	case !errorCode().MatchString(t.Code):
		return errors.New("its code is none of AWS's")
	case slices.ContainsFunc(texts, func(s string) bool { return len(s) > mostText || !utf8.ValidString(s) }):
		return errors.New("its texts are no texts, or too long")
	}
	return nil
}

// Held is a result held to a grant: each try of the grant, and what the reader says
// it came to. What the reader says was wanted counts for nothing.
func (g *Grant) Held(r *Result, ground Ground, now time.Time) ([]Tried, error) {
	switch {
	case g.Means == Role && r.RoleARN != g.RoleARN():
		return nil, fmt.Errorf("the result is of the role %s, and the grant's is %s", orNone(r.RoleARN), g.RoleARN())
	case g.Means == BucketPolicy && r.RoleARN != "":
		return nil, fmt.Errorf("the result is of the role %s, and the grant has none: it is in the bucket's policy", r.RoleARN)
	case r.Bucket != g.Bucket:
		return nil, fmt.Errorf("the result is of the bucket %s, and the grant's is %s", r.Bucket, g.Bucket)
	case g.To != g.Organization && r.Account != g.account():
		return nil, fmt.Errorf("account %s tried, and the grant is for %s", r.Account, g.To)
	case r.Time.After(now.Add(mostSkew)):
		return nil, fmt.Errorf("the result is of %s, which is still to come", r.Time.UTC().Format(time.RFC3339))
	}
	var out []Tried
	for _, t := range Tries(g, ground, r.Time) {
		held := Tried{Try: t.Name, Text: t.Text, Call: t.Call, Where: t.Resource, Wanted: t.Wanted, Got: NotTried, Why: NotInResult}
		for _, said := range r.Tries {
			if t.is(said, ground, g.Bucket) {
				held.Got, held.Code, held.Message, held.Why = said.Got, said.Code, said.Message, said.Why
				held.Where = cmp.Or(said.Where, held.Where)
				if t.Name == TryGetOthers && g.Logs.All && said.Why != "" {
					held.Why = ground.MadeUp // which a reader cannot know
				}
				break
			}
		}
		out = append(out, held)
	}
	return out, nil
}

// NotInResult is why something was not tried, as far as the owner was told.
const NotInResult = "the result does not have it"

// is reports whether what a reader says that it tried is this: the same, and where
// it says something of the grant.
func (t Try) is(said Tried, ground Ground, bucket string) bool {
	if said.Try != t.Name {
		return false
	}
	key, here := strings.CutPrefix(said.Where, "s3://"+bucket+"/")
	own := slices.ContainsFunc(ground.Own, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	switch t.Name {
	case TryListOwn, TryGetOwn:
		return strings.HasPrefix(said.Where, t.Resource)
	case TryPut, TryDelete:
		return here && own
	case TryListOthers, TryGetOthers:
		return here && !own && key != ""
	}
	return said.Where == "" || said.Where == t.Resource
}

// Stale is why a result tells little of the grant as it is now; "" where it may tell
// all. When a policy was changed AWS keeps to itself, but for when a role was made.
func (f *Found) Stale(r *Result, now time.Time) string {
	of := "it is of " + r.Time.UTC().Format(time.RFC3339)
	if f.Role != nil && r.Time.Before(f.Role.Created.Truncate(time.Second)) {
		return of + ", and the grant's role was made after that, at " + f.Role.Created.UTC().Format(time.RFC3339)
	}
	if f.Role != nil {
		if shut, err := time.Parse(time.RFC3339, f.Role.Tags[TagShut]); err == nil && r.Time.Before(shut) {
			return of + ", and the grant is being taken back since " + shut.UTC().Format(time.RFC3339)
		}
	}
	if now.Sub(r.Time) > mostAge {
		return of + ": what was tried more than a week ago tells little of today"
	}
	return ""
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
