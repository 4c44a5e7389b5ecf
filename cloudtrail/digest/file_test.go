package digest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// example is a digest as AWS documents it, with one log file.
const example = `{"awsAccountId":"111122223333","digestStartTime":"2015-08-17T14:01:31Z","digestEndTime":"2015-08-17T15:01:31Z",` +
	`"digestS3Bucket":"amzn-s3-demo-bucket","digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2015/08/17/111122223333_CloudTrail-Digest_us-east-2_your-trail-name_us-east-2_20150817T150131Z.json.gz",` +
	`"digestPublicKeyFingerprint":"31e8b5433410dfb61a9dc45cc65b22ff","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":"2015-08-17T14:52:27Z","oldestEventTime":"2015-08-17T14:42:27Z",` +
	`"previousDigestS3Bucket":"amzn-s3-demo-bucket","previousDigestS3Object":"AWSLogs/previous.json.gz","previousDigestHashValue":"97fb","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"5088",` +
	`"logFiles":[{"s3Bucket":"amzn-s3-demo-bucket","s3Object":"AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/17/111122223333_CloudTrail_us-east-2_20150817T1445Z_9nYN7gp2eWAJHIfT.json.gz",` +
	`"hashValue":"9bb6","hashAlgorithm":"SHA-256","newestEventTime":"2015-08-17T14:36:09Z","oldestEventTime":"2015-08-17T14:36:09Z"}]}`

func TestParse(t *testing.T) {
	f, err := digest.Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if f.Account != "111122223333" || f.Start.String() != "2015-08-17T14:01:31Z" || f.Previous == nil || f.Previous.Hash != "97fb" || len(f.Logs) != 1 || f.Logs[0].Oldest.String() != "2015-08-17T14:36:09Z" {
		t.Errorf("%+v", f)
	}
	want := fmt.Sprintf("2015-08-17T15:01:31Z\namzn-s3-demo-bucket/%s\n%x\n5088", f.Object, f.Sum)
	if got := f.SigningString(); got != want {
		t.Errorf("signing string %q, want %q", got, want)
	}
	starting := example
	for _, member := range []string{`"previousDigestS3Bucket":"amzn-s3-demo-bucket"`, `"previousDigestS3Object":"AWSLogs/previous.json.gz"`, `"previousDigestHashValue":"97fb"`, `"previousDigestHashAlgorithm":"SHA-256"`, `"previousDigestSignature":"5088"`} {
		name, _, _ := strings.Cut(member, ":")
		starting = strings.Replace(starting, member, name+":null", 1)
	}
	if f, err = digest.Parse([]byte(starting)); err != nil || f.Previous != nil || !strings.HasSuffix(f.SigningString(), "\nnull") {
		t.Errorf("a starting digest: %+v, %v", f, err)
	}
}

