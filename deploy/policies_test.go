package deploy_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awstest"
)

// The simulator judges what a template's policies let be done (internal/awstest).
var simulator awstest.Simulator

// documents are the policies of a variant, as JSON, by the resource that has them; those
// of one event bus as one.
func documents(t testing.TB, v made, at place) map[string]string {
	t.Helper()
	p := parse(t, v.Template())
	out := map[string]string{}
	put := func(name string, document any) {
		text, err := json.Marshal(at.resolved(t, p, document))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	var ofBus []any
	for _, id := range sorted(p.Resources) {
		r := p.Resources[id]
		switch r.Type {
		case "AWS::IAM::Role":
			put(id+" trust", r.Properties["AssumeRolePolicyDocument"])
			for _, own := range list(r.Properties["Policies"]) {
				put(id, own.(map[string]any)["PolicyDocument"])
			}
		case "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy":
			put(id, r.Properties["PolicyDocument"])
		case "AWS::Events::EventBusPolicy":
			ofBus = append(ofBus, r.Properties["Statement"])
		}
	}
	if ofBus != nil {
		put("BusPolicy", map[string]any{"Version": "2012-10-17", "Statement": ofBus})
	}
	if h, ok := v.(*deploy.Hub); ok {
		role := "arn:aws:iam::" + prod + ":role/FunctionRole"
		if s := h.KeyStatement(role); s != nil {
			put("key", map[string]any{"Version": "2012-10-17", "Statement": s})
		}
		if s := h.BucketStatements(role); s != nil {
			put("bucket", map[string]any{"Version": "2012-10-17", "Statement": s})
		}
	}
	return out
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// question is one to a document of a variant.
type question struct {
	of, document, what string
	may                bool
	awstest.Question
}

type context = map[string]any

// by is a call of a service, for a source of an account; "" for none.
func by(service, action, resource, account, source, sourceAccount string) awstest.Question {
	c := context{}
	if source != "" {
		c["aws:SourceArn"] = source
	}
	if sourceAccount != "" {
		c["aws:SourceAccount"] = sourceAccount
	}
	return awstest.Question{Principal: service, Action: action, Resource: resource, Account: account, Context: c}
}

// as is a call of a user or role that may do everything, by its own account.
func as(principal, action, resource, account string, c context) awstest.Question {
	return awstest.Question{Principal: principal, Action: action, Resource: resource, Account: account, Context: c, Identity: []string{awstest.Allow("*", "*")}}
}

// anybodyOf is a policy that leaves everything to an account's IAM.
func anybodyOf(account string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"*","Resource":"*"}]}`
}

const (
	letters  = "arn:aws:sqs:us-east-1:" + prod + ":crosstrail-dead-letters"
	table    = "arn:aws:dynamodb:us-east-1:" + prod + ":table/CrossAccountAuditing"
	function = "arn:aws:sts::" + prod + ":assumed-role/FunctionRole/crosstrail"
	log      = "arn:aws:logs:us-east-1:" + prod + ":log-group:/aws/lambda/crosstrail:log-stream:2026/11/30/[$LATEST]1"
	object   = "arn:aws:s3:::cloudtrailbucket/AWSLogs/1/CloudTrail/x.json.gz"
	topic    = "arn:aws:sns:us-east-1:" + dev + ":crosstrail"
	hubRule  = "arn:aws:events:us-east-1:" + prod + ":rule/crosstrail/crosstrail"
	logRule  = "arn:aws:events:us-east-1:" + prod + ":rule/crosstrail-log-files"
	devRule  = "arn:aws:events:us-east-1:" + dev + ":rule/crosstrail"
	jsmith   = "arn:aws:iam::" + dev + ":user/jsmith"
	alice    = "arn:aws:iam::" + vendor + ":user/alice"
	kim      = "arn:aws:iam::" + prod + ":user/kim"
	stranger = "555555555555"

	events = "events.amazonaws.com"
)

// questions are what each policy has to let happen, and what it must not.
func questions() []question {
	var all []question
	of := func(of, document string) func(may bool, what string, q awstest.Question) {
		return func(may bool, what string, q awstest.Question) {
			all = append(all, question{of, document, what, may, q})
		}
	}
	functionQuestions(of)
	queueQuestions(of)
	busQuestions(of)
	spokeQuestions(of)
	roleQuestions(of)
	handedOutQuestions(of)
	return all
}

type asker = func(of, document string) func(may bool, what string, q awstest.Question)

// exactly asks that one call may be made, and none that differs from it in one thing:
// action, resource, the service that calls, and each context key, which is absent or is
// another. Of keys in free the absence says nothing.
func exactly(ask func(may bool, what string, q awstest.Question), what string, q awstest.Question, otherAction string, free ...string) {
	ask(true, what, q)
	but := func(how string, change func(*awstest.Question)) {
		other := q
		other.Context = maps.Clone(q.Context)
		change(&other)
		ask(false, what+", but "+how, other)
	}
	but("another action", func(q *awstest.Question) { q.Action, q.Context = otherAction, global(q.Context) })
	but("another resource", func(q *awstest.Question) { q.Resource += "2" })
	if strings.HasSuffix(q.Principal, ".amazonaws.com") {
		but("another service", func(q *awstest.Question) { q.Principal = "ec2.amazonaws.com" })
	}
	for name, v := range q.Context {
		if !slices.Contains(free, name) {
			but("without "+name, func(q *awstest.Question) { delete(q.Context, name) })
		}
		but("another "+name, func(q *awstest.Question) {
			q.Context[name] = "another"
			if _, ok := v.([]string); ok {
				q.Context[name] = []string{"another"}
			}
		})
	}
}

// global are the context keys that every action has.
func global(c context) context {
	c = maps.Clone(c)
	maps.DeleteFunc(c, func(name string, _ any) bool { return !strings.HasPrefix(name, "aws:") })
	return c
}

func functionQuestions(of asker) {
	ask := of("hub with all", "FunctionRole trust")
	lambda := by("lambda.amazonaws.com", "sts:AssumeRole", "arn:aws:iam::"+prod+":role/FunctionRole", prod, "", "")
	ask(true, "Lambda assumes it", lambda)
	lambda.Action = "sts:TagSession"
	ask(false, "Lambda tags the session", lambda)
	ask(false, "another service assumes it", by("ec2.amazonaws.com", "sts:AssumeRole", "arn:aws:iam::"+prod+":role/FunctionRole", prod, "", ""))
	ask(false, "another account assumes it", as(jsmith, "sts:AssumeRole", "arn:aws:iam::"+prod+":role/FunctionRole", prod, nil))

	ask = of("hub with all", "FunctionRole")
	does := func(may bool, action, resource string, c context) {
		q := awstest.Question{Principal: function, Action: action, Resource: resource, Account: prod, Context: c}
		if strings.HasPrefix(action, "kms:") { // whose key leaves it to IAM
			q.ResourcePolicy = anybodyOf(prod)
		}
		ask(may, action+" of "+resource, q)
	}
	for _, action := range []string{"GetItem", "PutItem", "BatchWriteItem", "UpdateItem"} {
		does(true, "dynamodb:"+action, table, nil)
		does(false, "dynamodb:"+action, table+"2", nil)
		does(false, "dynamodb:"+action, strings.Replace(table, "us-east-1", "us-west-2", 1), nil)
	}
	for _, action := range []string{"DeleteItem", "Scan", "Query", "DeleteTable", "UpdateTable", "ExportTableToPointInTime"} {
		does(false, "dynamodb:"+action, table, nil)
	}
	for _, action := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		does(true, "sqs:"+action, queue, nil)
		does(false, "sqs:"+action, letters, nil)
	}
	does(true, "sqs:SendMessage", letters, nil)
	does(false, "sqs:SendMessage", queue, nil)
	does(false, "sqs:PurgeQueue", queue, nil)
	does(false, "sqs:SetQueueAttributes", letters, nil)
	for _, action := range []string{"CreateLogStream", "PutLogEvents"} {
		does(true, "logs:"+action, log, nil)
		does(false, "logs:"+action, strings.Replace(log, "crosstrail", "crosstrail2", 1), nil)
	}
	does(false, "logs:DeleteLogStream", log, nil)
	does(false, "logs:CreateLogGroup", "arn:aws:logs:us-east-1:"+prod+":log-group:/aws/lambda/crosstrail", nil)
	for _, action := range []string{"GetObject", "GetObjectVersion"} {
		does(true, "s3:"+action, object, nil)
		does(false, "s3:"+action, strings.Replace(object, "AWSLogs/", "AWSLogs", 1), nil)
		does(false, "s3:"+action, strings.Replace(object, "cloudtrailbucket", "cloudtrailbucket2", 1), nil)
	}
	for _, action := range []string{"ListBucket", "ListBucketVersions"} {
		does(true, "s3:"+action, "arn:aws:s3:::cloudtrailbucket", nil)
		does(false, "s3:"+action, "arn:aws:s3:::cloudtrailbucket2", nil)
	}
	does(false, "s3:PutObject", object, nil)
	does(false, "s3:DeleteObject", object, nil)
	does(false, "s3:GetBucketPolicy", "arn:aws:s3:::cloudtrailbucket", nil)
	via := context{"kms:ViaService": "s3.us-east-1.amazonaws.com"}
	does(true, "kms:Decrypt", key, via)
	does(false, "kms:Decrypt", key, context{"kms:ViaService": "sqs.us-east-1.amazonaws.com"})
	does(false, "kms:Decrypt", key, nil)
	does(false, "kms:Decrypt", strings.Replace(key, "1234abcd", "5678abcd", 1), via)
	does(false, "kms:Encrypt", key, via)
	does(false, "iam:PassRole", "arn:aws:iam::"+prod+":role/x", nil)
}

func queueQuestions(of asker) {
	const bucket = "arn:aws:s3:::cloudtrailbucket"
	sends := func(ask func(may bool, what string, q awstest.Question), what, service, to, source, account string, free ...string) {
		q := by(service, "sqs:SendMessage", to, prod, source, account)
		exactly(ask, what, q, "sqs:ReceiveMessage", free...)
	}
	for variant, owner := range map[string]string{"hub": prod, "hub of another's bucket": vendor, "hub with all": prod} {
		ask := of(variant, "QueuePolicy")
		sends(ask, "the hub's rule", events, queue, hubRule, "")
		sends(ask, "the bucket", "s3.amazonaws.com", queue, bucket, owner)
		ask(false, "a bucket of that name which another account made meanwhile", by("s3.amazonaws.com", "sqs:SendMessage", queue, prod, bucket, stranger))
		ask(false, "a rule of another account", by(events, "sqs:SendMessage", queue, prod, devRule, dev))
		ask(false, "an account", as(jsmith, "sqs:SendMessage", queue, prod, nil))
	}
	ask := of("hub with all", "QueuePolicy")
	// SNS gives the topic's account too, which its ARN has.
	sends(ask, "a topic of the hub's region", "sns.amazonaws.com", queue, topic, "")
	sends(ask, "a topic of a region that is asked for", "sns.eu-south-1.amazonaws.com", queue, milan, "")
	ask(false, "it, but not as SNS of there", by("sns.amazonaws.com", "sqs:SendMessage", queue, prod, milan, dev))
	ask = of("hub by sns", "QueuePolicy")
	sends(ask, "the hub's rule", events, queue, hubRule, "")
	sends(ask, "the trail's topic", "sns.amazonaws.com", queue, "arn:aws:sns:us-east-1:"+prod+":trail", "")
	ask(false, "the bucket by itself", by("s3.amazonaws.com", "sqs:SendMessage", queue, prod, bucket, prod))

	ask = of("hub by eventbridge", "QueuePolicy")
	sends(ask, "the hub's rule", events, queue, hubRule, "")
	sends(ask, "the rule of new log files", events, queue, logRule, "")
	ask(false, "the bucket by itself", by("s3.amazonaws.com", "sqs:SendMessage", queue, prod, bucket, prod))
	ask = of("hub by eventbridge", "DeadLettersPolicy")
	sends(ask, "what the hub's rule could not deliver", events, letters, hubRule, "")
	sends(ask, "what the rule of log files could not", events, letters, logRule, "")
}

func busQuestions(of asker) {
	put := func(account, source string) awstest.Question {
		return as("arn:aws:sts::"+account+":assumed-role/Role/x", "events:PutEvents", bus, prod, context{"events:source": []string{source}, "events:eventBusInvocation": "true"})
	}
	ask := of("hub", "BusPolicy")
	for _, source := range []string{"aws.sts", "aws.signin", "aws.sso"} {
		for _, account := range []string{dev, vendor} {
			exactly(ask, account+" forwards of "+source, put(account, source), "events:DeleteEventBus", "events:source", "events:eventBusInvocation")
		}
		ask(false, "another account forwards of "+source, put(stranger, source))
	}
	mixed := put(dev, "aws.sts")
	mixed.Context["events:source"] = []string{"aws.sts", "com.example"}
	ask(false, "one of its own among them", mixed)
	forged := put(dev, "aws.sts")
	forged.Context["events:eventBusInvocation"] = "false"
	ask(false, "what nobody forwarded", forged)

	ask = of("hub of an organisation", "BusPolicy")
	for _, source := range []string{"aws.sts", "aws.signin", "aws.sso"} {
		member := put(stranger, source)
		member.Context["aws:PrincipalOrgID"] = org
		exactly(ask, "a member forwards of "+source, member, "events:DeleteEventBus", "events:source", "events:eventBusInvocation")
	}
}

func spokeQuestions(of asker) {
	role := "arn:aws:iam::" + dev + ":role/Role"
	assume := func(service, source, account string) awstest.Question {
		return by(service, "sts:AssumeRole", role, dev, source, account)
	}
	for _, variant := range []string{"spoke", "spoke by topic"} {
		ask := of(variant, "Role trust")
		q := assume(events, devRule, "")
		ask(true, "EventBridge, for the rule", q)
		q.Action = "sts:TagSession"
		ask(false, "EventBridge tags the session", q)
		ask(false, "for another rule", assume(events, devRule+"2", dev))
		ask(false, "for the rule of another region", assume(events, strings.Replace(devRule, "us-east-1", "us-west-2", 1), dev))
		ask(false, "for one of another account", assume(events, strings.Replace(devRule, dev, stranger, 1), stranger))
		ask(false, "for nobody knows what", assume(events, "", ""))
		ask(false, "another service", assume("lambda.amazonaws.com", devRule, dev))
		ask(false, "the hub's account", as(kim, "sts:AssumeRole", role, dev, nil))
	}

	ask := of("spoke", "Role")
	does := func(may bool, action, resource string) {
		ask(may, action+" of "+resource, awstest.Question{
			Principal: "arn:aws:sts::" + dev + ":assumed-role/Role/x", Action: action, Resource: resource, Account: prod,
			ResourcePolicy: anybodyOf(dev),
		})
	}
	does(false, "events:DeleteEventBus", bus)
	does(true, "events:PutEvents", bus)
	does(false, "events:PutEvents", bus+"2")
	does(false, "events:PutEvents", "arn:aws:events:us-east-1:"+prod+":event-bus/default")
	does(false, "events:PutRule", "arn:aws:events:us-east-1:"+prod+":rule/x")
	does(false, "sqs:SendMessage", queue)

	ask = of("spoke by topic", "Role")
	publishes := func(may bool, action, resource string) {
		ask(may, action+" of "+resource, awstest.Question{Principal: "arn:aws:sts::" + dev + ":assumed-role/Role/x", Action: action, Resource: resource, Account: dev})
	}
	publishes(true, "sns:Publish", topic)
	publishes(false, "sns:Publish", topic+"2")
	publishes(false, "sns:Publish", strings.Replace(topic, "us-east-1", "us-west-2", 1))
	publishes(false, "sns:Subscribe", topic)
	publishes(false, "events:PutEvents", bus)

	ask = of("spoke by topic", "TopicPolicy")
	ask(false, "EventBridge publishes, for nobody knows which rule", by(events, "sns:Publish", topic, dev, "", ""))
	ask(false, "for one of another account", by(events, "sns:Publish", topic, dev, strings.Replace(devRule, dev, stranger, 1), stranger))
	subscribe := as(kim, "sns:Subscribe", topic, dev, context{"sns:Endpoint": queue, "sns:Protocol": "sqs"})
	exactly(ask, "the hub subscribes its queue", subscribe, "sns:Publish")
	subscribe.Principal = "arn:aws:iam::" + stranger + ":user/x"
	ask(false, "another account subscribes", subscribe)
}

func roleQuestions(of asker) {
	assume := func(who, role string, c context) awstest.Question {
		return as(who, "sts:AssumeRole", "arn:aws:iam::"+prod+":role/"+role, prod, c)
	}
	right := context{"sts:ExternalId": "3414"}
	ask := of("role", "Role trust")
	ask(true, "jsmith, with the external id", assume(jsmith, "CrossAccountTest", right))
	ask(false, "with another", assume(jsmith, "CrossAccountTest", context{"sts:ExternalId": "3415"}))
	ask(false, "with none", assume(jsmith, "CrossAccountTest", nil))
	ask(false, "another account", assume(alice, "CrossAccountTest", right))
	ask(false, "a service", by(events, "sts:AssumeRole", "arn:aws:iam::"+prod+":role/CrossAccountTest", prod, "", ""))

	ask = of("role with MFA", "Role trust")
	mfa := context{"aws:MultiFactorAuthPresent": "true"}
	ask(true, "alice, after MFA", assume(alice, "Vendor", mfa))
	ask(false, "without", assume(alice, "Vendor", context{"aws:MultiFactorAuthPresent": "false"}))
	ask(false, "by a key, which knows of no MFA", assume(alice, "Vendor", nil))
	ask(false, "another of her account", assume("arn:aws:iam::"+vendor+":user/mallory", "Vendor", mfa))
	ask(false, "alice names whom it is for", as(alice, "sts:SetSourceIdentity", "arn:aws:iam::"+prod+":role/Vendor", prod, mfa))
}

// handedOutQuestions are of what is printed for others' policies.
func handedOutQuestions(of asker) {
	theirs := strings.Replace(key, prod, vendor, 1)
	call := func(who, action, resource string, c context) awstest.Question {
		return as(who, action, resource, vendor, c)
	}
	const other = "arn:aws:sts::" + prod + ":assumed-role/Other/x"
	via := context{"kms:ViaService": "s3.us-east-1.amazonaws.com"}
	ask := of("hub of another's bucket", "key")
	ask(true, "the function, by S3", call(function, "kms:Decrypt", theirs, via))
	ask(false, "not by S3", call(function, "kms:Decrypt", theirs, nil))
	ask(false, "by S3 of another region", call(function, "kms:Decrypt", theirs, context{"kms:ViaService": "s3.us-west-2.amazonaws.com"}))
	ask(false, "another role", call(other, "kms:Decrypt", theirs, via))
	ask(false, "more than that", call(function, "kms:Encrypt", theirs, via))

	ask = of("hub of another's bucket", "bucket")
	for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
		ask(true, action, call(function, action, object, nil))
		ask(false, action+" elsewhere", call(function, action, strings.Replace(object, "AWSLogs/", "other/", 1), nil))
		ask(false, action+" by another role", call(other, action, object, nil))
	}
	for _, action := range []string{"s3:ListBucket", "s3:ListBucketVersions"} {
		ask(true, action, call(function, action, "arn:aws:s3:::cloudtrailbucket", nil))
		ask(false, action+" of another", call(function, action, "arn:aws:s3:::cloudtrailbucket2", nil))
		ask(false, action+" by another role", call(other, action, "arn:aws:s3:::cloudtrailbucket", nil))
	}
	ask(false, "writes", call(function, "s3:PutObject", object, nil))
	ask(false, "the bucket's policy", call(function, "s3:GetBucketPolicy", "arn:aws:s3:::cloudtrailbucket", nil))
}

// judged is whether it may, under a document in the place of the template's.
func (q *question) judged(t testing.TB, document string) bool {
	t.Helper()
	asked := q.Question
	if q.document == "FunctionRole" || q.document == "Role" {
		asked.Identity = []string{document}
	} else {
		asked.ResourcePolicy = document
	}
	return simulator.Judge(t, asked) == awstest.Allowed
}

// TestPolicies: each policy lets its work be done, and nothing else, by the judgement
// of a program that is not ours.
func TestPolicies(t *testing.T) {
	asked := map[string]bool{}
	all := variants()
	made := map[string]map[string]string{}
	for _, q := range questions() {
		if made[q.of] == nil {
			made[q.of] = documents(t, all[q.of], placeOf(q.of))
		}
		document, ok := made[q.of][q.document]
		if !ok {
			t.Fatalf("%s has no %s", q.of, q.document)
		}
		asked[q.document] = true
		if got := q.judged(t, document); got != q.may {
			t.Errorf("%s, %s: %s: %v\n%s", q.of, q.document, q.what, got, document)
		}
	}
	for name, v := range all {
		for document := range documents(t, v, placeOf(name)) {
			if !asked[document] {
				t.Errorf("%s, %s: nothing is asked of it", name, document)
			}
		}
	}
}

func placeOf(variant string) place {
	if strings.HasPrefix(variant, "spoke") {
		return place{"aws", dev, "us-east-1", nil}
	}
	return inProd
}

// TestSids: what hubs of one name, or of one account, need can lie in one policy.
func TestSids(t *testing.T) {
	sids := map[string]bool{}
	for _, name := range []deploy.Name{"crosstrail", "cross-trail"} {
		for _, role := range []string{"arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/a"} {
			h := deploy.Hub{Name: name, Logs: &deploy.Logs{Bucket: "logs", Owner: "333333333333"}}
			var all []struct{ Sid string }
			if err := json.Unmarshal(h.BucketStatements(role), &all); err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				sids[s.Sid] = true
			}
		}
	}
	for sid := range sids {
		if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(sid) {
			t.Errorf("%s is no Sid", sid)
		}
	}
	if len(sids) != 8 {
		t.Errorf("%d Sids: %v", len(sids), sids)
	}
}
