package ingest_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source/queue"
)

func md5Of(body []byte) [md5.Size]byte { return md5.Sum(body) } // what S3 has as the entity tag of a plain object

// TestEveryWayIn: log files, and beside them some of their records by EventBridge
// and out of the event history, announced in every form, in every order, twice: the
// answers are those that the log files alone give, read once, whichever the store; and
// where a watch takes a part, those of that part.
// Of a link one end may have come by the one way, the other by another, a day later.
func TestEveryWayIn(t *testing.T) {
	stand := stack.Start(t)
	cfg := stand.Account(hub).Config()
	d := dice(t)
	for round := range 4 {
		org := synth.New(d.Uint64N(1<<40), synth.Options{Stories: 6})
		files := slices.Collect(org.Files())
		bucket := put(t, stand, fmt.Sprintf("logs-%d", round), files)
		plain := &messages{}
		for _, f := range files {
			plain.left = append(plain.left, typed("s3://"+bucket.name+"/"+f.Name, string(f.Body())))
		}
		all := slices.Clone(plain.left)
		once := openMemory()
		fill(t, once, plain)
		want := told(t, once)

		stores := map[string]kept{"memory": openMemory()}
		if round < 2 {
			stores["local"] = openLocal(t)
		}
		switch round {
		case 2:
			stores["dynamo"] = openTable(t, cfg, "All", nil)
		case 3: // a part: what is left out is no innocence
			w := watchOf(d, once, t)
			stores = map[string]kept{"dynamo": openTable(t, cfg, "Part", w)}
			once = openMemory()
			once.watch = w
			plain.left = slices.Clone(all)
			fill(t, once, plain)
			want = told(t, once)
		}
		for name, store := range stores {
			m := &messages{opener: queue.NewOpener(cfg, queue.OpenerOptions{From: []string{"s3://" + bucket.name}})}
			add := func(body string) {
				for _, one := range enveloped(t, d, body) {
					m.left = append(m.left, one)
				}
			}
			for n, f := range files {
				for range 1 + d.IntN(2) {
					add(announce(d, bucket.name, f.Name, bucket.etags[f.Name], bucket.sizes[f.Name]))
				}
				account := cloudtrail.ParseLogFileName(f.Name).Account
				var history [][]byte
				for _, r := range f.Records {
					switch {
					case f.Lines && d.IntN(2) == 0:
						add(string(r)) // an envelope, as it was saved
					case f.Lines:
					case d.IntN(3) == 0:
						add(bridged(d, account, r))
					case d.IntN(3) == 0 && bytes.Contains(r, []byte(`"recipientAccountId"`)): // nothing else tells it
						history = append(history, r)
					}
				}
				if history != nil {
					m.left = append(m.left, typed(fmt.Sprintf("/home/kim/%d.json", n), looked(history)))
				}
			}
			add(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"` + bucket.name + `"}`)
			add("CloudTrail validation message.")
			d.Shuffle(len(m.left), func(i, j int) { m.left[i], m.left[j] = m.left[j], m.left[i] })
			// Two runs, as two programs would, or a day between.
			half := &messages{m.opener, m.left[:len(m.left)/2]}
			m.left = m.left[len(m.left)/2:]
			fill(t, store, half)
			fill(t, store, m)
			if got := told(t, store); got != want {
				t.Errorf("round %d, %s: %s", round, name, differs(got, want))
			}
		}
	}
}

// watchOf takes the issuances of some of the roles that were used, and their sessions'
// calls.
func watchOf(d *rand.Rand, s kept, t *testing.T) *lineage.Watch {
	t.Helper()
	roles := map[string]bool{}
	for row, err := range s.asked(t).Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if arn := row.Caller.IssuerARN; arn != "" {
			roles[arn] = true
		}
	}
	w := &lineage.Watch{Uses: []lineage.WatchedUses{lineage.NoUses, lineage.WatchedOnly, lineage.AllUses}[d.IntN(3)]}
	for _, arn := range slices.Sorted(maps.Keys(roles)) {
		if d.IntN(2) == 0 {
			w.Roles = append(w.Roles, arn)
		}
	}
	return w
}
