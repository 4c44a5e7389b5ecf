package lineage_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/lineage"
)

// Vector 35: what makes two records of one event a duplicate, and what a variant.
func TestFingerprint(t *testing.T) {
	base := sts("AssumeRole", alice, request, `{`+credentials+`,`+assumed+`}`)
	use, _ := read(t, base)
	plain := call("s3.amazonaws.com", "GetObject", alice, `{"bucketName":"b"}`, "null", "")
	plainUse, _ := read(t, plain)

	for _, c := range []struct {
		name, was, now string
		of             string
	}{
		{"white space and order", `"requestID":"req-1","eventID":"ev-1"`, "\n \"eventID\" : \"ev-1\" , \"requestID\":\"req-1\"", base},
		{"an escaped letter", `user/alice`, `user\/\u0061lice`, base},
		{"a field that links nothing", `"userAgent":"aws-cli"`, `"userAgent":"boto3"`, base},
		{"the session token", `SECRET`, `REDACTED`, base},
		{"parameters of a call that issues nothing", `"bucketName":"b"`, `"roleArn":"x"`, plain},
	} {
		t.Run("same but for "+c.name, func(t *testing.T) {
			changed := strings.Replace(c.of, c.was, c.now, 1)
			if changed == c.of {
				t.Fatalf("%q is not in the record", c.was)
			}
			want := use.Fingerprint
			if c.of == plain {
				want = plainUse.Fingerprint
			}
			if got, _ := read(t, changed); got.Fingerprint != want {
				t.Errorf("fingerprint %x, want %x", got.Fingerprint, want)
			}
		})
	}

	for _, c := range []struct{ name, was, now string }{
		{"time", `12:00:00Z`, `12:00:01Z`},
		{"source", `"eventSource":"sts.amazonaws.com"`, `"eventSource":"sts.eu-west-1.amazonaws.com"`},
		{"request id", `req-1`, `req-2`},
		{"caller", `AIDAQQQQALICE`, `AIDAQQQQMALLORY`},
		{"caller's name", `"userName":"alice"`, `"userName":"mallory"`},
		{"caller's key", `AKIAQQQQALICE1`, `AKIAQQQQALICE2`},
		{"role", `role/x/reader`, `role/x/writer`},
		{"session name", `"roleSessionName":"build-7"`, `"roleSessionName":"build-8"`},
		{"issued key", `ASIAQQQQKEYNUMBERONE`, `ASIAQQQQKEYNUMBERTWO`},
		{"expiration", `1:00:00 PM`, `2:00:00 PM`},
		{"assumed role", `AROAQQQQREADER`, `AROAQQQQWRITER`},
		{"assumed role's ARN", `assumed-role/reader`, `assumed-role/writer`},
		{"failure", `"requestID"`, `"errorCode":"AccessDenied","requestID"`},
		{"partner copy", `"requestID"`, `"sharedEventID":"s","requestID"`},
		{"text that moves to the field beside it", `"userName":"alice"}`, `"userName":"ali","identityProvider":"ce"}`},
	} {
		t.Run("another "+c.name, func(t *testing.T) {
			changed := strings.Replace(base, c.was, c.now, 1)
			if changed == base {
				t.Fatalf("%q is not in the record", c.was)
			}
			if got, _ := read(t, changed); got.Fingerprint == use.Fingerprint {
				t.Errorf("one fingerprint, %x, for both", got.Fingerprint)
			}
		})
	}
}

// Of two variants the one with more link fields is shown: its print is less.
func TestFingerprintRanksTheFullerRecordFirst(t *testing.T) {
	fuller := sts("AssumeRole", alice, request, `{`+credentials+`,`+assumed+`}`)
	for _, lost := range []string{
		`,"accessKeyId":"AKIAQQQQALICE1"`, `"requestID":"req-1",`, `,"roleSessionName":"build-7"`,
		`,"expiration":"Mar 1, 2024, 1:00:00 PM"`, `"assumedRoleId":"AROAQQQQREADER:build-7",`,
	} {
		less := strings.Replace(fuller, lost, "", 1)
		a, _ := read(t, fuller)
		b, _ := read(t, less)
		if b.Fingerprint.Missing() != a.Fingerprint.Missing()+1 || b.Fingerprint <= a.Fingerprint {
			t.Errorf("without %s: %d fields missing against %d, fingerprint %x against %x",
				lost, b.Fingerprint.Missing(), a.Fingerprint.Missing(), b.Fingerprint, a.Fingerprint)
		}
	}
}

// Fingerprints are stored, so they must never change by themselves.
func TestFingerprintIsTheSameEverywhere(t *testing.T) {
	use, _ := read(t, sts("AssumeRole", alice, request, `{`+credentials+`,`+assumed+`}`))
	const want = lineage.Fingerprint(0x133d35e20db5d8b2)
	if use.Fingerprint != want {
		t.Errorf("fingerprint %#x, want %#x: stores made so far would hold every event twice", uint64(use.Fingerprint), uint64(want))
	}
}
