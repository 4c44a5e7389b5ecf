package deploy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Template is the CloudFormation template of the hub, in YAML. [Hub.Check] comes first.
func (h *Hub) Template() []byte {
	filled := *h
	filled.Code.Architecture = cmp.Or(h.Code.Architecture, DefaultArchitecture)
	return render("hub.yaml", hubData{
		Hub: &filled, Settings: settings{Hub: h}.text(), Subscriptions: h.subscriptions(),
		MemoryMB: cmp.Or(h.Function.MemoryMB, DefaultMemoryMB), LogDays: cmp.Or(h.Function.LogDays, DefaultLogDays),
		Indexes: []string{"byKey", "bySession", "byTime"},
	})
}

type hubData struct {
	*Hub
	Settings          string
	Subscriptions     []subscription
	MemoryMB, LogDays int
	Indexes           []string // of the table
}

// By reports whether new log files are told of so.
func (d hubData) By(t Trigger) bool { return d.Logs != nil && d.Logs.Trigger == t }

// TopicList is those of spokes, as the function takes them.
func (d hubData) TopicList() string { return strings.Join(d.Topics, ",") }

// KeyRegion is where the log files' key is.
func (d hubData) KeyRegion() string {
	a, _ := parseARN(d.Logs.Key)
	return a.region
}

// subscription is one of the hub's queue to a topic.
type subscription struct {
	ID, Topic, Region string
	Services          []string // SNS, as what puts the topic's messages into the queue
	Why               string
}

func (h *Hub) subscriptions() []subscription {
	var all []subscription
	add := func(topic, why string) {
		a, _ := parseARN(topic)
		sum := sha256.Sum256([]byte(topic))
		all = append(all, subscription{
			ID: "Topic" + hex.EncodeToString(sum[:6]), Topic: topic, Region: a.region, Services: sns(a.region, h.Region), Why: why,
		})
	}
	for _, topic := range h.Topics {
		add(topic, "A topic of a spoke, which the queue hears of.")
	}
	if h.Logs != nil && h.Logs.Trigger == TriggerSNS {
		add(h.Logs.Topic, "The trail's topic: CloudTrail tells it of new log files, and it the queue.")
	}
	return all
}
