package awstest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// listing is what one list gives over all its pages, page by page.
func listing(t *testing.T, cfg aws.Config, input s3.ListObjectsV2Input) (pages []string) {
	t.Helper()
	lists := s3.NewListObjectsV2Paginator(s3.NewFromConfig(cfg), &input)
	for lists.HasMorePages() {
		page, err := lists.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprint("page of ", *page.KeyCount, ":")
		for _, o := range page.Contents {
			line += fmt.Sprint(" ", *o.Key, " ", *o.Size, " ", *o.ETag)
		}
		for _, p := range page.CommonPrefixes {
			line += " " + *p.Prefix
		}
		pages = append(pages, line)
	}
	return pages
}

// TestLoadListsAlike: whatever is asked, Load lists what ministack lists.
func TestLoadListsAlike(t *testing.T) {
	stand := stack.Start(t)
	bucket, load := stand.Account(prod).Bucket(t, "logs"), awstest.OpenLoad("logs")
	t.Cleanup(load.Close)
	random := rand.New(rand.NewPCG(5, 5))
	name := func() string {
		text := make([]byte, 1+random.IntN(6))
		for i := range text {
			text[i] = "ab/-"[random.IntN(4)]
		}
		return "k" + string(text)
	}
	var objects []awstest.Object
	for range 60 {
		o := awstest.Object{Key: name(), Body: []byte(name())}
		objects = append(objects, o)
		load.Put(o)
	}
	slices.Reverse(objects) // the last of two with one key counts in both
	seen := map[string]bool{}
	objects = slices.DeleteFunc(objects, func(o awstest.Object) bool {
		again := seen[o.Key]
		seen[o.Key] = true
		return again
	})
	bucket.Put(t, objects...)

	for range 80 {
		input := s3.ListObjectsV2Input{Bucket: &bucket.Name, MaxKeys: aws.Int32(int32(1 + random.IntN(5)))}
		if random.IntN(2) == 0 {
			input.Prefix = aws.String(name()[:1+random.IntN(2)])
		}
		// Both together: AWS does not say what a key inside a common prefix means.
		switch random.IntN(3) {
		case 0:
			input.Delimiter = aws.String("/")
		case 1:
			input.StartAfter = aws.String(name())
		}
		if diff := cmp.Diff(listing(t, stand.Account(prod).Config(), input), listing(t, load.Config(), input)); diff != "" {
			t.Fatalf("%+v (- ministack, + Load):\n%s", input, diff)
		}
	}
}

func TestLoadServes(t *testing.T) {
	load := awstest.OpenLoad("logs")
	t.Cleanup(load.Close)
	for i := range 2500 {
		load.Put(awstest.Object{Key: fmt.Sprintf("%04d", i), Body: []byte("body"), Metadata: map[string]string{"signature": "abc"}})
	}
	cfg := load.Config()
	if body, err := get(t, cfg, "logs", "0007"); err != nil || string(body) != "body" {
		t.Errorf("%q, %v", body, err)
	}
	head, err := s3.NewFromConfig(cfg).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("0007")})
	if err != nil || head.Metadata["signature"] != "abc" || *head.ContentLength != 4 {
		t.Errorf("%v, %v", head, err)
	}
	if _, err := get(t, cfg, "logs", "none"); code(err) != "NoSuchKey" {
		t.Errorf("a missing key: %v", err)
	}
	if _, err := get(t, cfg, "other", "none"); code(err) != "NoSuchBucket" {
		t.Errorf("a missing bucket: %v", err)
	}
	if pages := listing(t, cfg, s3.ListObjectsV2Input{Bucket: aws.String("logs")}); len(pages) != 3 {
		t.Errorf("%d pages of 2500", len(pages))
	}
	if got, want := load.Served(), (awstest.Served{Lists: 3, Gets: 2, Bytes: 4}); got != want {
		t.Errorf("served %+v, not %+v", got, want)
	}
}

func BenchmarkLoadGet(b *testing.B) {
	load := awstest.OpenLoad("logs")
	b.Cleanup(load.Close)
	body := make([]byte, 20_000)
	load.Put(awstest.Object{Key: "one", Body: body})
	client := s3.NewFromConfig(load.Config(), quiet)
	b.SetBytes(int64(len(body)))
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			out, err := client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("one")})
			if err != nil {
				b.Error(err)
				return
			}
			if err := out.Body.Close(); err != nil {
				b.Error(err)
			}
		}
	})
}
