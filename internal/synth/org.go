package synth

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Org is one made-up organisation: its log files and the truth.
type Org struct {
	// Truth tells of every event that some file holds, by "eventID@recipient".
	Truth map[string]Truth
	// Names are ids and the names people know them by.
	Names []Name
	// Tales are where to look, in an organisation made to explain itself.
	Tales []Tale
	// Sharings are the grants of log files, where Options ask for them.
	Sharings []Sharing

	files []File
}

// Name is an id and its name: an account id, a unique id, an address.
type Name struct{ ID, Name string }

// Tale is one thing to look at: an event, and what it is about.
type Tale struct{ Title, EventID, Text string }

// Files are the log files in the order in which they arrive. A file may come
// twice, and two files may hold one event.
func (o *Org) Files() iter.Seq[File] { return slices.Values(o.files) }

// Options say how large an organisation is. The zero value is fit for a test.
type Options struct {
	Stories int  // told one beside another; 0: 40
	Days    int  // they are spread over; 0: 1
	Prompt  bool // no record comes hours late
	Sharing bool // log files are shared, too
}

// company is where the stories of one organisation happen.
type company struct {
	world
	start    time.Time
	span     time.Duration
	accounts []*account // management first
	portal   *portal
	org      string // organisation id in paths, "" for single trails
	prefix   string
	bridged  int // chance that EventBridge's envelopes were saved too
}

var accountNames = []string{"management", "dev", "prod", "security", "logging", "data", "sandbox"}

// New makes the organisation of a seed.
func New(seed uint64, o Options) *Org {
	if o.Stories == 0 {
		o.Stories = 40
	}
	if o.Days == 0 {
		o.Days = 1
	}
	c := newCompany(seed, o)
	for range o.Stories {
		at := c.start.Add(time.Duration(c.Int64N(int64(c.span)))).Truncate(time.Second)
		pick(c.dice, stories)(c, at)
	}
	var shared []Sharing
	if o.Sharing {
		shared = c.sharings()
	}
	trails := []trail{{c.prefix, 5 * time.Minute, 2, pick(c.dice, []int{0, 0, 2, 6}), 10}}
	if o.Prompt {
		trails[0].late = 0
	}
	if c.chance(25) {
		trails = append(trails, trail{"second-trail/", 13 * time.Minute, 0, 10, 0})
	}
	made := c.deliver(trails...)
	made.Sharings = shared
	return made
}

func newCompany(seed uint64, o Options) *company {
	c := &company{world: world{dice: newDice(seed, 1)}, span: time.Duration(o.Days) * 24 * time.Hour, bridged: 60}
	c.start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(c.IntN(200*24)) * time.Hour)
	for _, name := range accountNames[:4+c.IntN(4)] {
		c.accounts = append(c.accounts, &account{
			id: fmt.Sprintf("%012d", 100_000_000_000+c.Int64N(900_000_000_000)), name: name,
			collected: !c.chance(8), region: pick(c.dice, []string{"us-east-1", "eu-west-1", "eu-central-1", "us-west-2"}),
		})
	}
	if c.chance(15) {
		for _, a := range c.accounts {
			a.partition, a.region = "aws-us-gov", pick(c.dice, []string{"us-gov-west-1", "us-gov-east-1"})
		}
	}
	c.portal = &portal{in: c.accounts[0], store: "d-" + c.hex(10)}
	if c.chance(50) {
		c.org = "o-" + c.text(10, "abcdefghijklmnopqrstuvwxyz0123456789")
	}
	if c.chance(25) {
		c.prefix = pick(c.dice, []string{"logs/", "archive/AWSLogs/old/", "org trail/"})
	}
	return c
}

// other picks an account that is none of those given, where there is one.
func (c *company) other(not ...*account) *account {
	for {
		if a := pick(c.dice, c.accounts); !slices.Contains(not, a) {
			return a
		}
	}
}

// stranger is an account outside the organisation, whose log we never see.
func (c *company) stranger() *account {
	return &account{id: fmt.Sprintf("%012d", 100_000_000_000+c.Int64N(900_000_000_000)), name: "vendor", region: "us-east-1"}
}

// later is a moment up to d after t.
func (w *world) later(t time.Time, d time.Duration) time.Time {
	return t.Add(time.Duration(1+w.Int64N(int64(d/time.Second))) * time.Second)
}
