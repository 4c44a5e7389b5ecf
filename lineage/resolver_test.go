package lineage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// sessionOf is a role session as the hostile sets below make them by the thousand.
func sessionOf(name, key string, created cloudtrail.Time) *Identity {
	return &Identity{
		Type: "AssumedRole", PrincipalID: "AROA" + strings.ToUpper(name) + ":s", AccountID: dev,
		ARN: "arn:aws:sts::" + dev + ":assumed-role/" + name + "/s", AccessKeyID: key, Created: created,
		IssuerType: "Role", IssuerARN: "arn:aws:iam::" + dev + ":role/" + name,
	}
}

func handsOut(id string, by *Identity, name, key string, when cloudtrail.Time) entry {
	u := Use{
		ID: cloudtrail.ID{Event: id, Recipient: dev}, Time: when, Caller: by, EventSource: "sts.amazonaws.com", EventName: "AssumeRole",
		Fingerprint: Fingerprint(len(id)), Region: "us-east-1", RequestID: "r" + id,
	}
	f := Fact{Kind: Issuance, Use: u}
	f.Request.RoleARN, f.Request.SessionName = "arn:aws:iam::"+dev+":role/"+name, "s"
	f.Grant = Grant{AccessKeyID: key, PrincipalID: "AROA" + strings.ToUpper(name) + ":s", Expires: when + 3600}
	return entry{u, []Fact{f}}
}

func looks(id string, by *Identity, when cloudtrail.Time) entry {
	return entry{use: Use{ID: cloudtrail.ID{Event: id, Recipient: dev}, Time: when, Caller: by, Region: "us-east-1", EventSource: "s3.amazonaws.com", EventName: "ListBuckets"}}
}

func person(name string) *Identity {
	return &Identity{Type: "IAMUser", PrincipalID: "AIDA" + strings.ToUpper(name), AccountID: dev, UserName: name, AccessKeyID: "AKIA" + name}
}

