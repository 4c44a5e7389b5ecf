package function_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy/function"
)

// TestOpen: a program and a zip of it are taken, and whatever Lambda would not run is
// refused in words.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	programs := map[string]string{}
	for _, p := range []struct{ os, arch string }{{"linux", "arm64"}, {"linux", "amd64"}, {"linux", "riscv64"}, {"darwin", "arm64"}} {
		programs[p.os+"/"+p.arch] = compile(t, p.os, p.arch)
	}
	x86 := programs["linux/amd64"]
	write(t, "good.zip", zipOf(t, 0o755, "bootstrap", x86))
	write(t, "damaged.zip", spoiled(zipOf(t, 0o755, "bootstrap", x86)))
	write(t, "empty.zip", zipOf(t, 0o755, "", ""))
	write(t, "deep.zip", zipOf(t, 0o755, "dist/bootstrap", x86))
	write(t, "plain.zip", zipOf(t, 0o644, "bootstrap", x86))
	write(t, "script", []byte("#!/bin/sh\n"))
	write(t, "cut.zip", zipOf(t, 0o755, "bootstrap", x86)[:1000])
	large, err := os.Create("large")
	if err != nil || large.Truncate(251<<20) != nil || large.Close() != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, architecture, is, problem string }{
		{x86, "", function.X86, ""},
		{programs["linux/arm64"], "", function.ARM, ""},
		{programs["linux/arm64"], function.ARM, function.ARM, ""},
		{"good.zip", "", function.X86, ""},
		{x86, function.ARM, "", "is for x86_64, and arm64 is wanted"},
		{programs["linux/riscv64"], "", "", "EM_RISCV, and Lambda runs arm64 and x86_64"},
		{programs["darwin/arm64"], "", "", "no program for Linux"},
		{"script", "", "", "no program for Linux"},
		{"empty.zip", "", "", "no file bootstrap at the top of it, which is what Lambda starts: it is empty"},
		{"deep.zip", "", "", "what Lambda starts, but dist/bootstrap"},
		{"plain.zip", "", "", "no permission to be run"},
		{"cut.zip", "", "", "neither a zip nor a program"},
		{"damaged.zip", "", "", "bootstrap in it: "},
		{"large", "", "", "larger than the 250 MB"},
		{"nowhere.zip", "", "", "no such file"},
	} {
		p, err := function.Open(c.file, c.architecture)
		switch {
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%s: %v, and not: %s", c.file, err, c.problem)
		case c.problem == "" && err != nil:
			t.Errorf("%s: %v", c.file, err)
		case c.problem == "" && (p.Architecture != c.is || p.From != c.file || len(p.SHA256) != 64):
			t.Errorf("%s: for %s, from %s, %s", c.file, p.Architecture, p.From, p.SHA256)
		}
	}
}

// TestSame: of the same program come the same bytes, so that what is there already is
// not uploaded again; and where nothing is said, dist is looked at.
func TestSame(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := function.Open("", ""); !errors.Is(err, function.ErrNone) {
		t.Errorf("without anything: %v", err)
	}
	program := compile(t, "linux", "arm64")
	one, err := function.Open(program, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "other", []byte(read(t, program)))
	two, err := function.Open("other", "")
	if err != nil || one.SHA256 != two.SHA256 {
		t.Errorf("%v: %s is not %s", err, two.SHA256, one.SHA256)
	}
	if err := os.Mkdir("dist", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join("dist", function.FileName(function.ARM)), one.Zip)
	p, err := function.Open("", "")
	if err != nil || p.SHA256 != one.SHA256 || p.Architecture != function.ARM {
		t.Errorf("out of dist: %v, %+v", err, p)
	}
	if _, err := function.Open("", function.X86); !errors.Is(err, function.ErrNone) || !strings.Contains(err.Error(), "dist/crosstrail-lambda-amd64.zip") {
		t.Errorf("of the other architecture: %v", err)
	}
}

// compile makes the head of a program, which is what is looked at.
func compile(t *testing.T, system, architecture string) string {
	t.Helper()
	if system != "linux" {
		return program(t, []byte("\xcf\xfa\xed\xfe"+architecture))
	}
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64,
		Machine: uint16(map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64, "riscv64": elf.EM_RISCV}[architecture]),
	}
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, h); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4096) // that cannot be compressed
	rand.NewChaCha8([32]byte{}).Read(text)
	return program(t, append(b.Bytes(), text...))
}

func program(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "main")
	write(t, name, data)
	return name
}

func zipOf(t *testing.T, mode os.FileMode, name, from string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if name != "" {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(read(t, from)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// spoiled turns a byte of what is compressed into another.
func spoiled(zipped []byte) []byte {
	zipped = bytes.Clone(zipped)
	zipped[len(zipped)/2] ^= 0x55
	return zipped
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o700); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
