package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// request is what a list asks for.
type request struct {
	prefix, after string
	folders       bool // names of folders, not all that is in them
	most          int  // keys a page, 0: as many as S3 gives
}

// page is one answer to a list.
type page struct {
	objects []Object
	folders []string // whole paths, each with its slash
	last    string   // the last key or folder, in order
	more    bool
	token   string
}

// mostEmpty is how many empty pages that promise more are believed.
const mostEmpty = 64

// pages lists, page by page, until emit has enough. A listing that does not move
// on is refused.
func (l *Log) pages(ctx context.Context, r request, emit func(*page) (bool, error)) error {
	token, last, empty := "", "", 0
	for {
		p, err := l.page(ctx, r, token)
		if err != nil {
			return err
		}
		switch {
		case p.last != "" && p.last <= last:
			return &told{l.URI(r.prefix), "the listing goes round in a circle: what answers is no S3, or is broken", nil}
		case p.last == "":
			empty++
		default:
			last, empty = p.last, 0
		}
		if on, err := emit(p); err != nil || !on || !p.more {
			return err
		}
		if p.token == "" || p.token == token || empty > mostEmpty {
			return &told{l.URI(r.prefix), "the listing never ends: what answers is no S3, or is broken", nil}
		}
		token = p.token
	}
}

func (l *Log) page(ctx context.Context, r request, token string) (*page, error) {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(l.bucket), RequestPayer: l.payer(),
		// XML cannot hold what a key may.
		EncodingType: types.EncodingTypeUrl,
	}
	if r.prefix != "" {
		in.Prefix = aws.String(r.prefix)
	}
	if r.folders {
		in.Delimiter = aws.String("/")
	}
	if r.most > 0 {
		in.MaxKeys = aws.Int32(int32(r.most))
	}
	switch {
	case token != "":
		in.ContinuationToken = aws.String(token)
	case r.after != "":
		in.StartAfter = aws.String(r.after)
	}
	var c contents
	asked := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, l.options.Stall*attempts, errStalled)
	defer cancel()
	out, err := there(ctx, l, func(api *s3.Client) (*s3.ListObjectsV2Output, error) { return api.ListObjectsV2(ctx, in, c.options) })
	switch {
	case err != nil && context.Cause(ctx) == errStalled:
		return nil, &told{l.URI(r.prefix), l.stalled(), err}
	case err != nil:
		return nil, l.explain(asked, err, "s3:ListBucket", r.prefix)
	}
	out.Contents = append(out.Contents, c.objects...)
	return l.read(out, r)
}

// read takes over what a list answered, as far as it was asked for.
func (l *Log) read(out *s3.ListObjectsV2Output, r request) (*page, error) {
	encoded := out.EncodingType == types.EncodingTypeUrl
	p := &page{more: aws.ToBool(out.IsTruncated), token: aws.ToString(out.NextContinuationToken)}
	for i := range out.Contents {
		o := &out.Contents[i]
		key, err := decoded(aws.ToString(o.Key), encoded)
		if err != nil {
			return nil, fmt.Errorf("%s: the listing names a key that cannot be read: %w", l.URI(r.prefix), err)
		}
		p.last = max(p.last, key)
		if !strings.HasPrefix(key, r.prefix) || key <= r.after || strings.HasSuffix(key, "/") {
			continue // what was not asked for, or a folder that a console made
		}
		class := string(o.StorageClass)
		if o.StorageClass == types.ObjectStorageClassStandard {
			class = ""
		}
		one := l.listed(key, max(aws.ToInt64(o.Size), 0), aws.ToString(o.ETag), class)
		one.Modified = aws.ToTime(o.LastModified)
		p.objects = append(p.objects, one)
	}
	for i := range out.CommonPrefixes {
		name, err := decoded(aws.ToString(out.CommonPrefixes[i].Prefix), encoded)
		if err != nil {
			return nil, fmt.Errorf("%s: the listing names a folder that cannot be read: %w", l.URI(r.prefix), err)
		}
		p.last = max(p.last, name)
		if strings.HasPrefix(name, r.prefix) {
			p.folders = append(p.folders, name)
		}
	}
	return p, nil
}

// listed is an object of which a key, a size and an ETag are known.
func (l *Log) listed(key string, size int64, etag, class string) Object {
	o := Object{LogFile: cloudtrail.ParseLogFileName(l.URI(key)), Key: key, Size: size, ETag: etag, Class: class}
	o.Version = strings.Trim(etag, `"`)
	return o
}

// decoded undoes EncodingType url, which writes a space as a form does.
func decoded(s string, encoded bool) (string, error) {
	if !encoded || !strings.ContainsAny(s, "%+") {
		return s, nil
	}
	return url.QueryUnescape(s)
}

// names are the names of the folders in a folder, without their slashes; they
// are asked for once.
func (l *Log) names(ctx context.Context, folder string) ([]string, error) {
	l.mu.Lock()
	known, ok := l.folders[folder]
	l.mu.Unlock()
	if ok {
		return known, nil
	}
	names, other, of := []string{}, beside{}, placeOf(folder).level
	err := l.pages(ctx, request{prefix: folder, folders: true}, func(p *page) (bool, error) {
		for _, f := range p.folders {
			names = append(names, strings.TrimSuffix(f[len(folder):], "/"))
		}
		other.add(of, p)
		if len(names) > mostNames {
			return false, errors.New(l.URI(folder) + ": holds more folders than any organisation has accounts: name a prefix further down")
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	l.noteBeside(folder, other)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folders[folder] = names
	return names, nil
}

// mostNames is more than there are accounts in an organisation.
const mostNames = 200_000
