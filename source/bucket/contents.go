package bucket

import (
	"bytes"
	"context"
	"html"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// contents takes the keys out of a list's answer before the SDK reads it, which
// takes 10 µs a key: the year of an organisation has a hundred million. What it
// does not know it leaves to the SDK.
type contents struct{ objects []types.Object }

func (c *contents) options(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("crosstrailContents", c.take), "OperationDeserializer", middleware.After)
	})
}

// mostPage bounds the answer to a list: a thousand keys of 1,024 signs, each
// escaped, are less.
const mostPage = 16 << 20

func (c *contents) take(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, meta, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode != 200 {
		return out, meta, err
	}
	whole, readErr := io.ReadAll(io.LimitReader(response.Body, mostPage))
	var rest []byte
	rest, c.objects = cutContents(whole)
	body := io.Reader(bytes.NewReader(rest))
	if readErr != nil {
		body = io.MultiReader(body, failing{readErr})
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	return out, meta, nil
}

// failing fails as the body did that was read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// cutContents takes the objects out of a ListBucketResult. Of what is written
// otherwise than S3 does it takes nothing.
func cutContents(body []byte) (rest []byte, objects []types.Object) {
	if bytes.Contains(body, []byte("<!")) {
		return body, nil // comments, CDATA, a document type
	}
	left := body
	for {
		before, behind, ok := bytes.Cut(left, []byte("<Contents>"))
		if !ok {
			return append(rest, left...), objects
		}
		inside, behind, ok := bytes.Cut(behind, []byte("</Contents>"))
		if !ok {
			return body, nil
		}
		o, ok := readContents(inside)
		if !ok {
			return body, nil
		}
		rest, left = append(rest, before...), behind
		objects = append(objects, o)
	}
}

func readContents(inside []byte) (o types.Object, ok bool) {
	key, ok := element(inside, "Key")
	if !ok || bytes.Contains(inside, []byte("<Contents")) {
		return o, false
	}
	o.Key = aws.String(key)
	if text, ok := element(inside, "Size"); ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return o, false
		}
		o.Size = aws.Int64(n)
	}
	if text, ok := element(inside, "ETag"); ok {
		o.ETag = aws.String(text)
	}
	if text, ok := element(inside, "LastModified"); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			o.LastModified = &at
		}
	}
	text, _ := element(inside, "StorageClass")
	o.StorageClass = types.ObjectStorageClass(text)
	return o, true
}

// element is the text of an element that holds nothing but text.
func element(in []byte, name string) (string, bool) {
	_, behind, ok := bytes.Cut(in, []byte("<"+name+">"))
	if !ok {
		return "", false
	}
	text, end, ok := bytes.Cut(behind, []byte("<"))
	if !ok || !bytes.HasPrefix(end, []byte("/"+name+">")) {
		return "", false
	}
	if s := string(text); strings.Contains(s, "&") {
		return html.UnescapeString(s), true
	}
	return string(text), true
}
