package share

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Outcome is what a try should come to, or came to.
type Outcome string

// The outcomes.
const (
	Works    Outcome = "works"
	Refused  Outcome = "refused"
	NotTried Outcome = "not-tried"
	Failed   Outcome = "failed" // it proves nothing: AWS was not reached, or said something else
)

// Try is one thing that a reader tries.
type Try struct {
	Name     string
	Text     string // what it is, for people
	Call     string // as s3:ListBucket
	Resource string // bucket, prefix or key, as s3://bucket/prefix; the ARN of a role
	Prefix   string // of a listing
	Key      string // of an object; empty: the newest below Prefix
	Wanted   Outcome
}

// The names of tries. Those that assume the role come first: the others are done
// with what "assume" gives.
const (
	TryAssume        = "assume"
	TryNoExternalID  = "assume-without-external-id"
	TryWrongID       = "assume-with-wrong-external-id"
	TryNoMFA         = "without-mfa"
	TryOtherSession  = "assume-with-other-session-name"
	TryLocation      = "bucket-location"
	TryListOwn       = "list-own"
	TryGetOwn        = "get-own"
	TryListOthers    = "list-others"
	TryListBucket    = "list-whole-bucket"
	TryGetOthers     = "get-others"
	TryPut           = "put"
	TryDelete        = "delete"
	TryListBuckets   = "list-all-buckets"
	madeUpFolder     = "crosstrail-selftest/"
	unlikelyAccount  = "100000000001"
	unlikelyAccount2 = "100000000002"
)

// MostOwn is how many folders of a grant's own are tried, the first by name: the
// pattern is one for all.
const MostOwn = 3

// Ground is where tries are done: folders of the bucket that the reader may read,
// and what it may not.
type Ground struct {
	RoleARN  string   // to assume; empty: none
	Own      []string // prefixes
	Get      []string // which keys may be read: patterns
	Other    string   // a prefix that is not the reader's
	OtherKey string   // a key there
	MadeUp   string   // why that proves little: nobody knows whether it is there; empty: it is
}

// Ground is where a grant's tries are done. reader is the account that tries.
func (g *Grant) Ground(s *Surroundings, reader string) Ground {
	scope := s.Scope(g, Years)
	if fine, err := s.fit(g); err == nil {
		scope = fine
	}
	read := strings.NewReplacer("${aws:PrincipalAccount}", reader)
	plain := strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$")
	out := Ground{RoleARN: g.RoleARN(), MadeUp: "no log file of another account was found, so its key is made up: S3 may refuse it for not being there"}
	for _, pattern := range scope.List {
		if prefix, ok := strings.CutSuffix(read.Replace(pattern), "*"); ok {
			out.Own = append(out.Own, plain.Replace(prefix))
		}
	}
	slices.Sort(out.Own) // as a handover has them
	for _, pattern := range scope.Get {
		out.Get = append(out.Get, read.Replace(pattern))
	}
	out.Other = plain.Replace(s.base(g))
	switch own := g.accounts(); {
	case g.Logs.All:
		out.Other, out.MadeUp = madeUpFolder, "the grant is of all log files, so the key of one that is not is made up: S3 may refuse it for not being there"
	default:
		if own == nil {
			own = []string{reader}
		}
		out.Other += s.otherFolder(own) + "/"
	}
	out.OtherKey = out.Other + "crosstrail-selftest.json.gz"
	return out
}

// folderOf finds the account's folder in the keys below a prefix.
var folderOf = regexp.MustCompile(`^(.*AWSLogs/(?:o-[a-z0-9]{10,32}/)?)(\d{12})/`)

// GroundAt is where a reader tries what it knows of a grant: the role, the folders
// and the days that it was told.
func GroundAt(roleARN string, prefixes []string, since, until Day) Ground {
	out := Ground{RoleARN: roleARN, Other: madeUpFolder, MadeUp: "the key is made up: S3 may refuse it for not being there. --other-key, or the owner's share verify --as, tries one that is"}
	days := cover(since, until, Days)
	for i, prefix := range prefixes {
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			prefix += "/"
		}
		out.Own = append(out.Own, prefix)
		for _, d := range days {
			out.Get = append(out.Get, policy.Literal(prefix)+"*/"+d+"/*")
		}
		if days == nil {
			out.Get = append(out.Get, policy.Literal(prefix)+"*")
		}
		if m := folderOf.FindStringSubmatch(prefix); m != nil && i == 0 {
			out.Other = m[1] + unlikelyAccount + "/"
			if m[2] == unlikelyAccount {
				out.Other = m[1] + unlikelyAccount2 + "/"
			}
		}
	}
	out.OtherKey = out.Other + "crosstrail-selftest.json.gz"
	return out
}

