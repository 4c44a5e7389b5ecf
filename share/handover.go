package share

import (
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Handover is what a reader has to be told of a grant. The value of an external id
// is not in it: the reader made it, and a text that is mailed is no place for it.
type Handover struct {
	Grant   *Grant   `json:"grant"`
	Region  string   `json:"region"` // of the bucket
	Owner   string   `json:"owner"`  // account
	Folders []string `json:"folders"`
	// EachItsOwn is whether ACCOUNT stands in Folders for whichever account reads.
	EachItsOwn bool             `json:"eachItsOwn,omitempty"`
	Keys       []string         `json:"keys,omitempty"` // KMS keys that log files are encrypted with
	Seconds    int              `json:"maxSession,omitempty"`
	Reading    *Reading         `json:"reading"`
	Policy     *policy.Document `json:"policy"` // what the reader's user or role needs
}

// AnyAccount stands for the id of the account that reads, in the folders of a grant
// to a whole organisation.
const AnyAccount = "YOUR-ACCOUNT-ID"

// Handover is what the reader of a grant has to be told.
func (f *Found) Handover(s *Surroundings) *Handover {
	g := f.Grant
	scope := s.Scope(g, Years) // what the reader's own side says of days narrows nothing
	h := &Handover{Grant: g, Region: g.Region, Owner: g.Owner, Reading: s.Reading(g, scope), Keys: s.customerKeys()}
	h.Policy = h.Reading.Document()
	if f.Role != nil {
		h.Seconds = f.Role.MaxSession
	}
	for _, pattern := range scope.List {
		folder, ok := strings.CutSuffix(pattern, "*")
		if !ok {
			continue
		}
		if strings.Contains(folder, "${aws:PrincipalAccount}") {
			h.EachItsOwn = true
		}
		h.Folders = append(h.Folders, strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$", "${aws:PrincipalAccount}", AnyAccount).Replace(folder))
	}
	slices.Sort(h.Folders)
	return h
}

// Shut is when the sessions of a grant end that is being revoked: nobody is to be
// told of it any more.
func (f *Found) Shut() (ends time.Time, shut bool) {
	if f.Role == nil || !isShut(f.Role.Trust) {
		return time.Time{}, false
	}
	ends, _ = SessionsEnd(f.Role)
	return ends, true
}
