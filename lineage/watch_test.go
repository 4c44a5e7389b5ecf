package lineage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// taken decodes one record and asks a watch.
func taken(t testing.TB, w *Watch, record string) bool {
	t.Helper()
	took := false
	n := 0
	for r, err := range new(cloudtrail.Decoder).Records(append([]byte(record), make([]byte, cloudtrail.Padding)...)[:len(record)]) {
		if err != nil {
			t.Fatal(err)
		}
		who := NewIdentity(&r.UserIdentity)
		u := NewUse(r, r.ID(""), &who, Location{})
		took = w.Takes(r, &u)
		n++
	}
	if n != 1 {
		t.Fatalf("%d records in %s", n, record)
	}
	return took
}

// The watch of AWS's text, and the same with other words.
var (
	ops          = "arn:aws:iam::" + prod + ":role/Ops"
	watchOps     = &Watch{Roles: []string{ops}, Uses: WatchedOnly}
	watchID      = &Watch{ExternalIDs: []string{"3414"}, Uses: NoUses}
	watchAccount = &Watch{Accounts: []string{prod}, Uses: NoUses}
	watchCalls   = &Watch{Uses: AllUses}
	watchIssued  = &Watch{Uses: NoUses}
	watches      = []*Watch{nil, watchOps, watchID, watchAccount, watchCalls, watchIssued}
)

