package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// fixtures are the scripts' commands that make what a txtar cannot hold:
//
//	gz FILE...            gzips files in place, as FILE.gz
//	cut FILE BYTES        cuts a file to its first bytes, or by -bytes at its end
//	spoil FILE OFFSET     turns one byte into another; a negative offset counts from the end
//	swap FILE OLD NEW     replaces text; OLD and NEW may have Go's escapes, as \x00
//	damage FOLDER         spoils a byte in the middle of every file below a folder
//	record FILE KIND      writes a log file of three records, the middle one of a KIND
//	digests FOLDER BUCKET writes the digest files of the demo in a folder, as of a bucket, and keys.json and strange.json
//	exits N COMMAND...    runs a command that must end with that exit status
var fixtures = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":  exitsCommand,
	"gz":     gzFixture,
	"cut":    cutFixture,
	"spoil":  spoilFixture,
	"damage": damageFixture,
	"swap":   swapFixture,
	"record": recordFixture,

	"digests": digestsFixture,
}

func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func gzFixture(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(ts.ReadFile(name)))
		ts.Check(err)
		ts.Check(z.Close())
		ts.Check(os.WriteFile(ts.MkAbs(name+".gz"), b.Bytes(), 0o600))
		ts.Check(os.Remove(ts.MkAbs(name)))
	}
}

func cutFixture(ts *testscript.TestScript, _ bool, args []string) {
	body := ts.ReadFile(args[0])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(body[:n]), 0o600))
}

func spoilFixture(ts *testscript.TestScript, _ bool, args []string) {
	body := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(body)
	}
	body[n] ^= 0x55
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), body, 0o600))
}

func damageFixture(ts *testscript.TestScript, _ bool, args []string) {
	spoiled := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil || len(body) == 0 {
			return err
		}
		body[len(body)/2] ^= 0x55
		spoiled++
		return os.WriteFile(path, body, 0o600)
	}))
	if spoiled == 0 {
		ts.Fatalf("%s: there is no file to damage", args[0])
	}
}

func swapFixture(ts *testscript.TestScript, _ bool, args []string) {
	body := ts.ReadFile(args[0])
	from, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	to, err := strconv.Unquote(`"` + args[2] + `"`)
	ts.Check(err)
	if !strings.Contains(body, from) {
		ts.Fatalf("%s does not hold %q", args[0], from)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(body, from, to)), 0o600))
}

// recordFixture writes a log file whose first and last record are good.
func recordFixture(ts *testscript.TestScript, _ bool, args []string) {
	middle := map[string]func() string{
		"deep": func() string { return strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000) },
		"large": func() string {
			return plainRecord("large", `"requestParameters":{"text":"`+strings.Repeat("x", 1<<20)+`"}`)
		},
		"string": func() string { return `"{\"eventName\":\"GetObject\"}"` },
		"nul":    func() string { return plainRecord("n", `"userAgent":"a`+"\x00"+`b"`) },
		"utf8":   func() string { return plainRecord("u", `"userAgent":"a`+"\xff\xfe"+`b"`) },
		"bomb":   func() string { return strings.Repeat(" ", 8<<20) + plainRecord("b", "") },
		"hostile": func() string {
			return plainRecord("hostile", `"userAgent":"\u001b]0;owned\u0007\u202egpj.exe","errorCode":"=cmd|' /C calc'!A0"`)
		},
	}[args[1]]
	if middle == nil {
		ts.Fatalf("there is no record of kind %s", args[1])
	}
	body := `{"Records":[` + plainRecord("first", "") + "," + middle() + "," + plainRecord("last", "") + "]}"
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, []byte(body), 0o600))
}

func plainRecord(id, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q,"eventTime":"2026-03-03T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets",`+
		`"awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","recipientAccountId":"111111111111",`+
		`"userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEPERSON0001","arn":"arn:aws:iam::111111111111:user/pat","accountId":"111111111111","userName":"pat","accessKeyId":"AKIAEXAMPLEKEY000001"}%s}`, id, more)
}
