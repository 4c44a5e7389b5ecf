package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/crosstrail/crosstrail/deploy"
)

const (
	prod   = "999999999999"
	dev    = "111111111111"
	vendor = "777777777777"
	org    = "o-a1b2c3d4e5"
	bus    = "arn:aws:events:us-east-1:" + prod + ":event-bus/crosstrail"
	queue  = "arn:aws:sqs:us-east-1:" + prod + ":crosstrail"
	key    = "arn:aws:kms:us-east-1:" + prod + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	milan  = "arn:aws:sns:eu-south-1:" + dev + ":crosstrail" // in a region that an account has to ask for
)

// made is what a template is made of.
type made interface {
	Check() error
	Template() []byte
}

// variants are templates with everything that one may have or lack.
func variants() map[string]made {
	hub := func(change func(*deploy.Hub)) *deploy.Hub {
		h := &deploy.Hub{
			Name: deploy.DefaultName, Region: "us-east-1", Table: deploy.DefaultTable, MakeTable: true,
			Senders: deploy.Senders{Accounts: []string{dev, vendor}},
			Logs:    &deploy.Logs{Bucket: "cloudtrailbucket", Prefix: "AWSLogs/", Trigger: deploy.TriggerNotification},
			Code:    deploy.Code{Bucket: "crosstrail-code-" + prod + "-us-east-1", Key: "crosstrail-lambda-arm64-1.zip", Architecture: "arm64"},
		}
		change(h)
		return h
	}
	return map[string]made{
		"hub": hub(func(*deploy.Hub) {}),
		"hub with all": hub(func(h *deploy.Hub) {
			h.Senders.Organization, h.Topics, h.AlarmTo = org, []string{milan, "arn:aws:sns:us-east-1:" + dev + ":crosstrail"}, "arn:aws:sns:us-east-1:"+prod+":pager"
			h.Logs.Key, h.Code.Architecture, h.Function = key, "x86_64", deploy.Function{MemoryMB: 1024, LogDays: 400}
		}),
		"hub by eventbridge": hub(func(h *deploy.Hub) { h.Logs.Trigger = deploy.TriggerEventBridge }),
		"hub by sns": hub(func(h *deploy.Hub) {
			h.Logs.Trigger, h.Logs.Topic = deploy.TriggerSNS, "arn:aws:sns:us-east-1:"+prod+":trail"
		}),
		"hub of another's bucket": hub(func(h *deploy.Hub) { h.Logs.Owner, h.Logs.Key = vendor, strings.Replace(key, prod, vendor, 1) }),
		"hub of an organisation":  hub(func(h *deploy.Hub) { h.Senders = deploy.Senders{Organization: org} }),
		"hub of spokes alone": hub(func(h *deploy.Hub) {
			h.Logs, h.MakeTable, h.Senders, h.Code = nil, false, deploy.Senders{}, deploy.Code{}
		}),
		"spoke":          &deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Match: deploy.Match{ExternalIDs: []string{"3414"}}},
		"spoke by topic": &deploy.Spoke{Name: deploy.DefaultName, Hub: queue, ByTopic: true},
		"spoke of roles": &deploy.Spoke{Name: "second", Hub: bus, Regions: []string{"eu-west-1"}, Match: deploy.Match{
			ExternalIDs: []string{"3414", "a/b:c=d"}, Roles: []string{"arn:aws:iam::" + prod + ":role/CrossAccountTest"},
			Fields: []deploy.Field{{Path: "userIdentity.type", Values: []string{"IAMUser"}}, {Path: "readOnly", Values: []string{"true"}}, {Path: "requestParameters.durationSeconds", Values: []string{"900"}}},
		}},
		"role": &deploy.Role{Name: "CrossAccountTest", To: dev, ExternalID: "3414"},
		"role with MFA": &deploy.Role{
			Name: "Vendor", To: "arn:aws:iam::" + vendor + ":user/alice", RequireMFA: true, Session: 12 * time.Hour,
			Policies: []string{"arn:aws:iam::" + prod + ":policy/mine", "job-function/ViewOnlyAccess"},
		},
	}
}

// template is one as CloudFormation reads it: short functions in their long form.
type template struct {
	Parameters map[string]map[string]any
	Metadata   map[string]any
	Resources  map[string]*resource
	Outputs    map[string]struct{ Description, Value any }
}

type resource struct {
	Type, DeletionPolicy, UpdateReplacePolicy string
	DependsOn                                 any
	Properties                                map[string]any
}

// parse reads it by a library that knows nothing of how it was written.
func parse(t testing.TB, text []byte) *template {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	form, err := json.Marshal(longForm(t, root.Content[0]))
	if err != nil {
		t.Fatal(err)
	}
	out := new(template)
	if err := json.Unmarshal(form, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func longForm(t testing.TB, n *yaml.Node) any {
	t.Helper()
	var v any
	tag := n.Tag
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if _, twice := m[name]; twice {
				t.Fatalf("line %d: %s is there twice", n.Content[i].Line, name)
			}
			m[name] = longForm(t, n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = longForm(t, c)
		}
		v = list
	default:
		v = n.Value
		if tag == "!!int" || tag == "!!bool" {
			if err := n.Decode(&v); err != nil {
				t.Fatal(err)
			}
		}
	}
	switch {
	case strings.HasPrefix(tag, "!!"):
		return v
	case tag == "!Ref":
		return map[string]any{"Ref": v}
	case tag == "!GetAtt":
		id, attribute, _ := strings.Cut(v.(string), ".")
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}
	default:
		return map[string]any{"Fn::" + strings.TrimPrefix(tag, "!"): v}
	}
}

