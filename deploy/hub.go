package deploy

// Hub is what one hub is made of.
type Hub struct {
	Name      Name
	Table     string // its name
	MakeTable bool   // the stack makes the table: there is none, or it is the stack's already
	Senders   Senders
	Topics    []string // ARNs of spokes' topics that the queue listens to
	Logs      *Logs    // nil: only what spokes send
	Code      Code
	Function  Function
	AlarmTo   string // ARN of a topic that alarms tell; "": they are only shown
}

// Senders are the accounts that may send to the hub's event bus.
type Senders struct {
	Accounts     []string // twelve digits each
	Organization string   // o-…: its accounts too
}

// Logs are the log files that a hub reads, as they are written.
type Logs struct {
	Bucket, Prefix string // keys begin so: "AWSLogs/", or "some/prefix/AWSLogs/"
	Trigger        Trigger
	Topic          string // ARN of the trail's SNS topic, for [TriggerSNS]
	Key            string // ARN of the KMS key that seals them, "" for none
	Trail          string // ARN
}

// Trigger is how the hub hears of a new log file.
type Trigger string

// What a bucket, or its trail, may tell by.
const (
	TriggerNotification Trigger = "notification" // the bucket's own notice to the hub's queue
	TriggerEventBridge  Trigger = "eventbridge"  // "Object Created" on the default bus of the bucket's account and region
	TriggerSNS          Trigger = "sns"          // the topic that CloudTrail itself tells
)

// Code is where the function's deployment package lies.
type Code struct {
	Bucket, Key  string
	Architecture string // arm64 or x86_64, as Lambda says it
}

// Function is how the Lambda function is run.
type Function struct {
	MemoryMB int // 0: 512
	LogDays  int // 0: 30
}
