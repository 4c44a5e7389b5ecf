package synth

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// Shape is how a corpus is cut into files.
type Shape uint8

const (
	// Bulk is an archive: about 1,000 events a file, in order.
	Bulk Shape = iota
	// Live is how CloudTrail delivers: a median of 8 events a file, one file
	// in five comes twice under another name, and of one session in six some
	// uses come in an earlier file than its issuance.
	Live
)

// Corpus yields files with the given number of records in all, repeats
// counted, as a company that makes a million events a day would have them:
// three in four by role sessions, in bursts. It holds a few hundred sessions and
// one file at a time. A file's Records are valid until the next step.
func Corpus(shape Shape, seed uint64, events int) iter.Seq[File] {
	return func(yield func(File) bool) {
		c := newCorpus(shape, seed)
		var held []File // repeats on their way
		for left := events; left > 0; {
			f := c.file(min(left, c.size()))
			left -= len(f.Records)
			if !yield(f) {
				return
			}
			if shape == Live && c.chance(20) {
				held = append(held, c.again(f))
			}
			if len(held) > 2 {
				f, held = held[0], held[1:]
				f.Records = f.Records[:min(left, len(f.Records))]
				left -= len(f.Records)
				if len(f.Records) > 0 && !yield(f) {
					return
				}
			}
		}
	}
}

const (
	ringSize    = 60                       // live sessions an account
	sessionLife = 55 * time.Minute         // of the hour they are good for
	perEvent    = 86400 * time.Microsecond // a million a day
)

type corpus struct {
	world
	shape   Shape
	clock   time.Time
	tenants []*tenant
	buffer  []byte
	ends    []int
}

// tenant is an account with what is going on in it.
type tenant struct {
	in      *account
	roles   []*role
	users   []*user
	ring    []*running
	last    int      // in the ring: bursts stay with one session
	pending []*event // issuances to be written next
	delayed []*event // and in a later file than their first use
	regions []string
}

// running is a session that is at work.
type running struct {
	*cred
	scene scene
	does  act
	left  int
}

