package lineage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// The story that the descents below start in: alice (of 111111111111) assumes
// jump in her own account, jump assumes admin in 222222222222, admin makes a key
// for bob, opens a role's trust and assumes jump again: a loop. Mallory assumes
// jump too. An instance has a role, and a session of it assumes admin.
const storyUser = `{"type":"IAMUser","principalId":"AIDAQQQQALICE","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","accessKeyId":"AKIAQQQQALICE1","userName":"alice"}`

func session(role, name, account, created, key string) string {
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":"%s","accessKeyId":"%s",
		"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%s","arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"attributes":{"creationDate":"2024-03-01T%sZ"}}}`,
		strings.ToUpper(role), name, account, role, name, account, key, strings.ToUpper(role), account, role, account, role, created)
}

// assume is an AssumeRole call. quiet leaves assumedRoleUser out, as AWS does
// for instances.
func assume(event, at, caller, role, name, account, key string, quiet bool) string {
	user := fmt.Sprintf(`,"assumedRoleUser":{"assumedRoleId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s"}`, strings.ToUpper(role), name, account, role, name)
	if quiet {
		user = ""
	}
	return called(event, at, "sts.amazonaws.com", "AssumeRole", caller,
		fmt.Sprintf(`{"roleArn":"arn:aws:iam::%s:role/%s","roleSessionName":"%s"}`, account, role, name),
		fmt.Sprintf(`{"credentials":{"accessKeyId":"%s","expiration":"2024-03-01T23:00:00Z"}%s}`, key, user))
}

func called(event, at, source, name, caller, request, response string) string {
	return fmt.Sprintf(`{"eventID":"%s","eventTime":"2024-03-01T%sZ","eventSource":"%s","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.%d",
		"userIdentity":%s,"requestParameters":%s,"responseElements":%s,"requestID":"r-%s","recipientAccountId":"222222222222"}`,
		event, at, source, name, len(event), caller, request, response, event)
}