// A chain of more than 32 hops is cut, and where it is cut does not depend on
// what was asked before.
func TestLongChain(t *testing.T) {
	start := at("01:00:00")
	entries := []entry{handsOut("e000", person("alice"), "r000", "K000", start)}
	const long = 100
	for i := 1; i < long; i++ {
		was, now := fmt.Sprintf("r%03d", i-1), fmt.Sprintf("r%03d", i)
		entries = append(entries, handsOut("e"+now[1:], sessionOf(was, "K"+was[1:], start+cloudtrail.Time(i-1)), now, "K"+now[1:], start+cloudtrail.Time(i)))
	}
	var asked []Use
	for i := range long {
		name := fmt.Sprintf("r%03d", i)
		asked = append(asked, looks("u"+name[1:], sessionOf(name, "K"+name[1:], start+cloudtrail.Time(i)), start+200).use)
	}
	s := newSet(entries)
	said := map[string]string{}
	for round := range 3 {
		order := slices.Clone(asked)
		if round == 1 {
			slices.Reverse(order)
		} else if round == 2 {
			rand.New(rand.NewPCG(3, 4)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		r := NewResolver(s, nil)
		for i := range order {
			chains, err := r.Resolve(t.Context(), order[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			id, c := order[i].ID.Event, chains[0]
			if was, ok := said[id]; ok && was != words(c) {
				t.Fatalf("round %d: %s is\n%s\nand was\n%s", round, id, words(c), was)
			}
			said[id] = words(c)
			var n int
			fmt.Sscanf(id, "u%d", &n)
			if whole := n < mostHops; whole != (c.Origin != nil) || len(c.Hops) != min(n+1, mostHops) {
				t.Fatalf("%s has %d hops and %s", id, len(c.Hops), originWords(c.Origin))
			}
			if n >= mostHops && !slices.Contains(c.Hops[0].Notes, noteCut) {
				t.Fatalf("%s is not noted as cut: %s", id, words(c))
			}
		}
	}
}

// Forged logs end: rings in one second, everybody issuing everybody's key.
func TestHostileSets(t *testing.T) {
	start := at("01:00:00")
	for seed := range uint64(6) {
		dice := rand.New(rand.NewPCG(seed, 7))
		var entries []entry
		who := func() *Identity {
			if dice.IntN(12) == 0 {
				return person(fmt.Sprintf("p%d", dice.IntN(3)))
			}
			n := dice.IntN(6)
			return sessionOf(fmt.Sprintf("r%d", n), fmt.Sprintf("K%d", dice.IntN(8)), start+cloudtrail.Time(dice.IntN(2)))
		}
		for i := range 60 {
			entries = append(entries, handsOut(fmt.Sprintf("e%02d", i), who(), fmt.Sprintf("r%d", dice.IntN(6)), fmt.Sprintf("K%d", dice.IntN(8)), start+cloudtrail.Time(dice.IntN(2))))
			entries = append(entries, looks(fmt.Sprintf("u%02d", i), who(), start+10))
		}
		said := map[string]string{}
		began := time.Now()
		for order, entries := range orders(entries) {
			s := newSet(entries)
			for i, c := range resolveAll(t, NewResolver(s, nil), s) {
				id := s.uses[i].ID.Event
				if was, ok := said[id]; ok && was != words(c) {
					t.Fatalf("seed %d, %s: %s is\n%s\nand was\n%s", seed, order, id, words(c), was)
				}
				said[id] = words(c)
			}
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Fatalf("seed %d took %v", seed, took)
		}
	}
}

// One principal with a hundred thousand sessions in a day costs no more a use
// than one with ten.
func TestBusyPrincipal(t *testing.T) {
	start := at("00:00:00")
	const many = 100_000
	var entries []entry
	ci := person("ci")
	for i := range many {
		when := start + cloudtrail.Time(i*86000/many)
		entries = append(entries, handsOut(fmt.Sprintf("e%06d", i), ci, "Build", fmt.Sprintf("K%06d", i), when))
	}
	for i := 0; i < many; i += 10 {
		when := start + cloudtrail.Time(i*86000/many)
		entries = append(entries, looks(fmt.Sprintf("u%06d", i), sessionOf("Build", fmt.Sprintf("X%06d", i), when), when+5))
	}
	s := newSet(entries)
	r := NewResolver(s, nil)
	var answered int
	for batch := range slices.Chunk(s.uses[many:], 1000) {
		chains, err := r.Resolve(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chains {
			if c.Origin == nil || c.Origin.ID != "iam:"+dev+":AIDACI" || c.Evidence != Strong {
				t.Fatal(words(c))
			}
			answered++
		}
	}
	if most := int64(3 * many); s.read.Load() > most {
		t.Errorf("read %d facts for %d uses, in %d reads; at most %d are needed", s.read.Load(), answered, s.reads.Load(), most)
	}
}

// Uses of one session share one chain, and goroutines may resolve at once.
func TestConcurrentResolve(t *testing.T) {
	s := newSet(realSet(t, "invictus"))
	r := NewResolver(s, nil)
	want := resolveAll(t, NewResolver(s, nil), s)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(g), 1))
			for range 20 {
				i := dice.IntN(len(s.uses) - 50)
				chains, err := r.Resolve(t.Context(), s.uses[i:i+50])
				if err != nil {
					t.Error(err)
					return
				}
				for j, c := range chains {
					if words(c) != words(want[i+j]) {
						t.Errorf("%s: %s, want %s", s.uses[i+j].ID.Event, words(c), words(want[i+j]))
					}
				}
			}
		})
	}
	group.Wait()
	again := resolveAll(t, r, s)
	byIdentity := map[Identity]*Chain{}
	shared := 0
	for i, c := range resolveAll(t, r, s) {
		if c != again[i] {
			t.Fatalf("%s has another chain when asked again", s.uses[i].ID.Event)
		}
		if byIdentity[*s.uses[i].Caller] == c {
			shared++
		}
		byIdentity[*s.uses[i].Caller] = c
	}
	if shared < len(s.uses)/2 {
		t.Errorf("only %d of %d uses share a chain", shared, len(s.uses))
	}
}

func BenchmarkResolve(b *testing.B) {
	s := newSet(realSet(b, "invictus"))
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			resolveAll(b, NewResolver(s, nil), s)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(s.uses)), "ns/use")
	})
	b.Run("warm", func(b *testing.B) {
		r := NewResolver(s, nil)
		resolveAll(b, r, s)
		for b.Loop() {
			resolveAll(b, r, s)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(s.uses)), "ns/use")
	})
}