// otherFolder is an account's folder that is none of these: one that is there, if
// there is.
func (s *Surroundings) otherFolder(own []string) string {
	for _, folder := range s.Bucket.Folders {
		account := folder[strings.LastIndexByte(folder, '/')+1:]
		if IsAccount(account) && !slices.Contains(own, account) {
			return folder
		}
	}
	account := unlikelyAccount
	if slices.Contains(own, account) {
		account = unlikelyAccount2
	}
	if s.Trail.Organization && s.Organization != nil {
		account = s.Organization.ID + "/" + account
	}
	return account
}

// Readable reports whether a key is one that the grant lets be read.
func (g Ground) Readable(key string) bool {
	return slices.ContainsFunc(g.Get, func(pattern string) bool { return policy.Exactly(key, false).Within(policy.Wild(pattern, true)) })
}

// Leads reports whether a folder may have a key that the grant lets be read.
func (g Ground) Leads(folder string) bool {
	below := append(policy.Exactly(folder, false), policy.Wild("*", false)...)
	return slices.ContainsFunc(g.Get, func(pattern string) bool { return below.Meets(policy.Wild(pattern, true)) })
}

// Tries are what a reader tries, and what each has to come to: what must work, and
// what must not. None of them can change anything, even where it is allowed
// (share/iam says how).
func Tries(g *Grant, ground Ground, now time.Time) []Try {
	t := &tries{g: g, ended: !g.Expires.IsZero() && !g.Expires.After(now)}
	if g.Means == Role {
		t.assume(ground.RoleARN)
	} else if g.MFA {
		t.add(Try{Name: TryNoMFA, Text: "list without MFA", Call: "s3:ListBucket", Prefix: first(ground.Own), Resource: t.at(first(ground.Own)), Wanted: Refused})
	}
	open := g.Policy == Seed || g.Policy == ManagedReadOnly
	if g.Means == Role {
		t.add(Try{Name: TryLocation, Text: "ask for the bucket's region", Call: "s3:GetBucketLocation", Resource: t.at(""), Wanted: t.works(true)})
	}
	for _, own := range ground.Own[:min(len(ground.Own), MostOwn)] {
		t.add(Try{Name: TryListOwn, Text: "list its own folder", Call: "s3:ListBucket", Prefix: own, Resource: t.at(own), Wanted: t.works(true)})
		t.add(Try{Name: TryGetOwn, Text: "read and decrypt its newest log file", Call: "s3:GetObject", Prefix: own, Resource: t.at(own), Wanted: t.works(true)})
	}
	t.add(Try{Name: TryListOthers, Text: "list what is not its own", Call: "s3:ListBucket", Prefix: ground.Other, Resource: t.at(ground.Other), Wanted: t.works(open)})
	t.add(Try{Name: TryListBucket, Text: "list the whole bucket", Call: "s3:ListBucket", Resource: t.at(""), Wanted: t.works(open)})
	t.add(Try{Name: TryGetOthers, Text: "read what is not its own", Call: "s3:GetObject", Key: ground.OtherKey, Resource: t.at(ground.OtherKey), Wanted: t.works(g.Policy == ManagedReadOnly)})
	own := first(ground.Own)
	t.add(Try{Name: TryPut, Text: "write a file", Call: "s3:PutObject", Prefix: own, Resource: t.at(own), Wanted: Refused})
	t.add(Try{Name: TryDelete, Text: "delete a file", Call: "s3:DeleteObject", Prefix: own, Resource: t.at(own), Wanted: Refused})
	if g.Means == Role {
		t.add(Try{Name: TryListBuckets, Text: "list all buckets", Call: "s3:ListAllMyBuckets", Wanted: t.works(g.Policy == ManagedReadOnly)})
	}
	return t.all
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

type tries struct {
	g     *Grant
	ended bool
	all   []Try
}

func (t *tries) add(one Try) { t.all = append(t.all, one) }

func (t *tries) at(key string) string { return "s3://" + t.g.Bucket + "/" + key }

// works is what is allowed as long as the grant lasts.
func (t *tries) works(allowed bool) Outcome {
	if allowed && !t.ended {
		return Works
	}
	return Refused
}

func (t *tries) assume(arn string) {
	assume := func(name, text string, wanted Outcome) {
		t.add(Try{Name: name, Text: text, Call: "sts:AssumeRole", Resource: arn, Wanted: wanted})
	}
	assume(TryAssume, "assume the role", t.works(true))
	if t.g.ExternalID != "" {
		assume(TryNoExternalID, "assume it without the external id", Refused)
		assume(TryWrongID, "assume it with another external id", Refused)
	}
	if t.g.MFA {
		assume(TryNoMFA, "assume it without MFA", Refused)
	}
	if t.g.SessionName != "" && strings.Trim(t.g.SessionName, "*") != "" {
		assume(TryOtherSession, "assume it under another session name", Refused)
	}
}

// Tried is what a try came to.
type Tried struct {
	Try     string  `json:"try"`
	Text    string  `json:"text,omitempty"`
	Call    string  `json:"call,omitempty"`
	Where   string  `json:"resource,omitempty"`
	Wanted  Outcome `json:"wanted,omitempty"`
	Got     Outcome `json:"got"`
	Code    string  `json:"errorCode,omitempty"`    // AWS's
	Message string  `json:"errorMessage,omitempty"` // likewise
	Why     string  `json:"why,omitempty"`          // it was not tried, or what to think of it
}

// Differs reports whether it came to something else than was wanted.
func (t Tried) Differs() bool {
	return (t.Got == Works || t.Got == Refused) && t.Wanted != t.Got
}

// Unproved are the tries that came to nothing: AWS was not reached, or they were not
// tried. Not among them is what nobody can try where all is as it should be: what
// is done in a role that lets nobody in, and is to let nobody in, and reading in a
// folder that nobody may list.
func Unproved(all []Tried) []Tried {
	shut := func(try string) bool {
		return slices.ContainsFunc(all, func(t Tried) bool { return t.Try == try && t.Wanted == Refused && t.Got == Refused })
	}
	out, closed := slices.Clone(all), shut(TryAssume)
	return slices.DeleteFunc(out, func(t Tried) bool {
		switch t.Got {
		case Failed:
			return false
		case NotTried:
			return closed && t.Call != "sts:AssumeRole" || t.Try == TryGetOwn && t.Wanted == Refused && shut(TryListOwn)
		}
		return true
	})
}

// Causes are why something may be refused that was meant, the likeliest first. Where
// AWS tells which, it is that one alone; it seldom does.
func (g *Grant) Causes(t Tried) []string {
	switch {
	case !t.Differs():
		return nil
	case t.Got == Works && g.ID != "": // the owner tries, and judged it before
		return []string{"more is open than was meant: the faults found on paper name the statement, where it is in these documents"}
	case t.Got == Works:
		return []string{"more is open than was meant: crosstrail share verify tells the owner which statement it is"}
	}
	if cause := g.told(t); cause != "" {
		return []string{"AWS says that it is this: " + cause}
	}
	switch {
	case t.Call == "sts:AssumeRole":
		causes := []string{"the reader's own policies do not allow sts:AssumeRole on " + t.Where + " (crosstrail share reader-policy gives it)"}
		if g.ExternalID != "" {
			causes = append(causes, "the external id is another, or was not shown")
		}
		if g.MFA {
			causes = append(causes, noMFA)
		}
		causes = append(causes, "the trust policy names another than who called")
		if g.Organization != "" {
			causes = append(causes, "the reader is not in the organisation "+g.Organization)
		}
		if g.SessionName != "" {
			causes = append(causes, "the session has another name than "+g.SessionName)
		}
		return append(causes, "an SCP of either account forbids it", "it was granted a moment ago, and AWS does not know it everywhere yet")
	}
	var causes []string
	if strings.Contains(t.Message, "kms:") || strings.Contains(t.Message, "KMS") || t.Try == TryGetOwn {
		causes = append(causes, "the file is encrypted with a KMS key, and its policy or the reader's permissions do not allow kms:Decrypt")
	}
	if g.Means == BucketPolicy {
		causes = append(causes, "the reader's own policies do not allow "+t.Call+" (crosstrail share reader-policy gives it)")
		if g.MFA {
			causes = append(causes, noMFA)
		}
	}
	return append(causes, "the prefix is not the trail's, or a Deny of the bucket's policy, an SCP or an RCP forbids it", "it was granted a moment ago, and AWS does not know it everywhere yet")
}

const noMFA = "no MFA was shown, which the grant asks for"

// For reports whether a grant is for readers of an account.
func (g *Grant) For(account string) bool {
	return g.account() == account || g.To == g.Organization && g.To != ""
}

// Session is the name that a session of a caller may have in the grant's role;
// empty where any may.
func (g *Grant) Session(caller string) string {
	name := caller[strings.LastIndexByte(caller, '/')+1:]
	return strings.NewReplacer("${aws:username}", name, "*", "crosstrail", "?", "x").Replace(g.SessionName)
}