func newCorpus(shape Shape, seed uint64) *corpus {
	c := &corpus{world: world{dice: newDice(seed, 7)}, shape: shape, clock: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	for n := range 8 {
		t := &tenant{
			in:      &account{id: fmt.Sprintf("%012d", 111122220000+n*111111), region: "us-east-1"},
			regions: []string{"us-east-1", "us-east-1", "us-east-1", "eu-west-1", "eu-west-1", "us-west-2", "ap-southeast-2"},
		}
		for i := range 60 {
			t.roles = append(t.roles, c.role(t.in, fmt.Sprintf("%s-%s-%02d", pick(c.dice, []string{"prod", "stage", "dev", "data"}),
				pick(c.dice, []string{"eks-node", "ingest", "ci-deploy", "readonly", "admin", "backup", "terraform"}), i)))
		}
		for i := range 40 {
			t.users = append(t.users, c.user(t.in, fmt.Sprintf("svc-user-%02d", i)))
		}
		c.tenants = append(c.tenants, t)
	}
	return c
}

// size draws the number of records of the next file.
func (c *corpus) size() int {
	if c.shape == Bulk {
		return 200 + c.IntN(1601)
	}
	return int(min(1000, max(1, math.Round(8*math.Exp(1.6*c.NormFloat64())))))
}

func (c *corpus) file(records int) File {
	c.buffer, c.ends = c.buffer[:0], c.ends[:0]
	t := pick(c.dice, c.tenants)
	in := pick(c.dice, t.regions)
	t.pending, t.delayed = append(t.pending, t.delayed...), nil
	for range records {
		c.clock = c.clock.Add(perEvent)
		e := c.next(t, in)
		c.buffer = e.append(c.buffer)
		c.ends = append(c.ends, len(c.buffer))
		clear(c.events)
		c.events = c.events[:0]
	}
	f := File{Delivered: c.clock.Add(4 * time.Minute)}
	f.Name = logName("", "", t.in.id, in, f.Delivered, c.text(16, alnum))
	from := 0
	for _, end := range c.ends {
		f.Records = append(f.Records, c.buffer[from:end:end])
		from = end
	}
	return f
}

// again is a file as a second trail delivers it.
func (c *corpus) again(f File) File {
	all := make([]byte, 0, len(c.buffer))
	records := make([][]byte, len(f.Records))
	for i, r := range f.Records {
		all = append(all, r...)
		records[i] = all[len(all)-len(r):]
	}
	f.Records = records
	f.Name = f.Name[:len(f.Name)-len("0123456789abcdef.json.gz")] + c.text(16, alnum) + ".json.gz"
	return f
}

// next is the next thing that happens in an account and region.
func (c *corpus) next(t *tenant, in string) *event {
	if n := len(t.pending); n > 0 {
		e := t.pending[n-1]
		t.pending = t.pending[:n-1]
		return e
	}
	switch x := c.IntN(100); {
	case x < 77:
		return c.sessionCall(t, in)
	case x < 90:
		u := t.users[(c.IntN(4)+int(c.clock.Unix()/1800)*4)%len(t.users)]
		k := c.longTerm(u, agents[len(u.name)*int(u.id[8])%len(agents)])
		k.region = in
		return c.call(k, c.clock.Add(-time.Duration(c.IntN(120))*time.Second), pick(c.dice, acts))
	default:
		s := service(pick(c.dice, []string{"config.amazonaws.com", "cloudtrail.amazonaws.com", "autoscaling.amazonaws.com", "lambda.amazonaws.com"}), t.in)
		s.region = in
		return c.call(s, c.clock, acts[2+c.IntN(3)])
	}
}

func (c *corpus) sessionCall(t *tenant, in string) *event {
	if len(t.ring) < ringSize {
		t.ring = append(t.ring, nil)
		t.last = len(t.ring) - 1
	} else if c.chance(9) {
		t.last = c.IntN(len(t.ring))
	}
	s := t.ring[t.last]
	if s == nil || s.left == 0 || c.clock.Sub(s.who.created) > sessionLife {
		s = c.start(t, in)
		t.ring[t.last] = s
		if len(t.pending) > 0 {
			return c.next(t, in)
		}
	}
	s.left--
	s.region, s.scene.region = in, in
	at := c.clock.Add(-time.Duration(c.IntN(120)) * time.Second)
	if at.Before(s.who.created) {
		at = s.who.created
	}
	does := s.does
	if c.chance(12) {
		does = pick(c.dice, acts)
	}
	e := c.callOn(&s.scene, s.cred, at, does)
	if c.chance(4) {
		e.errorCode, e.response = "AccessDenied", ""
		e.errorText = "User: " + s.who.arn + " is not authorized to perform: " + does.source + ":" + does.name + " because no identity-based policy allows the action"
	}
	return e
}

// start begins a session and leaves its issuance to be written.
func (c *corpus) start(t *tenant, in string) *running {
	r := t.roles[int(float64(len(t.roles))*c.Float64()*c.Float64())]
	made := len(c.events)
	var s *cred
	var parent *running
	if p := pick(c.dice, t.ring); p != nil && c.clock.Sub(p.who.created) < sessionLife {
		parent = p
	}
	switch x := c.IntN(10); {
	case x < 3 && parent != nil:
		s = c.assume(parent.cred, c.clock, r, c.sessionName(), ask{})
	case x < 8:
		host := pick(c.dice, []string{"lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"})
		s = c.byService(host, c.clock, r, "i-0"+c.hex(16), ask{})
	default:
		s = c.federated(c.clock, r, "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
			"system:serviceaccount:shop:"+r.name, "botocore-session-"+fmt.Sprint(c.clock.Unix()), agentBoto)
	}
	s.region, s.agent, s.host = in, pick(c.dice, agents), true
	s.console, s.by = c.chance(10), &actor{} // the truth of a million events is not kept
	if c.shape == Live && c.chance(16) {
		t.delayed = append(t.delayed, c.events[made:]...)
	} else {
		t.pending = append(t.pending, c.events[made:]...)
	}
	c.events = c.events[:made]
	run := &running{cred: s, scene: *c.scene(s), left: 1 + int(c.ExpFloat64()*15.5)}
	run.does = acts[int(float64(len(acts))*c.Float64()*c.Float64())]
	return run
}

func (c *corpus) sessionName() string {
	if c.chance(50) {
		return fmt.Sprintf("user%d@example.com", c.IntN(400))
	}
	return fmt.Sprintf("aws-go-sdk-%d", c.clock.UnixNano())
}