// TestWatchTakes: which records which watch takes, in the order of watches.
func TestWatchTakes(t *testing.T) {
	list, first, second := seedRecords(t)
	alice, foreign := user(dev, "alice"), owner(dev, "AIDAALICE")
	withID := func(id string) string {
		return fmt.Sprintf(`"requestParameters":{"roleArn":"arn:aws:iam::%s:role/Other","roleSessionName":"s","externalId":%q}`, hub, id)
	}
	const denied = `"errorCode":"AccessDenied","responseElements":null`
	linked := `{"type":"AssumedRole","principalId":"AROALINKED:s","arn":"arn:aws:sts::222222222222:assumed-role/AWSServiceRoleForX/s","accountId":"222222222222","accessKeyId":"ASIAL",` +
		`"sessionContext":{"attributes":{"creationDate":"2024-05-01T10:00:00Z"},"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::222222222222:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX","accountId":"222222222222","userName":"AWSServiceRoleForX"}}}`
	pathed := strings.Replace(role(prod, "Ops", "s", "ASIAP", "10:00:00"), ":role/Ops", ":role/team/Ops", 1)
	for _, c := range []struct {
		name, record string
		want         string // one letter a watch: y or n
	}{
		{"the seed's call", list, "ynnnyn"},
		{"the seed's AssumeRole, first envelope", first, "ynynyy"},
		{"the seed's AssumeRole, second envelope", second, "ynynyy"},
		{"AssumeRole, the caller's copy", assumeRole("a", "10:00:00", dev, alice, prod, "Ops", "s", "ASIAOPS"), "yynyyy"},
		{"AssumeRole, the role's copy", assumeRole("b", "10:00:00", prod, foreign, prod, "Ops", "s", "ASIAOPS"), "yynyyy"},
		{"AssumeRole of a role that begins so", assumeRole("c", "10:00:00", dev, alice, prod, "Ops2", "s", "ASIAOPS2"), "ynnyyy"},
		{"AssumeRole of another account's role of that name", assumeRole("d", "10:00:00", dev, alice, hub, "Ops", "s", "ASIAH"), "ynnnyy"},
		{"AssumeRole with the external id", assumeRole("e", "10:00:00", dev, alice, hub, "Other", "s", "ASIAX", withID("3414")), "ynynyy"},
		{"AssumeRole with an external id that holds it", assumeRole("f", "10:00:00", dev, alice, hub, "Other", "s", "ASIAX", withID("34145")), "ynnnyy"},
		{"AssumeRole that failed, by a person", assumeRole("g", "10:00:00", dev, alice, prod, "Ops", "s", "ASIAF", denied), "ynnnnn"},
		{"AssumeRole that failed, by the watched role", assumeRole("h", "10:00:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00"), hub, "Other", "s", "ASIAF", denied), "yynnyn"},
		{"AssumeRole on from the watched role", assumeRole("i", "10:00:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00"), hub, "Other", "t", "ASIAN"), "yynyyy"},
		{"AssumeRole by a service", keyless("j", "10:00:00", dev, "ec2.amazonaws.com", dev, "Web", "i-1", "ASIAV"), "ynnnyy"},
		{"GetSessionToken", call("k", "10:00:00", dev, "sts", "GetSessionToken", alice, `"responseElements":{"credentials":{"accessKeyId":"ASIAT"}}`), "ynnnyy"},
		{
			"AssumeRoot, delivered to who manages", call("l", "10:00:00", dev, "sts", "AssumeRoot", alice,
				fmt.Sprintf(`"requestParameters":{"targetPrincipal":%q},"responseElements":{"credentials":{"accessKeyId":"ASIAROOT"}}`, prod)), "ynnyyy",
		},
		{"a call of the watched role", use("m", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")), "yynnyn"},
		{"a call of a role that begins so", use("n", "10:05:00", prod, role(prod, "Ops2", "s", "ASIAOPS2", "10:00:00")), "ynnnyn"},
		{"a call of a role of that name with a path", use("o", "10:05:00", prod, pathed), "ynnnyn"},
		{"a call of a role linked to a service", use("p", "10:05:00", prod, linked), "ynnnnn"},
		{"a call with a person's own key", use("q", "10:05:00", dev, alice), "ynnnnn"},
		{"a call out of a person's console", use("r", "10:05:00", dev, console(dev, "alice", "ASIAC", "10:00:00")), "ynnnyn"},
		{"a call of a service", use("s", "10:05:00", dev, host("ec2.amazonaws.com")), "ynnnnn"},
		{"ConsoleLogin", call("t", "10:00:00", dev, "signin", "ConsoleLogin", alice, `"eventType":"AwsConsoleSignIn"`), "yyyyyy"},
		{"SwitchRole", call("u", "10:00:00", dev, "signin", "SwitchRole", alice), "yyyyyy"},
		{"GetRoleCredentials", call("v", "10:00:00", dev, "sso", "GetRoleCredentials", object(`"type":"IdentityCenterUser","accountId":"111111111111"`)), "yyyyyy"},
		{"CreateAccessKey", call("w", "10:00:00", dev, "iam", "CreateAccessKey", alice), "yyyyyy"},
		{"an addendum", strings.Replace(use("x", "10:05:00", dev, alice), "{", `{"addendum":{"reason":"UPDATED_DATA","originalEventID":"q"},`, 1), "yyyyyy"},
	} {
		var got strings.Builder
		for _, w := range watches {
			if taken(t, w, c.record) {
				got.WriteByte('y')
			} else {
				got.WriteByte('n')
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: taken %s, want %s (nil, role, external id, account, calls, issuances)", c.name, &got, c.want)
		}
	}
}

// TestWatchLeavesOut: of which sessions the issuance may be missing.
func TestWatchLeavesOut(t *testing.T) {
	for _, c := range []struct {
		name, who string
		want      string
	}{
		{"the watched role", role(prod, "Ops", "s", "ASIAOPS", "10:00:00"), "nnynnn"},
		{"a role that begins so", role(prod, "Ops2", "s", "ASIAOPS2", "10:00:00"), "nyynnn"},
		{"another account's", role(hub, "Ops", "s", "ASIAH", "10:00:00"), "nyyynn"},
		{"a person's own session", console(dev, "alice", "ASIAC", "10:00:00"), "nyyynn"},
	} {
		var got strings.Builder
		for _, w := range watches {
			e := decode(t, use("u", "10:05:00", prod, c.who), "u.json")[0]
			if w.LeavesOut(e.use.Caller) {
				got.WriteByte('y')
			} else {
				got.WriteByte('n')
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: left out %s, want %s", c.name, &got, c.want)
		}
	}
}

// TestWatchSound: an issuance of a session that a watch says it does not leave out
// is taken, wherever it was delivered to.
func TestWatchSound(t *testing.T) {
	for _, account := range []string{dev, prod, hub} {
		for _, name := range []string{"Ops", "Ops2", "Other"} {
			session := decode(t, use("u", "10:05:00", account, role(account, name, "s", "ASIAS", "10:00:00")), "u.json")[0].use.Caller
			for _, copied := range []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), account, name, "s", "ASIAS"),
				assumeRole("b", "10:00:00", account, owner(dev, "AIDAALICE"), account, name, "s", "ASIAS"),
			} {
				for n, w := range watches {
					if !w.LeavesOut(session) && !taken(t, w, copied) {
						t.Errorf("watch %d does not take what it says it does: %s", n, copied)
					}
				}
			}
		}
	}
}

