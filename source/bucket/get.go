package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Objects up to whole are read to their end before anything is made of them, so
// that one that was cut is read again from its start. CloudTrail's own are a
// hundredth of it.
const whole = 8 << 20

// attempts is how often a body is asked for again that did not come as it should.
// What S3 refuses at once the SDK has asked for again by itself.
const attempts = 4

// get asks for an object from a byte on. Who reads the body has it cut off when
// nothing comes for too long.
func (l *Log) get(ctx context.Context, o *Object, from int64) (*s3.GetObjectOutput, io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(l.bucket), Key: aws.String(o.Key), RequestPayer: l.payer()}
	if o.ETag != "" {
		in.IfMatch = aws.String(o.ETag)
	}
	if o.version != "" {
		in.VersionId = aws.String(o.version)
	}
	if from > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", from))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	// The first byte may take as long as any other.
	timer := time.AfterFunc(l.options.Stall*attempts, func() { cancel(errStalled) })
	out, err := there(ctx, l, func(api *s3.Client) (*s3.GetObjectOutput, error) { return api.GetObject(ctx, in) })
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		if context.Cause(ctx) == errStalled {
			return nil, nil, &told{"", l.stalled(), errStalled}
		}
		return nil, nil, l.explain(ctx, err, "s3:GetObject", o.Key)
	}
	return out, l.watch(out.Body, cancel), nil
}

var errStalled = errors.New("no byte came for too long")

func (l *Log) stalled() string {
	return fmt.Sprintf("nothing came for %s: look at the network%s", l.options.Stall, l.again(", and run the same command again"))
}

// again is what to do, where somebody has run a command.
func (l *Log) again(text string) string {
	if l.options.Unattended {
		return ""
	}
	return text
}

// entire reads an object to its end, from the start again where it was cut.
func (l *Log) entire(ctx context.Context, o *Object) ([]byte, error) {
	var err error
	for n := range attempts {
		if n > 0 {
			l.cost.retries.Add(1)
			if err := pause(ctx, n); err != nil {
				return nil, err
			}
		}
		out, body, getErr := l.get(ctx, o, 0)
		if getErr != nil {
			return nil, getErr
		}
		size := aws.ToInt64(out.ContentLength)
		if o.Size >= 0 && out.ContentLength != nil && size != o.Size {
			body.Close() //nolint:errcheck // not wanted
			err = fmt.Errorf("S3 sends %d bytes where it listed %d", size, o.Size)
			continue
		}
		if out.ContentLength == nil {
			size = o.Size
		}
		var all []byte
		if all, err = readBody(body, size); err == nil {
			return all, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, fmt.Errorf("asked for %d times, and each time it did not come whole: %w%s", attempts, err, l.again(": run the same command again"))
}

// readBody reads a body to its end, which is to be after size bytes; -1: wherever.
func readBody(body io.ReadCloser, size int64) ([]byte, error) {
	defer body.Close() //nolint:errcheck // only read from
	var all bytes.Buffer
	if size > 0 && size <= whole {
		all.Grow(int(size) + bytes.MinRead)
	}
	n, err := all.ReadFrom(io.LimitReader(body, whole+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cut after %d bytes: %w", n, err)
	case size >= 0 && n != size:
		return nil, fmt.Errorf("%d bytes came of %d", n, size)
	}
	return all.Bytes(), nil
}

// pause waits longer each time, and not as long as the others who wait.
func pause(ctx context.Context, n int) error {
	wait := 100 * time.Millisecond << n
	timer := time.NewTimer(wait/2 + rand.N(wait))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch counts a body's bytes, and cuts it off when none come.
func (l *Log) watch(body io.ReadCloser, cancel context.CancelCauseFunc) io.ReadCloser {
	w := &watched{body: body, log: l, cancel: cancel}
	w.timer = time.AfterFunc(l.options.Stall, func() { cancel(errStalled) })
	return w
}

type watched struct {
	body   io.ReadCloser
	log    *Log
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.log.options.Stall)
	n, err := w.body.Read(p)
	if !w.timer.Stop() && err != nil && err != io.EOF {
		err = errors.New(w.log.stalled())
	}
	w.log.cost.bytes.Add(int64(n))
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.cancel(nil)
	return err
}

// long reads an object too large to be held: where it was cut it goes on from
// there, and only with the same bytes.
type long struct {
	ctx    context.Context
	log    *Log
	object Object
	body   io.ReadCloser
	at     int64 // bytes read
	cut    int64 // where it was cut last
	failed int   // attempts since it last got on well
}

// well is how far a body has to come to be worth another few attempts.
const well = 1 << 20

func (r *long) Read(p []byte) (int, error) {
	for {
		n, err := r.read(p)
		r.at += int64(n)
		switch {
		case err == nil:
			return n, nil
		case err == io.EOF && r.at == r.object.Size:
			return n, io.EOF
		case err == io.EOF:
			err = fmt.Errorf("%d bytes came of %d", r.at, r.object.Size)
		}
		if _, said := errors.AsType[*told](err); said || r.ctx.Err() != nil {
			return n, err
		}
		if r.at == r.object.Size { // all came, and not as its checksum says: nothing is left to ask for
			return n, fmt.Errorf("%w: %w", ErrAltered, err)
		}
		r.close()
		if r.at-r.cut >= well {
			r.failed = 0
		}
		r.cut = r.at
		if r.failed++; r.failed >= attempts || r.at > r.object.Size {
			return n, fmt.Errorf("asked for %d times, and each time it did not come whole: %w%s", r.failed, err, r.log.again(": run the same command again"))
		}
		r.log.cost.retries.Add(1)
		if err := pause(r.ctx, r.failed); err != nil {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
	}
}

// read reads on, and asks for the rest where it was cut.
func (r *long) read(p []byte) (int, error) {
	if r.body == nil {
		out, body, err := r.log.get(r.ctx, &r.object, r.at)
		if err != nil {
			return 0, err
		}
		if err := r.take(out, body); err != nil {
			r.body = body
			return 0, err
		}
	}
	return r.body.Read(p)
}

// take takes over an answer, if it is of the rest that was asked for.
func (r *long) take(out *s3.GetObjectOutput, body io.ReadCloser) error {
	if size := aws.ToInt64(out.ContentLength); out.ContentLength != nil && size != r.object.Size-r.at {
		return fmt.Errorf("S3 sends %d bytes where it listed %d", size, r.object.Size-r.at)
	}
	if r.at > 0 && !strings.HasPrefix(aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-", r.at)) {
		return errors.New("S3 does not send the part that was asked for")
	}
	r.body = body
	return nil
}

func (r *long) close() {
	if r.body != nil {
		r.body.Close() //nolint:errcheck // only read from
		r.body = nil
	}
}

func (r *long) Close() error {
	r.close()
	return nil
}
