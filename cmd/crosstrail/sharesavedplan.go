package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// savedPlan is what of a saved plan is held against one made anew.
type savedPlan struct {
	Wanted share.Want `json:"wanted"`
	Grant  struct {
		ID     string `json:"id"`
		Trail  string `json:"trail"`
		Bucket string `json:"bucket"`
	} `json:"grant"`
	Documents []share.Document  `json:"documents"`
	Calls     []json.RawMessage `json:"calls"`
	Basis     string            `json:"basis"`
}

// mostPlan is more than any plan has.
const mostPlan = 64 << 20

// readPlans reads what share plan -o json or jsonl wrote.
func readPlans(file string) ([]savedPlan, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage(fmt.Errorf("--plan: %w", err), "it takes the file of: crosstrail share plan -o json > plan.json")
	}
	defer f.Close() //nolint:errcheck // only read from
	var all []savedPlan
	d := json.NewDecoder(io.LimitReader(f, mostPlan))
	for {
		var raw json.RawMessage
		if err = d.Decode(&raw); err != nil {
			break
		}
		var list []savedPlan
		if raw = bytes.TrimSpace(raw); raw[0] != '[' {
			raw = append(append([]byte{'['}, raw...), ']')
		}
		if err = json.Unmarshal(raw, &list); err != nil {
			break
		}
		all = append(all, list...)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	for _, p := range all {
		if p.Basis == "" || p.Grant.ID == "" || p.Grant.Bucket == "" || p.Grant.Bucket != all[0].Grant.Bucket {
			err = cmp.Or(err, errors.New("it is no plan of one bucket"))
		}
		err = cmp.Or(err, p.Wanted.Check())
	}
	if err == nil && len(all) == 0 {
		err = errors.New("no plan is in it")
	}
	if err != nil {
		return nil, usage(fmt.Errorf("--plan %s: %w", file, err), "it takes what was printed by: crosstrail share plan -o json")
	}
	return all, nil
}

func wanted(saved []savedPlan) []share.Want {
	var wants []share.Want
	for _, p := range saved {
		wants = append(wants, p.Wanted)
	}
	return wants
}

// sameAs refuses a saved plan that is not what would be done now. Where all of it is
// done there is nothing to refuse; where a part is, the policies have to be either as
// the plan found them or as it leaves them.
func (g *granting) sameAs(saved []savedPlan, plans []*share.Plan) error {
	for i, was := range saved {
		now := plans[i]
		what := ""
		switch {
		case was.Grant.ID != now.Grant.ID:
			what = "the grant would be another, " + now.Grant.ID
		case len(now.Calls) == 0:
			continue
		case was.Basis != now.Basis && !was.begun(now):
			what = "what AWS holds has changed since: the trail, the bucket's settings or policy, a key's, or the grant's own role"
		case was.Basis == now.Basis && (len(was.Calls) != len(now.Calls) || !was.holds(now.Calls)):
			what = "the calls would be others"
		default:
			continue
		}
		return hinted(fmt.Errorf("the plan of grant %s in %s is not done: %s", was.Grant.ID, g.file, what), "plan it anew, and look: "+now.Grant.Planned("-o", "json")+g.aws.flag()+" > plan.json")
	}
	return nil
}

// holds reports whether all these calls are of the plan.
func (p *savedPlan) holds(calls []share.Call) bool {
	return !slices.ContainsFunc(calls, func(call share.Call) bool {
		text, err := json.Marshal(call)
		return err != nil || !slices.ContainsFunc(p.Calls, func(was json.RawMessage) bool { return canonical(was) == canonical(text) })
	})
}

// begun reports whether now is what is left of the plan after some of its calls, and
// nothing else has changed that they are about.
func (p *savedPlan) begun(now *share.Plan) bool {
	if len(now.Calls) > len(p.Calls) || !p.holds(now.Calls) || len(now.Documents) != len(p.Documents) {
		return false
	}
	for i, d := range now.Documents {
		was := p.Documents[i]
		if was.Kind != d.Kind || was.Resource != d.Resource || !policy.Equal(was.After, d.After) || !policy.Equal(was.Before, d.Before) && !policy.Equal(was.After, d.Before) {
			return false
		}
	}
	return true
}

// canonical is JSON with its members in one order.
func canonical(text []byte) string {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err.Error()
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
