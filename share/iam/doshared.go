package iam

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
	"github.com/gofrs/flock"

	"github.com/crosstrail/crosstrail/share/policy"
)

// shared is the replacing of a policy that others write to as well, of a bucket or
// a key. AWS replaces it as a whole and unconditionally: who writes between another
// one's reading and writing is undone by him. Against that,
//
//	lock ─► read ─► save ─► read again ─► write ─► read back ─► unlock … a while later: is it so still?
//
// one crosstrail of a machine does it at a time; what is there right before the
// writing has to be what the plan was made from; and what was lost in the
// milliseconds that are left is told, on the side of whoever lost it.
type shared struct {
	what, arn string
	region    string
	action    string // that reading wants
	text      string // what it is to be; "" none
	read      func(context.Context) (string, error)
	write     func(context.Context) error

	was  string    // what was replaced
	done time.Time // when it was written
}

// replace does it, unless it is so already.
func (c *Client) replace(ctx context.Context, p *shared) error {
	unlock, err := c.lock(ctx, p)
	if err != nil {
		return err
	}
	defer unlock()
	if p.was, err = c.unchanged(ctx, p); err != nil || same(p.was, p.text) {
		return err
	}
	if p.was != "" {
		path, err := save(p.arn, p.was, time.Now())
		if err != nil {
			return &Error{Doing: "save " + p.what + " before it is replaced", Err: err, Hints: []string{stateHint}}
		}
		if c.Saved != nil {
			c.Saved(p.arn, path)
		}
		c.read[p.arn] = p.was
		if _, err := c.unchanged(ctx, p); err != nil { // a disk may be slow
			return err
		}
	}
	if err := c.known(ctx, func(err error) bool { return c.namesNew(err, p.text) }, p.write); err != nil {
		return err
	}
	c.read[p.arn], p.done = p.text, time.Now()
	c.wrote = append(c.wrote, p)
	if p.text == "" {
		return nil
	}
	return c.shown(ctx, p.what, p.text, func(ctx context.Context) (*policy.Document, error) {
		text, err := p.read(ctx)
		if err != nil || text == "" {
			return nil, err
		}
		return policy.Parse(text)
	})
}

const stateHint = "it is kept below $XDG_STATE_HOME, else the state folder of your system"

// unchanged reads the policy, which has to be what the plan was made from.
func (c *Client) unchanged(ctx context.Context, p *shared) (text string, err error) {
	if text, err = p.read(ctx); err != nil {
		return "", c.explain(ctx, err, "read "+p.what, p.action, p.arn)
	}
	if planned, ok := c.read[p.arn]; ok && planned != text && !same(planned, text) {
		return "", &Error{
			Text:  p.what + " was changed by somebody after it was read: nothing was written over it",
			Hints: []string{"the same command plans anew from what is there"},
		}
	}
	return text, nil
}

// lock keeps other crosstrails of this machine and user from the policy.
func (c *Client) lock(ctx context.Context, p *shared) (unlock func(), err error) {
	folder, err := stateFolder("locks")
	if err != nil {
		return nil, &Error{Doing: "lock " + p.what, Err: err, Hints: []string{stateHint}}
	}
	l := flock.New(filepath.Join(folder, fileName(p.arn)+".lock"), flock.SetPermissions(0o600))
	waiting, stop := context.WithTimeout(ctx, c.wait.lock)
	defer stop()
	got, err := l.TryLockContext(waiting, c.wait.retry)
	switch {
	case got:
		return func() { _ = l.Close() }, nil // it ends with the process at the latest
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &Error{
			Text:  "another crosstrail on this machine is changing " + p.what + ", and has not ended in " + c.wait.lock.String(),
			Hints: []string{"the same command again when it has ended"},
		}
	}
	return nil, &Error{Doing: "lock " + p.what, Err: err, Hints: []string{stateHint}}
}

// kept looks a while after the last policy was written whether all are so still:
// who read one before it was written, and wrote after, has undone it. What others
// add is theirs.
func (c *Client) kept(ctx context.Context) error {
	if len(c.wrote) == 0 {
		return nil
	}
	if err := smithytime.SleepWithContext(ctx, c.wait.kept-time.Since(c.wrote[len(c.wrote)-1].done)); err != nil {
		return err
	}
	last := map[string]*shared{}
	for _, p := range c.wrote {
		last[p.arn] = p
	}
	for _, p := range c.wrote {
		if last[p.arn] != p {
			continue
		}
		now, err := p.read(ctx)
		if err != nil {
			return c.explain(ctx, err, "read "+p.what+" again", p.action, p.arn)
		}
		gone, back, err := undone(p.was, p.text, now)
		if err != nil {
			return &Error{Doing: "read " + p.what + " again", Err: err}
		}
		var lost []string
		if len(gone) > 0 {
			lost = append(lost, "of what was written this is missing: "+strings.Join(gone, ", "))
		}
		if len(back) > 0 {
			lost = append(lost, "of what was taken out this is there again: "+strings.Join(back, ", "))
		}
		if lost != nil {
			return &Error{
				Text:  "somebody wrote " + p.what + " at the same time, and undid what was done: " + strings.Join(lost, "; "),
				Hints: []string{"the same command again does it anew, from what is there"},
			}
		}
	}
	return nil
}

// undone are the statements that were put into a policy and are not there, and those
// that were taken out and are.
func undone(was, wrote, now string) (gone, back []string, err error) {
	before, err1 := statements(was)
	wanted, err2 := statements(wrote)
	there, err3 := statements(now)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, nil, err
	}
	for _, s := range wanted {
		if !in(before, s) && !in(there, s) {
			gone = append(gone, named(s))
		}
	}
	for _, s := range before {
		if !in(wanted, s) && in(there, s) {
			back = append(back, named(s))
		}
	}
	return gone, back, nil
}

func statements(text string) ([]policy.Statement, error) {
	if text == "" {
		return nil, nil
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, err
	}
	return d.Statements, nil
}

func in(all []policy.Statement, one policy.Statement) bool {
	for _, s := range all {
		if policy.SameStatement(s, one) {
			return true
		}
	}
	return false
}

func named(s policy.Statement) string {
	if s.Sid == "" {
		return "a statement without a Sid"
	}
	return s.Sid
}
