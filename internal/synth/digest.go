package synth

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// Trail is how a trail writes digest files.
type Trail struct {
	Bucket string
	Name   string // "" for main; what delivers under a prefix is another trail
	Home   string // its home region; "" for us-east-1
	Key    *rsa.PrivateKey
	// From is when validation was turned on; zero: before all deliveries.
	From time.Time
	// Late tells of log files that are left to a back-fill digest.
	Late func(name string) bool
	// Off tells of hours, by their ends, in which validation was off: they have no
	// digest, and the next digest is a starting one.
	Off func(end time.Time) bool
}

// Digest is one digest file as it lies in the bucket.
type Digest struct {
	Name     string            // its key
	Metadata map[string]string // of the object: where its signature is
	JSON     []byte
}

// Gzip is the file as it lies in the bucket.
func (d *Digest) Gzip() []byte { return pack(d.JSON) }

// Head is what aws s3api head-object prints of it, for a copy of the bucket.
func (d *Digest) Head() []byte {
	text, _ := json.MarshalIndent(map[string]any{"ContentType": "application/json", "Metadata": d.Metadata}, "", "    ") // of texts alone
	return append(text, '\n')
}

// The members of a digest file, in AWS's order.
type digestJSON struct {
	Account            string  `json:"awsAccountId"`
	Start              string  `json:"digestStartTime"`
	End                string  `json:"digestEndTime"`
	Bucket             string  `json:"digestS3Bucket"`
	Object             string  `json:"digestS3Object"`
	Fingerprint        string  `json:"digestPublicKeyFingerprint"`
	SignatureAlgorithm string  `json:"digestSignatureAlgorithm"`
	Newest             *string `json:"newestEventTime"`
	Oldest             *string `json:"oldestEventTime"`

	PreviousBucket        *string `json:"previousDigestS3Bucket"`
	PreviousObject        *string `json:"previousDigestS3Object"`
	PreviousHash          *string `json:"previousDigestHashValue"`
	PreviousHashAlgorithm *string `json:"previousDigestHashAlgorithm"`
	PreviousSignature     *string `json:"previousDigestSignature"`

	Logs []logJSON `json:"logFiles"`
}

type logJSON struct {
	Bucket        string  `json:"s3Bucket"`
	Object        string  `json:"s3Object"`
	Hash          string  `json:"hashValue"`
	HashAlgorithm string  `json:"hashAlgorithm"`
	Newest        *string `json:"newestEventTime"`
	Oldest        *string `json:"oldestEventTime"`
}

