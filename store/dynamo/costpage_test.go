package dynamo

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
)

var update = flag.Bool("update", false, "rewrite what docs/cost.md tells of the code")

// overhead is how many bytes of storage an item takes beside its own, in the table and
// in each index.
const overhead = 100

// attributeSize is what DynamoDB counts for an attribute (Developer Guide, "DynamoDB
// item sizes and formats").
func attributeSize(name string, value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(name) + len(v.Value)
	case *types.AttributeValueMemberB:
		return len(name) + len(v.Value)
	case *types.AttributeValueMemberN:
		return len(name) + (len(strings.Trim(v.Value, "-0"))+1)/2 + 1
	}
	panic("no attribute of ours")
}

func exactSize(i item) (n int) {
	for name, value := range i {
		n += attributeSize(name, value)
	}
	return n
}

// inIndex is how large an item is in an index; 0: it is not in it.
func inIndex(i item, x index) int {
	if i[x.partition] == nil || i[x.sort] == nil {
		return 0
	}
	if x.whole {
		return exactSize(i)
	}
	keys := item{}
	for _, name := range []string{attrEvent, attrTime, x.partition, x.sort} {
		keys[name] = i[name]
	}
	return exactSize(keys)
}

// spent is what writing costs.
type spent struct{ events, kept, items, units, pointers, names, files, again, bytes, indexed int }

func units(size int) int { return (size + aUnit - 1) / aUnit }

// put counts a new item, by DynamoDB's rule: a unit for each begun kilobyte in the
// table and in each index that it is in (Developer Guide, "Using global secondary
// indexes", write capacity).
func (s *spent) put(i item) (cost int) {
	size := exactSize(i)
	cost = units(size)
	s.items, s.bytes = s.items+1, s.bytes+size+overhead
	for _, x := range indexes() {
		if n := inIndex(i, x); n > 0 {
			cost += units(n)
			s.indexed += n + overhead
		}
	}
	s.units += cost
	return cost
}

// spending is what one process writes under a watch.
type spending struct {
	spent
	watch *lineage.Watch
	known recent
	there map[itemKey]int
	sizes []int
}

func (s *spending) take(e written) {
	k := keyOf(e.event)
	if size := s.there[k]; size > 0 {
		if !e.heavy { // else a read tells that it is there
			s.units, s.again = s.units+units(size), s.again+units(size)
		}
		return
	}
	for _, i := range s.known.missing(e.facts) {
		if shared(i) {
			s.names += s.put(i)
		} else {
			s.pointers += s.put(i)
		}
	}
	s.known.add(e.facts)
	s.put(e.event)
	s.kept++
	s.there[k] = exactSize(e.event)
	s.sizes = append(s.sizes, s.there[k])
}

// spend is what one process spends under each of the watches on n events of a day's
// middle, the table empty before.
func spend(n int) []*spending {
	var all []*spending
	for _, w := range watches {
		all = append(all, &spending{watch: w.watch, there: map[itemKey]int{}})
	}
	store := &Store{}
	store.writer.begin()
	const before = 20_000 // in which the corpus opens its sessions, all at once
	passed := 0
	for f := range synth.Corpus(synth.Live, 42, before+n) {
		if passed += len(f.Records); passed <= before {
			continue
		}
		file := cloudtrail.ParseLogFileName("s3://acme-trail/" + f.Name)
		file.Version = `"0123456789abcdef0123456789abcdef"`
		for r := range logFile(file.URI, asStrings(f.Records)...).Records {
			a := adding{store: store, reading: &reading{meta: &meta{}}, file: file, account: file.Account}
			e, _ := a.event(r, file.URI)
			who := lineage.NewIdentity(&r.UserIdentity)
			u := lineage.NewUse(r, r.ID(a.account), &who, lineage.Location{})
			for _, s := range all {
				if s.events++; s.watch.Takes(r, &u) {
					s.take(e)
				}
			}
		}
		for _, s := range all {
			s.files += s.put(fileItem(fileKey(file), file)) + 1 // and the newest of its span
			s.units++
		}
	}
	return all
}

func asStrings(records [][]byte) (all []string) {
	for _, r := range records {
		all = append(all, string(r))
	}
	return all
}

// watches are those of docs/cost.md.
var watches = []struct {
	name  string
	watch *lineage.Watch
}{
	{"everything", nil},
	{"all sessions (`--uses all`)", &lineage.Watch{Uses: lineage.AllUses}},
	{"sign-ins and issuances alone (`--uses none`)", &lineage.Watch{Uses: lineage.NoUses}},
	{"one role of 480 (`--role ARN --uses watched`)", &lineage.Watch{Roles: []string{"arn:aws:iam::111122331111:role/prod-ingest-07"}, Uses: lineage.WatchedOnly}},
}

