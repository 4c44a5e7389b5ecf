package deploy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
)

// Template is the CloudFormation template of the hub, in YAML. [Hub.Check] comes first.
func (h *Hub) Template() []byte {
	filled := *h
	filled.Code.Architecture = cmp.Or(h.Code.Architecture, DefaultArchitecture)
	return render("hub.yaml", hubData{
		Hub: &filled, Settings: settings{Hub: h}.text(), Subscriptions: h.subscriptions(),
		MemoryMB: cmp.Or(h.Function.MemoryMB, DefaultMemoryMB), LogDays: cmp.Or(h.Function.LogDays, DefaultLogDays),
	})
}

type hubData struct {
	*Hub
	Settings          string
	Subscriptions     []subscription
	MemoryMB, LogDays int
}

// By reports whether new log files are told of so.
func (d hubData) By(t Trigger) bool { return d.Logs != nil && d.Logs.Trigger == t }

// subscription is one of the hub's queue to a topic.
type subscription struct{ ID, Topic, Region, Service, Why string }

func (h *Hub) subscriptions() []subscription {
	var all []subscription
	add := func(topic, why string) {
		a, _ := parseARN(topic)
		sum := sha256.Sum256([]byte(topic))
		all = append(all, subscription{
			ID: "Topic" + hex.EncodeToString(sum[:6]), Topic: topic, Region: a.region, Service: snsIn(a.region), Why: why,
		})
	}
	for _, topic := range h.Topics {
		add(topic, "The queue hears of a topic of a spoke.")
	}
	if h.Logs != nil && h.Logs.Trigger == TriggerSNS {
		add(h.Logs.Topic, "New log files: the trail tells this topic of them, and that the queue.")
	}
	return all
}