// Digests are the digest files of log files: every hour from the first delivery
// to the last of all, for each account and region of which there is a file, also
// of hours with none. They are in the order of their keys.
func Digests(files iter.Seq[File], t Trail) []Digest {
	t.Name, t.Home = cmp.Or(t.Name, "main"), cmp.Or(t.Home, "us-east-1")
	logs := map[string]map[string]File{} // by folder and name
	var first, last time.Time
	for f := range files {
		folder, _, ok := strings.Cut(f.Name, "/CloudTrail/")
		if !ok || f.Delivered.Before(t.From) {
			continue // saved envelopes, and what came too early
		}
		region, _, _ := strings.Cut(f.Name[len(folder)+len("/CloudTrail/"):], "/")
		at := folder + "/CloudTrail-Digest/" + region
		if logs[at] == nil {
			logs[at] = map[string]File{}
		}
		if _, again := logs[at][f.Name]; !again {
			logs[at][f.Name] = f
		}
		if first.IsZero() || f.Delivered.Before(first) {
			first = f.Delivered
		}
		if f.Delivered.After(last) {
			last = f.Delivered
		}
	}
	var all []Digest
	for _, at := range slices.Sorted(maps.Keys(logs)) {
		all = append(all, t.chain(at, logs[at], first, last)...)
	}
	slices.SortFunc(all, func(a, b Digest) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// chain is the digests of one account and region, and the back-fill ones.
func (t *Trail) chain(at string, logs map[string]File, first, last time.Time) []Digest {
	var all []Digest
	var previous, filled *Digest
	// Each place has its own minute and second, as in real buckets.
	own := sha256.Sum256([]byte(at))
	end := first.Truncate(time.Hour).Add(time.Duration(own[0]%50)*time.Minute + time.Duration(own[1]%60)*time.Second)
	for ; !end.Add(-time.Hour).After(last); end = end.Add(time.Hour) {
		if t.Off != nil && t.Off(end) {
			previous = nil
			continue
		}
		var prompt, late []File
		for _, name := range slices.Sorted(maps.Keys(logs)) {
			f := logs[name]
			switch {
			case !f.Delivered.After(end.Add(-time.Hour)) || f.Delivered.After(end):
			case t.Late != nil && t.Late(name):
				late = append(late, f)
			default:
				prompt = append(prompt, f)
			}
		}
		d := t.digest(at, end, prompt, previous, false)
		all, previous = append(all, d), &d
		if len(late) > 0 {
			d := t.digest(at, end, late, filled, true)
			all, filled = append(all, d), &d
		}
	}
	return all
}

// digest is one digest file, signed.
func (t *Trail) digest(at string, end time.Time, files []File, previous *Digest, backfill bool) Digest {
	parts := strings.Split(at, "/")
	account, region, trail := parts[len(parts)-3], parts[len(parts)-1], t.Name
	if prefix := at[:strings.LastIndex(at, "AWSLogs/")]; prefix != "" {
		trail += "-" + strings.NewReplacer("/", "", " ", "").Replace(prefix)
	}
	name := at + end.Format("/2006/01/02/") + strings.Join([]string{account, "CloudTrail-Digest", region, trail, t.Home, end.Format("20060102T150405Z")}, "_")
	d := Digest{Name: name + ".json.gz", Metadata: map[string]string{}}
	if backfill {
		d.Name = name + "_backfill.json.gz"
		d.Metadata["backfill-generation-timestamp"] = end.Add(3 * time.Hour).Format(stamp)
	}
	j := digestJSON{
		Account: account, Start: end.Add(-time.Hour).Format(stamp), End: end.Format(stamp), Bucket: t.Bucket, Object: d.Name,
		Fingerprint: Fingerprint(t.Key), SignatureAlgorithm: "SHA256withRSA", Logs: []logJSON{},
	}
	for _, f := range files {
		body := f.Body()
		l := logJSON{Bucket: t.Bucket, Object: f.Name, Hash: sum(body), HashAlgorithm: "SHA-256"}
		l.Oldest, l.Newest = eventTimes(f)
		j.Logs = append(j.Logs, l)
		j.Oldest, j.Newest = least(j.Oldest, l.Oldest), most(j.Newest, l.Newest)
	}
	if previous != nil {
		hash, algorithm, signature := sum(previous.JSON), "SHA-256", previous.Metadata["signature"]
		j.PreviousBucket, j.PreviousObject, j.PreviousHash, j.PreviousHashAlgorithm, j.PreviousSignature = &t.Bucket, &previous.Name, &hash, &algorithm, &signature
	}
	d.JSON = encode(j)
	d.Sign(t.Key)
	return d
}

// Sign signs a digest as CloudTrail does: over its end, its place, its hash and
// the signature of the one before.
func (d *Digest) Sign(key *rsa.PrivateKey) {
	var j digestJSON
	if err := json.Unmarshal(d.JSON, &j); err != nil {
		panic("synth: " + err.Error())
	}
	before := "null"
	if j.PreviousSignature != nil {
		before = *j.PreviousSignature
	}
	text := j.End + "\n" + j.Bucket + "/" + j.Object + "\n" + sum(d.JSON) + "\n" + before
	hash := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, hash[:])
	if err != nil {
		panic("synth: " + err.Error())
	}
	d.Metadata["signature"], d.Metadata["signature-algorithm"] = hex.EncodeToString(signature), "SHA256withRSA"
}

func eventTimes(f File) (oldest, newest *string) {
	for _, r := range f.Records {
		var e struct{ EventTime string }
		if err := json.Unmarshal(r, &e); err != nil || e.EventTime == "" {
			continue
		}
		oldest, newest = least(oldest, &e.EventTime), most(newest, &e.EventTime)
	}
	return oldest, newest
}

func least(a, b *string) *string {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func most(a, b *string) *string {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("synth: %v", err)) // of texts alone
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func pack(body []byte) []byte { return new(Packer).Pack(body) }

// Packer compresses many bodies, as Gzip does each: what a compressor takes to begin
// with is ten times what a small body is to it. The zero value is ready for use.
type Packer struct{ z *gzip.Writer }

// Pack returns a body compressed.
func (p *Packer) Pack(body []byte) []byte {
	var b bytes.Buffer
	if p.z == nil {
		p.z = gzip.NewWriter(&b)
	} else {
		p.z.Reset(&b)
	}
	_, _ = p.z.Write(body) // a bytes.Buffer takes everything
	_ = p.z.Close()
	return b.Bytes()
}