func story(t *testing.T) []entry {
	jump := session("jump", "alice", "111111111111", "10:00:00", "ASIAJUMP")
	admin := session("admin", "ops", "222222222222", "10:05:00", "ASIACONSOLEKEY") // not the issued key
	mallory := strings.ReplaceAll(strings.ReplaceAll(storyUser, "ALICE", "MALLORY"), "alice", "mallory")
	web := session("web", "i-1", "222222222222", "11:00:00", "ASIAWEB")
	return decode(t, strings.Join([]string{
		assume("e1", "10:00:00", storyUser, "jump", "alice", "111111111111", "ASIAJUMP", false),
		assume("e2", "10:05:00", jump, "admin", "ops", "222222222222", "ASIAADMIN", false),
		called("e3", "10:10:00", "iam.amazonaws.com", "CreateAccessKey", admin, `{"userName":"bob"}`, `{"accessKey":{"accessKeyId":"AKIABOB","userName":"bob"}}`),
		called("e4", "10:11:00", "iam.amazonaws.com", "UpdateAssumeRolePolicy", admin, `{"roleName":"web"}`, `null`),
		assume("e5", "10:12:00", admin, "jump", "alice", "111111111111", "ASIAJUMP2", false),
		assume("e6", "10:20:00", session("jump", "alice", "111111111111", "10:12:00", "ASIAJUMP2"), "admin", "ops", "222222222222", "ASIAADMIN2", false),
		assume("m1", "10:00:00", mallory, "jump", "mallory", "111111111111", "ASIAMALLORY", false),
		assume("m2", "10:30:00", session("jump", "mallory", "111111111111", "10:00:00", "ASIAMALLORY"), "admin", "ops", "222222222222", "ASIAADMIN3", false),
		assume("w1", "11:00:00", `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, "web", "i-1", "222222222222", "ASIAWEB", true),
		assume("w2", "11:05:00", web, "admin", "i-1", "222222222222", "ASIAADMIN4", false),
		called("g1", "12:00:00", "sts.amazonaws.com", "GetSessionToken", storyUser, `{}`, `{"credentials":{"accessKeyId":"ASIATOKEN"}}`),
		assume("g2", "12:01:00", strings.Replace(storyUser, `"AKIAQQQQALICE1"`, `"ASIATOKEN","sessionContext":{"attributes":{"creationDate":"2024-03-01T12:00:00Z"}}`, 1), "audit", "a", "222222222222", "ASIAAUDIT", false),
	}, "\n")+more(t), "story.jsonl")
}

// more is what happens to others: carol and dan take one session name in one
// second, and a call without a key fits both; carol breaks into a member account
// as root and federates a guest; eve comes in by SAML and goes on to an account
// whose log alone is there.
func more(t *testing.T) string {
	t.Helper()
	person := func(name string) string {
		return strings.ReplaceAll(strings.ReplaceAll(storyUser, "ALICE", strings.ToUpper(name)), "alice", name)
	}
	root := `{"type":"Root","principalId":"333333333333","arn":"arn:aws:iam::333333333333:root","accountId":"333333333333","accessKeyId":"ASIAROOT","sessionContext":{"attributes":{"creationDate":"2024-03-01T13:00:00Z"}}}`
	saml := `{"type":"SAMLUser","principalId":"q1w2=:eve","userName":"eve","identityProvider":"q1w2="}`
	owner := `{"type":"AWSAccount","principalId":"AROAPORTAL:eve","accountId":"222222222222"}`
	return "\n" + strings.Join([]string{
		assume("c1", "15:00:00", person("carol"), "shared", "ci", "222222222222", "ASIACAROL", false),
		assume("d1", "15:00:00", person("dan"), "shared", "ci", "222222222222", "ASIADAN", false),
		assume("d2", "15:01:00", session("shared", "ci", "222222222222", "15:00:00", "ASIADAN"), "dans", "x", "222222222222", "ASIADANS", false),
		assume("c2", "15:01:00", strings.Replace(session("shared", "ci", "222222222222", "15:00:00", ""), `"accessKeyId":"",`, "", 1), "deep", "x", "222222222222", "ASIADEEP", false),
		called("c3", "13:00:00", "sts.amazonaws.com", "AssumeRoot", person("carol"), `{"targetPrincipal":"333333333333"}`, `{"credentials":{"accessKeyId":"ASIAROOT"}}`),
		called("c4", "13:01:00", "iam.amazonaws.com", "AttachRolePolicy", root, `{"roleName":"vault"}`, `null`),
		called("c5", "14:00:00", "sts.amazonaws.com", "GetFederationToken", person("carol"), `{"name":"guest"}`,
			`{"credentials":{"accessKeyId":"ASIAGUEST"},"federatedUser":{"federatedUserId":"111111111111:guest","arn":"arn:aws:sts::111111111111:federated-user/guest"}}`),
		strings.Replace(assume("s1", "16:00:00", saml, "portal", "eve", "222222222222", "ASIAEVE", false), `"AssumeRole"`, `"AssumeRoleWithSAML"`, 1),
		called("s2", "16:01:00", "s3.amazonaws.com", "ListBuckets", session("portal", "eve", "222222222222", "16:00:00", "ASIAEVE"), `null`, `null`),
		assume("s3", "16:02:00", owner, "abroad", "eve", "444444444444", "ASIAABROAD", false),
	}, "\n")
}

const (
	jump1  = "AROAJUMP:alice@2024-03-01T10:00:00Z"
	admin1 = "AROAADMIN:ops@2024-03-01T10:05:00Z"
	jump2  = "AROAJUMP:alice@2024-03-01T10:12:00Z"
	admin2 = "AROAADMIN:ops@2024-03-01T10:20:00Z"
	jumpM  = "AROAJUMP:mallory@2024-03-01T10:00:00Z"
	adminM = "AROAADMIN:ops@2024-03-01T10:30:00Z"
	web1   = "AROAWEB:i-1@2024-03-01T11:00:00Z"
	adminW = "AROAADMIN:i-1@2024-03-01T11:05:00Z"
	token  = "AIDAQQQQALICE@2024-03-01T12:00:00Z"
	audit  = "AROAAUDIT:a@2024-03-01T12:01:00Z"
)

var aliceAll = []string{
	jump1 + " < : ASIAJUMP", token + " < : ASIATOKEN",
	admin1 + " < " + jump1 + " : ASIAADMIN,ASIACONSOLEKEY", audit + " < " + token + " : ASIAAUDIT", jump2 + " < " + admin1 + " : ASIAJUMP2", admin2 + " < " + jump2 + " : ASIAADMIN2",
}

var descents = []struct {
	name         string
	from         Subject
	uses         string // event ids
	since, until string
	want         []string
	keys, roles  []string
}{
	{"a person", Subject{OriginID: "iam:111111111111:AIDAQQQQALICE"}, "", "", "", aliceAll, []string{"AKIABOB"}, []string{"web"}},
	{"her unique id", Subject{PrincipalID: "AIDAQQQQALICE"}, "", "", "", aliceAll, []string{"AKIABOB"}, []string{"web"}},
	{"her long-term key", Subject{AccessKeyID: "AKIAQQQQALICE1"}, "", "", "", aliceAll, []string{"AKIABOB"}, []string{"web"}},
	{"a call of hers", Subject{}, "e1", "", "", aliceAll, []string{"AKIABOB"}, []string{"web"}},
	{"the same from an address that is not hers", Subject{SourceIP: "198.51.100.1"}, "e1", "", "", nil, nil, nil},
	{
		"a session: itself and what came of it",
		Subject{SessionID: admin1},
		"", "", "",
		[]string{admin1 + " < : ASIAADMIN,ASIACONSOLEKEY", jump2 + " < " + admin1 + " : ASIAJUMP2", admin2 + " < " + jump2 + " : ASIAADMIN2"},
		[]string{"AKIABOB"},
		[]string{"web"},
	},
	{
		"an issued key",
		Subject{AccessKeyID: "ASIAMALLORY"},
		"", "", "",
		[]string{jumpM + " < : ASIAMALLORY", adminM + " < " + jumpM + " : ASIAADMIN3"},
		nil, nil,
	},
	{
		"a key that no issuance names",
		Subject{AccessKeyID: "ASIACONSOLEKEY"},
		"", "", "",
		[]string{admin1 + " < : ASIAADMIN,ASIACONSOLEKEY", jump2 + " < " + admin1 + " : ASIAJUMP2", admin2 + " < " + jump2 + " : ASIAADMIN2"},
		[]string{"AKIABOB"},
		[]string{"web"},
	},
	{
		"a role",
		Subject{RoleARN: "arn:aws:iam::222222222222:role/web"},
		"", "", "",
		[]string{web1 + " < : ASIAWEB", adminW + " < " + web1 + " : ASIAADMIN4"},
		nil, nil,
	},
	{
		"a role by its unique id",
		Subject{PrincipalID: "AROAWEB"},
		"", "", "",
		[]string{web1 + " < : ASIAWEB", adminW + " < " + web1 + " : ASIAADMIN4"},
		nil, nil,
	},
	{
		"a service",
		Subject{OriginID: "service:ec2.amazonaws.com"},
		"", "", "",
		[]string{web1 + " < : ASIAWEB", adminW + " < " + web1 + " : ASIAADMIN4"},
		nil, nil,
	},
	{
		"a person, but only until a moment",
		Subject{OriginID: "iam:111111111111:AIDAQQQQALICE"},
		"", "", "10:05:00",
		[]string{jump1 + " < : ASIAJUMP", admin1 + " < " + jump1 + " : ASIAADMIN"},
		nil, nil,
	},
	{
		"a person, from a moment on",
		Subject{OriginID: "iam:111111111111:AIDAQQQQALICE"},
		"", "11:30:00", "",
		[]string{token + " < : ASIATOKEN", audit + " < " + token + " : ASIAAUDIT"},
		nil, nil,
	},
	{
		"what a session made earlier hands out later",
		Subject{OriginID: "iam:111111111111:AIDAQQQQALICE"},
		"", "10:12:00", "11:00:00",
		[]string{jump2 + " < : ASIAJUMP2", admin2 + " < " + jump2 + " : ASIAADMIN2"},
		nil, nil,
	},
	{
		"the session asked for is told whenever it was made",
		Subject{SessionID: jump2},
		"", "10:20:00", "",
		[]string{jump2 + " < : ASIAJUMP2", admin2 + " < " + jump2 + " : ASIAADMIN2"},
		nil, nil,
	},
	{
		"what is contested is nobody's; root by AssumeRoot; a federated guest",
		Subject{OriginID: "iam:111111111111:AIDAQQQQCAROL"},
		"", "", "",
		[]string{
			"333333333333@2024-03-01T13:00:00Z < : ASIAROOT",
			"111111111111:guest@2024-03-01T14:00:00Z < : ASIAGUEST",
			"AROASHARED:ci@2024-03-01T15:00:00Z < : ASIACAROL",
		},
		nil,
		[]string{"vault"},
	},
	{
		"another's session of the same id",
		Subject{OriginID: "iam:111111111111:AIDAQQQQDAN"},
		"", "", "",
		[]string{
			"AROASHARED:ci@2024-03-01T15:00:00Z < : ASIADAN",
			"AROADANS:x@2024-03-01T15:01:00Z < AROASHARED:ci@2024-03-01T15:00:00Z : ASIADANS",
		},
		nil, nil,
	},
	{
		"a SAML person, across an account of whose caller only the owner tells",
		Subject{OriginID: "saml:q1w2=:eve"},
		"", "", "",
		[]string{
			"AROAPORTAL:eve@2024-03-01T16:00:00Z < : ASIAEVE",
			"AROAABROAD:eve@2024-03-01T16:02:00Z < AROAPORTAL:eve@2024-03-01T16:00:00Z : ASIAABROAD",
		},
		nil, nil,
	},
	{"nobody", Subject{OriginID: "iam:111111111111:AIDAQQQQNOBODY"}, "", "", "", nil, nil, nil},
	{"a session that is not there", Subject{SessionID: "AROANONE:x@2024-03-01T10:00:00Z"}, "", "", "", nil, nil, nil},
	{"nothing", Subject{}, "", "", "", nil, nil, nil},
}

// clock is a time of the story's day; "" is none.
func clock(t *testing.T, s string) cloudtrail.Time {
	if s == "" {
		return 0
	}
	moment, ok := cloudtrail.ParseTime("2024-03-01T" + s + "Z")
	if !ok {
		t.Fatal(s)
	}
	return moment
}

func TestDescend(t *testing.T) {
	for _, c := range descents {
		t.Run(c.name, func(t *testing.T) {
			for order, entries := range orders(story(t)) {
				r := NewResolver(newSet(entries), nil)
				from := c.from
				for _, e := range entries {
					if e.use.ID.Event == c.uses {
						from.Uses = append(from.Uses, e.use)
					}
				}
				found, err := r.Descend(t.Context(), from, clock(t, c.since), clock(t, c.until))
				if err != nil {
					t.Fatal(err)
				}
				var got, keys, roles []string
				for _, s := range found.Sessions {
					got = append(got, s.Hop.ID+" < "+s.Parent+" : "+strings.Join(s.Keys, ","))
				}
				for i := range got {
					got[i] = strings.Replace(got[i], " <  : ", " < : ", 1)
				}
				for _, f := range found.Keys {
					keys = append(keys, f.Detail.Key)
				}
				for _, f := range found.Roles {
					roles = append(roles, f.Detail.Name)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: sessions (-want +got):\n%s", order, diff)
				}
				if diff := cmp.Diff([][]string{c.keys, c.roles}, [][]string{keys, roles}); diff != "" {
					t.Errorf("%s: keys and roles (-want +got):\n%s", order, diff)
				}
			}
		})
	}
}

// A session that no record shows in use, and whose issuance does not tell the
// role's unique id, bears an id only where one id fits the role's ARN then.
func TestDescendToAnUnusedInstance(t *testing.T) {
	create := func(event, at, id string) string {
		return called(event, at, "iam.amazonaws.com", "CreateRole", storyUser, `{"roleName":"web"}`, `{"role":{"roleId":"`+id+`","roleName":"web","arn":"arn:aws:iam::222222222222:role/web"}}`)
	}
	issue := assume("w1", "11:00:00", `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, "web", "i-1", "222222222222", "ASIAWEB", true)
	for _, c := range []struct {
		name    string
		records []string
		want    string
	}{
		{"one role", []string{create("a1", "10:00:00", "AROAWEB")}, "AROAWEB:i-1@2024-03-01T11:00:00Z"},
		{"made after it was first used", []string{create("a1", "12:00:00", "AROAWEB")}, "AROAWEB:i-1@2024-03-01T11:00:00Z"},
		{"made anew before", []string{create("a1", "10:00:00", "AROAOLD"), create("a2", "10:30:00", "AROAWEB")}, "AROAWEB:i-1@2024-03-01T11:00:00Z"},
		{"made anew after", []string{create("a1", "10:00:00", "AROAWEB"), create("a2", "11:30:00", "AROANEW")}, "AROAWEB:i-1@2024-03-01T11:00:00Z"},
		{"two at one moment", []string{create("a1", "10:00:00", "AROAWEB"), create("a2", "10:00:00", "AROANEW")}, "ASIAWEB"},
		{"none", nil, "ASIAWEB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for order, entries := range orders(decode(t, strings.Join(append(c.records, issue), "\n"), "story.jsonl")) {
				found, err := NewResolver(newSet(entries), nil).Descend(t.Context(), Subject{OriginID: "service:ec2.amazonaws.com"}, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				if len(found.Sessions) != 1 || found.Sessions[0].Hop.ID != c.want {
					t.Errorf("%s: %+v, want the session %s", order, found.Sessions, c.want)
				}
			}
		})
	}
}

// Two records of one event and one key contradict each other: what is taken of
// the one must not be taken again because of the other.
func TestDescendEndsOnOneEventOfTwoCalls(t *testing.T) {
	bob := strings.ReplaceAll(strings.ReplaceAll(storyUser, "ALICE", "BOB"), "alice", "bob")
	records := []string{
		assume("e1", "10:00:00", storyUser, "jump", "s", "111111111111", "ASIAJUMP", false),
		assume("e9", "10:10:00", session("jump", "s", "111111111111", "10:00:00", "ASIAJUMP"), "jump", "s", "111111111111", "ASIATWO", false),
		strings.ReplaceAll(assume("e9", "10:10:00", bob, "jump", "other", "111111111111", "ASIATWO", false), "222222222222", "333333333333"),
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for order, entries := range orders(decode(t, strings.Join(records, "\n"), "story.jsonl")) {
		found, err := NewResolver(&endingIndex{newSet(entries)}, nil).Descend(ctx, Subject{OriginID: "iam:111111111111:AIDAQQQQALICE"}, 0, 0)
		if err != nil {
			t.Fatalf("%s: %v", order, err)
		}
		var got []string
		for _, s := range found.Sessions {
			got = append(got, s.Hop.ID)
		}
		want := []string{"AROAJUMP:s@2024-03-01T10:00:00Z", "AROAJUMP:s@2024-03-01T10:10:00Z"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: sessions (-want +got):\n%s", order, diff)
		}
	}
}

// endingIndex fails once its context has ended, as a store does.
type endingIndex struct{ *set }

func (e *endingIndex) Facts(ctx context.Context, keys []Key, from, to cloudtrail.Time) ([]*Fact, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.set.Facts(ctx, keys, from, to)
}

// brokenIndex fails at the nth read.
type brokenIndex struct {
	*set
	left int
}

var errIndex = errors.New("the index is gone")

func (b *brokenIndex) Facts(ctx context.Context, keys []Key, from, to cloudtrail.Time) ([]*Fact, error) {
	if b.left--; b.left < 0 {
		return nil, errIndex
	}
	return b.set.Facts(ctx, keys, from, to)
}

func TestDescendHandsOnErrors(t *testing.T) {
	whole := newSet(story(t))
	for reads := 0; ; reads++ {
		r := NewResolver(&brokenIndex{whole, reads}, nil)
		found, err := r.Descend(t.Context(), Subject{PrincipalID: "AROAWEB"}, 0, 0)
		if err == nil {
			if len(found.Sessions) != 2 || reads < 4 {
				t.Errorf("after %d reads: %d sessions", reads, len(found.Sessions))
			}
			return
		}
		if !errors.Is(err, errIndex) {
			t.Fatalf("after %d reads: %v", reads, err)
		}
	}
}