// place is where a stack is.
type place struct {
	partition, account, region string
	physical                   map[string]string // of a stack's resources, by logical id
}

var inProd = place{"aws", prod, "us-east-1", nil}

// resolved is a value with what CloudFormation puts in the place of its functions.
func (p place) resolved(t testing.TB, of *template, v any) any {
	t.Helper()
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = p.resolved(t, of, v[i])
		}
		return list
	case map[string]any:
		for _, name := range []string{"Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Select", "Fn::Split"} {
			if arg, ok := v[name]; ok && len(v) == 1 {
				return p.function(t, of, name, arg)
			}
		}
		m := map[string]any{}
		for name := range v {
			m[name] = p.resolved(t, of, v[name])
		}
		return m
	}
	return v
}

func (p place) function(t testing.TB, of *template, name string, arg any) any {
	t.Helper()
	list, _ := arg.([]any)
	switch name {
	case "Ref":
		return p.ref(t, of, arg.(string))
	case "Fn::GetAtt":
		return p.attribute(t, of, list[0].(string), list[1].(string))
	case "Fn::Select":
		i, _ := strconv.Atoi(fmt.Sprint(list[0]))
		return p.resolved(t, of, list[1]).([]any)[i]
	case "Fn::Split":
		var parts []any
		for part := range strings.SplitSeq(p.resolved(t, of, list[1]).(string), list[0].(string)) {
			parts = append(parts, part)
		}
		return parts
	}
	text, own := fmt.Sprint(arg), map[string]any{}
	if list != nil {
		text, own = list[0].(string), list[1].(map[string]any)
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, rest, _ := strings.Cut(after, "}")
		switch v, mine := own[name]; {
		case strings.HasPrefix(name, "!"):
			b.WriteString("${" + name[1:] + "}")
		case mine:
			b.WriteString(p.resolved(t, of, v).(string))
		default:
			b.WriteString(p.ref(t, of, name).(string))
		}
		text = rest
	}
}

func (p place) ref(t testing.TB, of *template, name string) any {
	t.Helper()
	suffix := map[string]string{"aws-cn": "amazonaws.com.cn"}[p.partition]
	if suffix == "" {
		suffix = "amazonaws.com"
	}
	if v, ok := map[string]string{"AWS::Partition": p.partition, "AWS::AccountId": p.account, "AWS::Region": p.region, "AWS::URLSuffix": suffix}[name]; ok {
		return v
	}
	if parameter, ok := of.Parameters[name]; ok {
		return parameter["Default"]
	}
	r := of.Resources[name]
	switch {
	case r == nil:
		t.Fatalf("there is no %s", name)
	case r.Type == "AWS::SNS::Topic":
		return p.arn("sns", fmt.Sprint(r.Properties["TopicName"]))
	case r.Type == "AWS::SQS::Queue":
		return fmt.Sprintf("https://sqs.%s.%s/%s/%s", p.region, suffix, p.account, r.Properties["QueueName"])
	}
	for _, property := range []string{"Name", "FunctionName", "LogGroupName"} {
		if n, ok := r.Properties[property].(string); ok {
			return n
		}
	}
	t.Fatalf("Ref of %s, %s", name, r.Type)
	return nil
}

func (p place) arn(service, resource string) string {
	return strings.Join([]string{"arn", p.partition, service, p.region, p.account, resource}, ":")
}

func (p place) attribute(t testing.TB, of *template, id, attribute string) any {
	t.Helper()
	r := of.Resources[id]
	if r == nil {
		t.Fatalf("there is no %s", id)
	}
	text := func(name string) string { return fmt.Sprint(p.resolved(t, of, r.Properties[name])) }
	switch r.Type + "." + attribute {
	case "AWS::SQS::Queue.Arn":
		return p.arn("sqs", text("QueueName"))
	case "AWS::SQS::Queue.QueueName":
		return text("QueueName")
	case "AWS::Events::EventBus.Arn":
		return p.arn("events", "event-bus/"+text("Name"))
	case "AWS::Events::Rule.Arn":
		if _, ok := r.Properties["EventBusName"]; ok {
			return p.arn("events", "rule/"+text("EventBusName")+"/"+text("Name"))
		}
		return p.arn("events", "rule/"+text("Name"))
	case "AWS::Logs::LogGroup.Arn":
		return p.arn("logs", "log-group:"+text("LogGroupName")+":*")
	case "AWS::IAM::Role.Arn":
		name := id
		if n := p.physical[id]; n != "" {
			name = n
		}
		if n, ok := r.Properties["RoleName"].(string); ok {
			name = n
		}
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", p.partition, p.account, name)
	}
	t.Fatalf("GetAtt of %s.%s, %s", id, attribute, r.Type)
	return nil
}

// sorted are the names of variants.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