// TestCostPage holds docs/cost.md to what is written of a corpus.
func TestCostPage(t *testing.T) {
	const thousands = 2
	var table, parts strings.Builder
	table.WriteString("| watch | kept | write units | KB stored | writes | a month of storage |\n|---|---|---|---|---|---|\n")
	parts.WriteString("| watch | events | pointers | log files | repeats | names and days |\n|---|---|---|---|---|---|\n")
	sizesTold := ""
	for n, s := range spend(thousands * 1000) {
		w, sizes := watches[n], slices.Sorted(slices.Values(s.sizes))
		each := func(n int) float64 { return float64(n) * 1000 / float64(s.events) }
		rest := s.units - s.names
		bytes := float64(s.bytes + s.indexed)
		fmt.Fprintf(&table, "| %s | %.0f | %.0f | %.0f | $%.2f | $%.2f |\n", w.name, each(s.kept), each(rest), bytes/1024*1000/float64(s.events),
			each(rest)*1000*DollarsAWrite, bytes/float64(s.events)*1e6*DollarsAByte)
		fmt.Fprintf(&parts, "| %s | %.0f | %.0f | %.0f | %.0f | %d in all |\n", w.name, each(rest-s.pointers-s.files-s.again), each(s.pointers), each(s.files), each(s.again), s.names)
		if w.watch == nil {
			over, _ := slices.BinarySearch(sizes, aUnit+1)
			sizesTold = fmt.Sprintf("\nOf the items of events half are of %d bytes and less, and %.1f %% of more than %d.\n", sizes[len(sizes)/2], 100*float64(len(sizes)-over)/float64(len(sizes)), aUnit)
		}
	}
	holdPage(t, "parts", parts.String()+sizesTold)
	holdPage(t, "watches", table.String())
}

// example is an event as docs/cost.md has it.
func example(t *testing.T) item {
	t.Helper()
	store := &Store{}
	store.writer.begin()
	f := logFile(firstFile, called(7))
	for r := range f.Records {
		return store.items(r, useOf(r, account, lineage.Location{File: f.URI}), "").event
	}
	t.Fatal("no event")
	return nil
}

// TestCostExample holds the sum in docs/cost.md to the item that is written.
func TestCostExample(t *testing.T) {
	i := example(t)
	var b strings.Builder
	b.WriteString("| attribute | name | value | |\n|---|---|---|---|\n")
	names := []string{attrEvent, attrTime, attrKey, attrPrincipal, attrSession, attrDay, attrFile, attrOrdinal, attrSum, attrBy, attrRecord}
	if len(names) != len(i) {
		t.Errorf("the item has other attributes: %v", slices.Sorted(maps.Keys(i)))
	}
	for _, name := range names {
		what := ""
		switch v := i[name].(type) {
		case *types.AttributeValueMemberS:
			what = "`" + v.Value + "`"
		case *types.AttributeValueMemberB:
			what = "8 bytes, drawn anew"
			if name == attrRecord {
				what = fmt.Sprintf("%d bytes of JSON, compressed", len(called(7)))
			}
		case *types.AttributeValueMemberN:
			what = "a number"
		}
		fmt.Fprintf(&b, "| `%s` | %d | %d | %s |\n", name, len(name), attributeSize(name, i[name])-len(name), what)
	}
	var s spent
	total := s.put(i)
	fmt.Fprintf(&b, "\n    %-9s  %4d bytes, %-35s%d write unit\n", "table", exactSize(i), "the sum of the above", units(exactSize(i)))
	for _, x := range indexes() {
		what := "the keys of both, with their names"
		if x.whole {
			what = "all of it again"
		}
		fmt.Fprintf(&b, "    %-9s  %4d bytes, %-35s%d\n", x.name, inIndex(i, x), what, units(inIndex(i, x)))
	}
	fmt.Fprintf(&b, "    together%51d write units\n\n", total)
	stored := s.bytes + s.indexed
	fmt.Fprintf(&b, "    writing   1,000,000 events × %d units × $0.625 a million = $%.2f\n", total, float64(total)*1e6*DollarsAWrite)
	fmt.Fprintf(&b, "    storage   %d", exactSize(i))
	for _, x := range indexes() {
		fmt.Fprintf(&b, " + %d", inIndex(i, x))
	}
	fmt.Fprintf(&b, " + 4 × 100 = %d bytes; × 1,000,000 / 2^30 = %.2f GB × $0.25 = $%.2f a month\n", stored, float64(stored)*1e6/(1<<30), float64(stored)*1e6*DollarsAByte)
	holdPage(t, "example", b.String())
}

// TestUnits: what is counted here for the table is what a DynamoDB says it took. Of
// indexes dynalite counts nothing.
func TestUnits(t *testing.T) {
	s := fresh(t, awstest.StartTables(t).Config(), Options{Write: true})
	i := example(t)
	for what, i := range map[string]item{
		"an event": i, "a pointer": {attrEvent: text(partFact + "kASIA"), attrTime: i[attrTime], attrAt: i[attrEvent]},
		"what just costs three": sized(t, i, 3*aUnit), "what just costs four": sized(t, i, 3*aUnit+1),
	} {
		out, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.table, Item: i, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := aws.ToFloat64(out.ConsumedCapacity.CapacityUnits), units(exactSize(i)); got != float64(want) {
			t.Errorf("%s took %.1f units, and not %d", what, got, want)
		}
	}
}

// sized is an item that is just so large.
func sized(t *testing.T, like item, size int) item {
	t.Helper()
	i := maps.Clone(like)
	i[attrEvent], i[attrRecord] = text(fmt.Sprint("of-", size)), text("")
	i[attrRecord] = text(strings.Repeat("x", size-exactSize(i)))
	return i
}

// holdPage compares a part of docs/cost.md, or with -update rewrites it.
func holdPage(t *testing.T, part, want string) {
	t.Helper()
	const name = "../../docs/cost.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->\n"
	head, rest, ok := strings.Cut(string(page), begin)
	is, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Errorf("docs/cost.md has no part %q", part)
	case is == want:
	case *update:
		if err := os.WriteFile(name, []byte(head+begin+want+end+tail), 0o600); err != nil {
			t.Error(err)
		}
	default:
		t.Errorf("docs/cost.md is not what the code does: go test ./store/dynamo -run 'Cost' -update, and look at the diff (-page +code):\n%s", cmp.Diff(is, want))
	}
}
