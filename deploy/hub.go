package deploy

// Hub is what one hub is made of.
type Hub struct {
	Name      Name     `json:"name"`
	Region    string   `json:"region,omitempty"` // where it is; "": not known, and none that an account has to ask for
	Table     string   `json:"table"`            // its name
	MakeTable bool     `json:"makeTable"`        // the stack makes the table: there is none, or it is the stack's already
	Senders   Senders  `json:"senders,omitzero"`
	Topics    []string `json:"topics,omitempty"` // ARNs of spokes' topics that the queue listens to
	Logs      *Logs    `json:"logs,omitempty"`   // nil: only what spokes send
	Code      Code     `json:"code,omitzero"`
	Function  Function `json:"function,omitzero"`
	AlarmTo   string   `json:"alarmTo,omitempty"` // ARN of a topic that alarms tell; "": they are only shown
}

// Senders are the accounts that may send to the hub's event bus.
type Senders struct {
	Accounts     []string `json:"accounts,omitempty"`     // twelve digits each
	Organization string   `json:"organization,omitempty"` // o-…: its accounts too
}

// Logs are the log files that a hub reads, as they are written.
type Logs struct {
	Bucket  string  `json:"bucket"`
	Prefix  string  `json:"prefix"`          // keys begin so: "AWSLogs/", or "some/prefix/AWSLogs/"
	Owner   string  `json:"owner,omitempty"` // account of the bucket; "": the hub's
	Trigger Trigger `json:"trigger"`
	Topic   string  `json:"topic,omitempty"` // ARN of the trail's SNS topic, for [TriggerSNS]
	Key     string  `json:"key,omitempty"`   // ARN of the KMS key that seals them, "" for none
	Trail   string  `json:"trail,omitempty"` // ARN
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
	Bucket       string `json:"bucket,omitempty"`
	Key          string `json:"key,omitempty"`
	Architecture string `json:"architecture,omitempty"` // arm64 or x86_64, as Lambda says it; "": arm64
}

// Function is how the Lambda function is run.
type Function struct {
	MemoryMB int `json:"memoryMB,omitempty"` // 0: 512
	LogDays  int `json:"logDays,omitempty"`  // 0: 30
}

// What a hub's function is run with, unless it is told otherwise.
const (
	DefaultArchitecture = "arm64"
	DefaultMemoryMB     = 512
	DefaultLogDays      = 30
)
