package digest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

func zip(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func unzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// edited is a digest with other text, still under its old signature.
func edited(d *synth.Digest, old, with string) *synth.Digest {
	e := *d
	e.JSON = bytes.Replace(d.JSON, []byte(old), []byte(with), 1)
	if bytes.Equal(e.JSON, d.JSON) {
		panic("nothing to edit: " + old)
	}
	e.Metadata = map[string]string{}
	for k, v := range d.Metadata {
		e.Metadata[k] = v
	}
	return &e
}

// tampering is one thing that somebody does to a log.
type tampering struct {
	name string
	does func(s *scene, digests []*synth.Digest, logs []string)
	want []digest.Kind
	file bool // a log file is named
}

// The log files of the scene's busiest place are logs, its digests, oldest
// first, digests: both are several.
var tamperings = []tampering{
	{"a byte of a log file is changed", func(s *scene, _ []*synth.Digest, logs []string) {
		body := unzip(s.t, s.objects[logs[1]].body)
		body[len(body)/2] ^= 1
		s.put(logs[1], zip(body), nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a byte of a log file's gzip is changed", func(s *scene, _ []*synth.Digest, logs []string) {
		body := bytes.Clone(s.objects[logs[1]].body)
		body[len(body)-6] ^= 1
		s.put(logs[1], body, nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a gzip member is added to a log file", func(s *scene, _ []*synth.Digest, logs []string) {
		s.put(logs[1], slices.Concat(s.objects[logs[1]].body, zip([]byte(`{"Records":[]}`))), nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"something is added behind a log file", func(s *scene, _ []*synth.Digest, logs []string) {
		s.put(logs[1], append(bytes.Clone(s.objects[logs[1]].body), "more than nothing"...), nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a log file is cut short", func(s *scene, _ []*synth.Digest, logs []string) {
		body := s.objects[logs[1]].body
		s.put(logs[1], body[:len(body)/2], nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a log file is emptied", func(s *scene, _ []*synth.Digest, logs []string) {
		s.put(logs[1], nil, nil)
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a log file is removed", func(s *scene, _ []*synth.Digest, logs []string) {
		delete(s.objects, logs[1])
	}, []digest.Kind{digest.MissingFile}, true},
	{"two log files are exchanged", func(s *scene, _ []*synth.Digest, logs []string) {
		s.objects[logs[0]], s.objects[logs[1]] = s.objects[logs[1]], s.objects[logs[0]]
	}, []digest.Kind{digest.AlteredFile}, true},
	{"a log file is renamed", func(s *scene, _ []*synth.Digest, logs []string) {
		s.objects[strings.Replace(logs[1], ".json", "X.json", 1)] = s.objects[logs[1]]
		delete(s.objects, logs[1])
	}, []digest.Kind{digest.MissingFile, digest.UnlistedFile}, true},
	{"a log file is put there", func(s *scene, _ []*synth.Digest, logs []string) {
		key := logs[len(logs)/2]
		s.put(key[:len(key)-len("AAAAAAAAAAAAAAAA.json.gz")]+"0000000000000000.json.gz", zip([]byte(`{"Records":[]}`)), nil)
	}, []digest.Kind{digest.UnlistedFile}, true},
	{"a log file is put there in the newest hour", func(s *scene, digests []*synth.Digest, logs []string) {
		stamp := (named(digests[len(digests)-1]).End - 1200).Time().Format("20060102T1504Z")
		at := strings.Index(logs[len(logs)-1], "Z_")
		s.put(logs[len(logs)-1][:at-13]+stamp+logs[len(logs)-1][at+1:], zip([]byte(`{"Records":[]}`)), nil)
	}, []digest.Kind{digest.UnlistedFile}, true},
	{"a log file is put there under a name of no time", func(s *scene, _ []*synth.Digest, logs []string) {
		s.put(logs[1][:strings.LastIndex(logs[1], "/")]+"/more.json.gz", zip([]byte(`{"Records":[]}`)), nil)
	}, []digest.Kind{digest.UnlistedFile}, true},
	{"a log file is put there under a time of another day", func(s *scene, _ []*synth.Digest, logs []string) {
		folder, name := logs[1][:strings.LastIndex(logs[1], "/")], base(logs[1])
		at := strings.Index(name, "Z_")
		s.put(folder+"/"+name[:at-13]+"20200101T0000"+name[at:], zip([]byte(`{"Records":[]}`)), nil)
	}, []digest.Kind{digest.UnlistedFile}, true},

	{"a digest is removed", func(s *scene, digests []*synth.Digest, _ []string) {
		delete(s.objects, digests[2].Name)
	}, []digest.Kind{digest.MissingDigest}, false},
	{"the oldest digest is removed", func(s *scene, digests []*synth.Digest, _ []string) {
		delete(s.objects, digests[0].Name)
	}, []digest.Kind{digest.MissingDigest}, false},
	{"three digests are removed", func(s *scene, digests []*synth.Digest, _ []string) {
		for _, d := range digests[1:4] {
			delete(s.objects, d.Name)
		}
	}, []digest.Kind{digest.MissingDigest}, false},
	{"a hash in a digest is changed", func(s *scene, digests []*synth.Digest, logs []string) {
		d := listing(digests, logs[1])
		s.putDigest(edited(d, `"hashValue":"`, `"hashValue":"00`))
	}, []digest.Kind{digest.AlteredDigest}, false},
	{"a log file is removed, and its entry from the digest", func(s *scene, digests []*synth.Digest, logs []string) {
		s.putDigest(rewritten(listing(digests, logs[1]), map[string]any{"logFiles": []any{}}))
		delete(s.objects, logs[1])
	}, []digest.Kind{digest.AlteredDigest}, false},
	{"a digest is changed and signed with another key", func(s *scene, digests []*synth.Digest, logs []string) {
		d := edited(listing(digests, logs[1]), synth.Fingerprint(ours()), synth.Fingerprint(strange()))
		d.Sign(strange())
		s.putDigest(d)
	}, []digest.Kind{digest.UnknownKey}, false},
	{"a digest is changed and signed with another key under the right name", func(s *scene, digests []*synth.Digest, logs []string) {
		d := edited(digests[len(digests)-1], `"logFiles":[`, `"logFiles": [`)
		d.Sign(strange())
		s.putDigest(d)
	}, []digest.Kind{digest.BadSignature}, false},
	{"all digests are signed with another key", func(s *scene, digests []*synth.Digest, _ []string) {
		var before *synth.Digest
		for _, d := range digests {
			e := edited(d, synth.Fingerprint(ours()), synth.Fingerprint(strange()))
			if before != nil {
				e = behind(e, before)
			}
			e.Sign(strange())
			s.putDigest(e)
			before = e
		}
	}, []digest.Kind{digest.UnknownKey}, false},
	{"the newest digest is replaced by an older one", func(s *scene, digests []*synth.Digest, _ []string) {
		s.put(digests[len(digests)-1].Name, digests[len(digests)-3].Gzip(), digests[len(digests)-3].Metadata)
	}, []digest.Kind{digest.ReplayedDigest}, false},
	{"a digest is replaced by an older one", func(s *scene, digests []*synth.Digest, _ []string) {
		s.put(digests[3].Name, digests[1].Gzip(), digests[1].Metadata)
	}, []digest.Kind{digest.ReplayedDigest}, false},
	{"a digest is moved", func(s *scene, digests []*synth.Digest, _ []string) {
		d := digests[2]
		delete(s.objects, d.Name)
		s.put(strings.Replace(d.Name, "_main", "_other", 1), d.Gzip(), d.Metadata)
	}, []digest.Kind{digest.MissingDigest, digest.MovedDigest}, false},
	{"a digest is damaged", func(s *scene, digests []*synth.Digest, _ []string) {
		s.put(digests[2].Name, []byte("nothing"), digests[2].Metadata)
	}, []digest.Kind{digest.DamagedDigest}, false},
	{"a signature is replaced by that of another digest", func(s *scene, digests []*synth.Digest, _ []string) {
		s.put(digests[2].Name, digests[2].Gzip(), digests[1].Metadata)
	}, []digest.Kind{digest.SignatureReplaced}, false},
	{"the newest signature is replaced by that of another digest", func(s *scene, digests []*synth.Digest, _ []string) {
		s.put(digests[len(digests)-1].Name, digests[len(digests)-1].Gzip(), digests[1].Metadata)
	}, []digest.Kind{digest.BadSignature}, false},
	{"a digest is written anew, without its signature", func(s *scene, digests []*synth.Digest, _ []string) {
		s.copied = false // a copy has none
		s.put(digests[2].Name, digests[2].Gzip(), nil)
	}, []digest.Kind{digest.SignatureReplaced}, false},
	{"the newest digest is written anew, without its signature", func(s *scene, digests []*synth.Digest, _ []string) {
		s.copied = false
		s.put(digests[len(digests)-1].Name, digests[len(digests)-1].Gzip(), nil)
	}, []digest.Kind{digest.UnsignedDigest}, false},
	{"the signature is by another algorithm", func(s *scene, digests []*synth.Digest, _ []string) {
		d := edited(digests[2], "SHA256withRSA", "MD5withRSA")
		s.putDigest(d)
	}, []digest.Kind{digest.WrongAlgorithm}, false},
	{"the metadata tells of another algorithm", func(s *scene, digests []*synth.Digest, _ []string) {
		d := edited(digests[2], "SHA256withRSA", "SHA256withRSA ")
		d.JSON = digests[2].JSON
		d.Metadata["signature-algorithm"] = "none"
		s.putDigest(d)
	}, []digest.Kind{digest.WrongAlgorithm}, false},
	{"a log file's hash is by another algorithm", func(s *scene, digests []*synth.Digest, logs []string) {
		d := edited(listing(digests, logs[1]), `"hashAlgorithm":"SHA-256"`, `"hashAlgorithm":"MD5"`)
		d.Sign(ours())
		s.putDigest(d)
	}, []digest.Kind{digest.WrongAlgorithm}, false},
	{"digests end, and log files go on", func(s *scene, digests []*synth.Digest, logs []string) {
		newest := cloudtrail.ParseLogFileName(logs[len(logs)-1]).Delivered
		for _, d := range digests {
			n, _ := digest.ParseName(d.Name)
			if n.End > newest-3*3600 {
				delete(s.objects, d.Name)
			}
		}
	}, []digest.Kind{digest.ChainEnded}, false},
	{"a digest that the chain does not know is put there", func(s *scene, digests []*synth.Digest, _ []string) {
		// Genuine in itself, as if there were two histories.
		n, _ := digest.ParseName(digests[3].Name)
		old, later := n.End.Time().Format("20060102T150405Z"), (n.End + 600).Time().Format("20060102T150405Z")
		name := strings.Replace(digests[3].Name, old, later, 1)
		d := rewritten(digests[3], map[string]any{"digestEndTime": (n.End + 600).String(), "digestS3Object": name})
		d.Name = name
		d.Sign(ours())
		s.putDigest(d)
	}, []digest.Kind{digest.UnlinkedDigest}, false},
}

// base is the last part of a key.
func base(key string) string { return key[strings.LastIndex(key, "/")+1:] }

// listing is the digest that lists a log file.
func listing(digests []*synth.Digest, log string) *synth.Digest {
	for _, d := range digests {
		if bytes.Contains(d.JSON, []byte(log)) {
			return d
		}
	}
	panic("no digest lists " + log)
}

// rewritten is a digest with other members, not yet signed.
func rewritten(d *synth.Digest, members map[string]any) *synth.Digest {
	all := map[string]any{}
	if err := json.Unmarshal(d.JSON, &all); err != nil {
		panic(err)
	}
	maps.Copy(all, members)
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return &synth.Digest{Name: d.Name, JSON: text, Metadata: maps.Clone(d.Metadata)}
}

// behind is a digest that has another one before it.
func behind(d, before *synth.Digest) *synth.Digest {
	sum := sha256.Sum256(before.JSON)
	return rewritten(d, map[string]any{
		"previousDigestHashValue": hex.EncodeToString(sum[:]), "previousDigestSignature": before.Metadata["signature"],
	})
}

// TestTampering does each of them to a log that is whole, in a bucket and in a
// copy of one with the signatures, and holds the findings to what was done.
func TestTampering(t *testing.T) {
	whole := trimmed(t, oneTrail())
	at := whole.busy()
	digests, logs := whole.of(at)
	if len(digests) < 6 || len(logs) < 6 {
		t.Fatalf("a place with %d digests and %d log files is too small", len(digests), len(logs))
	}
	for _, c := range tamperings {
		for _, copied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/copied=%v", c.name, copied), func(t *testing.T) {
				s := copyOf(t, whole)
				s.copied = copied
				c.does(s, digests, logs)
				r := s.verify(digest.Options{}, keys(t))
				if got := kinds(r); !slices.Equal(got, c.want) {
					t.Fatalf("found %q, want %q: %s", got, c.want, dump(r))
				}
				for _, f := range r.Findings {
					if f.Text == "" || f.Place != at || f.File == "" && f.Digest == "" {
						t.Errorf("a finding that does not tell: %+v", f)
					}
				}
			})
		}
	}
}
