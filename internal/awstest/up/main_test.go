package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest/demo"
	"github.com/crosstrail/crosstrail/internal/install"
)

// TestUp types what is printed: the last lines are root's, whose bucket it is.
func TestUp(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reads, writes := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, writes, io.Discard)
		_ = writes.CloseWithError(err)
		ended <- err
	}()
	lines := bufio.NewScanner(reads)
	for lines.Scan() {
		line, isExport := strings.CutPrefix(strings.TrimSpace(lines.Text()), "export ")
		for entry := range strings.FieldsSeq(line) {
			if name, value, ok := strings.Cut(entry, "="); isExport && ok {
				t.Setenv(name, value)
			}
		}
		if strings.HasSuffix(lines.Text(), "--from s3://"+demo.Bucket) {
			break
		}
	}
	go io.Copy(io.Discard, reads) //nolint:errcheck // what else is printed waits for a reader
	if err := lines.Err(); err != nil {
		install.Missing(t, "make aws-up", err)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := demo.Bucket
	listed, err := s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &name})
	if err != nil || *listed.KeyCount < 40 {
		t.Errorf("the bucket of the demo: %v, %v", listed, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