func TestParseRefuses(t *testing.T) {
	with := func(old, by string) string {
		s := strings.Replace(example, old, by, 1)
		if s == example {
			panic("not there: " + old)
		}
		return s
	}
	for name, c := range map[string]struct{ text, fails string }{
		"empty":                  {"", "EOF"},
		"an array":               {"[]", "no JSON object"},
		"cut short":              {example[:len(example)/2], "unexpected E"},
		"more behind":            {example + "{}", "something follows"},
		"no end":                 {with(`"digestEndTime":"2015-08-17T15:01:31Z",`, ""), "digestEndTime is missing"},
		"no previous signature":  {with(`"previousDigestSignature":"5088",`, ""), "previousDigestSignature is missing"},
		"no log files":           {with(`"logFiles":[`, `"files":[`), "logFiles is missing"},
		"log files are a text":   {with(`"logFiles":[`, `"logFiles":"","x":[`), "logFiles is no array"},
		"a log file is a text":   {with(`"logFiles":[`, `"logFiles":["",`), "log file 0: it is no JSON object"},
		"a log file is bare":     {with(`"logFiles":[`, `"logFiles":[{},`), "log file 0: s3Bucket is missing"},
		"a hash is a number":     {with(`"hashValue":"9bb6"`, `"hashValue":9`), "log file 0: hashValue is no text"},
		"a text is null":         {with(`"digestS3Bucket":"amzn-s3-demo-bucket"`, `"digestS3Bucket":null`), "digestS3Bucket is no text"},
		"twice":                  {with(`"digestS3Bucket":`, `"digestS3Bucket":"other","digestS3Bucket":`), `"digestS3Bucket" is there twice`},
		"a hash twice":           {with(`"hashValue":"9bb6"`, `"hashValue":"9bb6","hashValue":"00"`), `"hashValue" is there twice`},
		"part of the one before": {with(`"previousDigestHashValue":"97fb"`, `"previousDigestHashValue":null`), "only a part"},
		"no time":                {with("2015-08-17T14:01:31Z", "once"), "digestStartTime is no time"},
		"backwards":              {with("2015-08-17T14:01:31Z", "2016-08-17T14:01:31Z"), "before it starts"},
		"another case":           {with("digestStartTime", "DigestStartTime"), "digestStartTime is missing"},
		"deep":                   {with(`"logFiles":`, `"x":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+`,"logFiles":`), "depth"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := digest.Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want one with %q", err, c.fails)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

func TestRead(t *testing.T) {
	for name, in := range map[string]io.Reader{"gzip": bytes.NewReader(zip([]byte(example))), "plain": strings.NewReader(example)} {
		if f, err := digest.Read(in); err != nil || len(f.Logs) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		in    io.Reader
		fails string
	}{
		"a bomb":         {bytes.NewReader(zip(make([]byte, digest.MaxSize+1))), "more than 16 MiB"},
		"without end":    {endless{}, "more than 16 MiB"},
		"cut":            {bytes.NewReader(zip([]byte(example))[:100]), "unexpected EOF"},
		"what is behind": {io.MultiReader(bytes.NewReader(zip([]byte(example))), broken{}), "the line is cut"},
		"one byte":       {strings.NewReader("\x1f"), "invalid character"},
	} {
		if _, err := digest.Read(c.in); err == nil || !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.fails)
		}
	}
}

// FuzzDigest holds the reader to encoding/json: what it takes is JSON, with the
// same members.
func FuzzDigest(f *testing.F) {
	f.Add([]byte(example))
	f.Add(zip([]byte(example)))
	f.Add([]byte(`{"logFiles":[{}]}`))
	f.Add([]byte(`{"digestStartTime":"20150817T140131Z","digestEndTime":"20150817T150131Z","digestS3Bucket":"","digestS3Object":"","digestPublicKeyFingerprint":"","digestSignatureAlgorithm":"","previousDigestSignature":null,"logFiles":null}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := digest.Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		raw := in
		if bytes.HasPrefix(in, []byte("\x1f\x8b")) {
			raw = unzip(t, in)
		}
		// Into maps: into a struct it would take members of another case too.
		var want map[string]any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("taken, and no JSON: %v", err)
		}
		logs, _ := want["logFiles"].([]any)
		if len(got.Logs) != len(logs) || got.Object != want["digestS3Object"] || got.Bucket != want["digestS3Bucket"] || got.Fingerprint != want["digestPublicKeyFingerprint"] {
			t.Fatalf("%+v of %v", got, want)
		}
		for i, l := range logs {
			l, _ := l.(map[string]any)
			if got.Logs[i].Object != l["s3Object"] || got.Logs[i].Hash != l["hashValue"] || got.Logs[i].HashAlgorithm != l["hashAlgorithm"] {
				t.Fatalf("%+v of %v", got.Logs[i], l)
			}
		}
		before, ok := want["previousDigestSignature"].(string)
		if !ok {
			before = "null"
		}
		end, _ := want["digestEndTime"].(string)
		if signed := got.SigningString(); signed != end+"\n"+got.Bucket+"/"+got.Object+"\n"+fmt.Sprintf("%x", got.Sum)+"\n"+before {
			t.Fatalf("signing string %q", signed)
		}
	})
}