// TestWatchOfRecordAlone: whether a record is taken depends on nothing but the
// record: not on what came before, on the watch's having been asked, on where the
// record lies, on what stands beside it.
func TestWatchOfRecordAlone(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CROSSTRAIL_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("CROSSTRAIL_TEST_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 7))
	var records []string
	for _, v := range vectors() {
		records = append(records, v.records...)
	}
	type verdict [6]bool
	alone := map[string]verdict{}
	for _, text := range records {
		var v verdict
		for n, w := range watches {
			v[n] = taken(t, w, text)
		}
		alone[text] = v
	}
	for range 20 {
		order := r.Perm(len(records))[:1+r.IntN(len(records))]
		var texts []string
		for _, i := range order {
			texts = append(texts, records[i])
		}
		body := []byte(`{"Records":[` + strings.Join(texts, ",") + `]}`)
		n := 0
		for rec, err := range new(cloudtrail.Decoder).Records(body) {
			if err != nil {
				t.Fatal(err)
			}
			who := NewIdentity(&rec.UserIdentity)
			u := NewUse(rec, rec.ID(""), &who, Location{File: fmt.Sprint(r.Uint32()), Record: r.IntN(1000)})
			i := r.IntN(len(watches))
			if got := watches[i].Takes(rec, &u); got != alone[texts[n]][i] {
				t.Fatalf("watch %d among others: %v, alone %v: %s", i, got, !got, texts[n])
			}
			n++
		}
		if n != len(texts) {
			t.Fatalf("%d records of %d", n, len(texts))
		}
	}
}

// TestWatchVector is vector 46 with the horizon of a store: what the watch leaves
// out is the gap not-watched, what it takes is what is missing.
func TestWatchVector(t *testing.T) {
	late := func(name string) string {
		return use("u", "10:30:00", prod, role(prod, name, "s", "ASIALOST", "10:20:00"))
	}
	spans := []Span{{Account: prod, Region: "us-east-1", Files: 2, First: at("09:00:00"), Newest: at("12:00:00")}}
	for _, c := range []struct {
		name, role, want string
		watch            *Watch
	}{
		{"46 a role that is not watched", "Other", "unresolved - > s[- unresolved] gap not-watched@222222222222", watchOps},
		{"46 the watched role: its issuance was not delivered", "Ops", "unresolved - > s[- unresolved] gap no-issuer-log@222222222222", watchOps},
		{"46 by external id: none can be told from the session", "Ops", "unresolved - > s[- unresolved] gap not-watched@222222222222", watchID},
		{"46 every issuance is taken", "Other", "unresolved - > s[- unresolved] gap no-issuer-log@222222222222", watchCalls},
		{"no watch", "Other", "unresolved - > s[- unresolved] gap no-issuer-log@222222222222", nil},
	} {
		v := vector{name: c.name, records: []string{late(c.role)}, want: map[string]string{"u": c.want}, horizon: NewHorizon(spans).Under(c.watch)}
		if got := v.answers(t, v.entries(t), 0); got["u"] != c.want {
			t.Errorf("%s: %s\n\twant %s", c.name, got["u"], c.want)
		}
	}
}
