package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

func TestFinish(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		says   string
	}{
		{"done", t.Context(), nil, 0, ""},
		{"failed", t.Context(), errors.New("disk on fire"), 1, "error: disk on fire\n"},
		{"wrong command line", t.Context(), usage(errors.New("no"), "do this", "or that"), 2, "error: no\nhint: do this\nhint: or that\n"},
		{"wrapped", t.Context(), fmt.Errorf("trace: %w", hinted(errors.New("no"), "do this")), 1, "error: trace: no\nhint: do this\n"},
		{"hostile text", t.Context(), usage(errors.New("a\x1b[31m\nerror: b\u202e"), "c\x1b\n"), 2, "error: a\\x1b[31m\\nerror: b\\u{202e}\nhint: c\\x1b\n"},
		{"said already", t.Context(), silent(exitPart), 3, ""},
		{"nobody reads any more", t.Context(), fmt.Errorf("write: %w", syscall.EPIPE), 0, ""},
		{"stopped", stopped, fmt.Errorf("read: %w", context.Canceled), 1, "error: interrupted\n"},
		{"failed while it was stopped", stopped, errors.New("disk on fire"), 1, "error: disk on fire\n"},
	} {
		var b strings.Builder
		ui := newTerminal(strings.NewReader(""), io.Discard, &b)
		if status := ui.finish(c.ctx, c.err); status != c.status || b.String() != c.says {
			t.Errorf("%s: exit status %d, %q; want %d, %q", c.name, status, b.String(), c.status, c.says)
		}
	}
}

func TestColumns(t *testing.T) {
	ui := newTerminal(strings.NewReader(""), io.Discard, io.Discard)
	for value, want := range map[string]int{"": 80, "132": 132, "wide": 80, "-5": 80} {
		t.Setenv("COLUMNS", value)
		if got := ui.columns(); got != want {
			t.Errorf("COLUMNS=%s: %d, want %d", value, got, want)
		}
	}
	ui.width = 40
	if got := ui.columns(); got != 40 {
		t.Errorf("--width 40: %d", got)
	}
}

func TestVersionTellsTheCommit(t *testing.T) {
	for _, c := range []struct {
		name string
		info debug.BuildInfo
		want []string
	}{
		{"release", debug.BuildInfo{
			GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}},
		}, []string{"crosstrail v1.2.3\ncommit abc123 of 2026-01-02T03:04:05Z\ngo1.26.8 "}},
		{"dirty", debug.BuildInfo{
			Main:     debug.Module{Version: "(devel)"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: "true"}},
		}, []string{"crosstrail development build\ncommit abc123 (dirty)\n"}},
		{"from an archive", debug.BuildInfo{}, []string{"commit unknown (built without -buildvcs=true, or outside of a git checkout)\n"}},
	} {
		var b strings.Builder
		if err := runVersion(&c.info, &b); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q lacks %q", c.name, b.String(), want)
			}
		}
	}
}

func TestASCIIOnly(t *testing.T) {
	for _, c := range []struct {
		all, lang string
		want      bool
	}{
		{"", "", false}, {"", "en_US.UTF-8", false}, {"", "C", true}, {"POSIX", "en_US.UTF-8", true}, {"de_DE.utf8", "C", false}, {"", "de_DE.ISO-8859-1", true},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", "")
		t.Setenv("LANG", c.lang)
		if got := asciiOnly(); got != c.want {
			t.Errorf("LC_ALL=%s LANG=%s: %t", c.all, c.lang, got)
		}
	}
}

func TestQuoteShell(t *testing.T) {
	for in, want := range map[string]string{"": "''", "crosstrail-demo/names.csv": "crosstrail-demo/names.csv", "my demo": "'my demo'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "a;b": "'a;b'"} {
		if got := quoteShell(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"help", "trace"}, {"who", "--help"}, {"version"}, {"completion", "bash"}} {
		var stderr strings.Builder
		if status := run(args, strings.NewReader(""), full{}, &stderr); status != exitFailed || stderr.String() != "error: "+syscall.ENOSPC.Error()+"\n" {
			t.Errorf("%q: exit status %d, %q", args, status, stderr.String())
		}
	}
}
