package main

import (
	"crypto/rsa"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// demoSealed is when the demo's trail begins to write digests: the day of 2016
// was before that.
var demoSealed = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

var (
	demoKey     = sync.OnceValue(func() *rsa.PrivateKey { return synth.SigningKey(1) })
	strangerKey = sync.OnceValue(func() *rsa.PrivateKey { return synth.SigningKey(2) })
)

func demoDigests(bucket string) []synth.Digest {
	return synth.Digests(synth.Demo().Files(), synth.Trail{Bucket: bucket, Key: demoKey(), From: demoSealed})
}

// digestsFixture writes the demo's digest files into its folder, as they are
// copied from a bucket, with what head-object prints beside each, and the public
// keys into keys.json, those of a stranger into strange.json.
func digestsFixture(ts *testscript.TestScript, _ bool, args []string) {
	var packer synth.Packer
	for _, d := range demoDigests(args[1]) {
		path := filepath.Join(ts.MkAbs(args[0]), filepath.FromSlash(d.Name))
		ts.Check(writeFile(path, packer.Pack(d.JSON)))
		ts.Check(writeFile(path+".head.json", d.Head()))
	}
	for name, key := range map[string]*rsa.PrivateKey{"keys.json": demoKey(), "strange.json": strangerKey()} {
		ts.Check(os.WriteFile(ts.MkAbs(name), synth.PublicKeys(demoSealed, demoSealed.AddDate(0, 3, 0), key), 0o600))
	}
}

// sealed puts the demo's digests into a bucket, each with its metadata, and their
// public key where ListPublicKeys finds it.
func (s scripted) sealed(ts *testscript.TestScript, _ bool, args []string) {
	var all []awstest.Object
	var packer synth.Packer
	for _, d := range demoDigests(args[0]) {
		all = append(all, awstest.Object{Key: d.Name, Body: packer.Pack(d.JSON), Metadata: d.Metadata})
	}
	s.owned(args[0]).Put(s.t, all...)
	s.aws.PublicKeys(s.t, "us-east-1", awstest.PublicKey{Key: &demoKey().PublicKey, Since: demoSealed, Until: demoSealed.AddDate(0, 3, 0)})
}
