package iam_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
)

// TestTryMarker: what a try left in a store that knows no If-Match on DELETE is named.
func TestTryMarker(t *testing.T) {
	stand := stack.Start(t)
	b, _ := logged(t, stand)
	b.Versioned(t)
	x := given(t, stand, b, share.Want{To: reader, Via: share.Role}, "kim")
	x.put(awstest.Allow("arn:aws:s3:::acme-logs/*", "s3:DeleteObject"))
	x.reader.Plain = withoutIfMatch(x.reader.Plain)
	got := x.outcomes()[share.TryDelete]
	key, found := strings.CutPrefix(got.Where, "s3://acme-logs/")
	_, version, told := strings.Cut(got.Why, "it left a delete marker for a file that never was, version ")
	version, _, _ = strings.Cut(version, ",")
	if got.Got != share.Works || !found || !told || !strings.Contains(versions(t, b), "deleted "+key+" "+version) {
		t.Errorf("%+v", got)
	}
}

// withoutIfMatch has a store not know of the condition: it never gets there.
func withoutIfMatch(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("without If-Match", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			if r, ok := in.Request.(*smithyhttp.Request); ok {
				r.Header.Del("If-Match")
			}
			return next.HandleBuild(ctx, in)
		}), middleware.After)
	})
	return cfg
}
