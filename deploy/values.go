package deploy

import (
	"fmt"
	"regexp"
	"time"

	"github.com/crosstrail/crosstrail/internal/pattern"
)

// Value is a kind of text that AWS takes in a form of its own.
type Value struct {
	form func() *regexp.Regexp
	is   string // what a text that has not that form is not, and which form it is
}

// The values of a deployment (IAM API Reference; STS API Reference, AssumeRole; S3 User
// Guide, "General purpose bucket naming rules"; DynamoDB Developer Guide, "Naming
// rules"; Organizations, EventBridge, SQS, SNS and KMS API References). A deployment's
// name is shorter than each of the names that are made of it may be.
var (
	DeploymentName = Value{pattern.Of(`^[A-Za-z][A-Za-z0-9-]{0,39}$`), "no name of a deployment: a letter, then up to 39 letters, digits and -"}
	AccountID      = Value{pattern.Of(`^[0-9]{12}$`), "no account: it has twelve digits"}
	Region         = Value{pattern.Of(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`), "no region: as eu-west-1"}
	OrganizationID = Value{pattern.Of(`^o-[a-z0-9]{10,32}$`), "no organisation's id: as o-a1b2c3d4e5"}
	UnitID         = Value{pattern.Of(`^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})$`), "no organisational unit's id: as ou-ab12-c3d4e5f6"}
	TableName      = Value{pattern.Of(`^[A-Za-z0-9_.-]{3,255}$`), "no name of a table: 3 to 255 letters, digits, _, - and ."}
	BucketName     = Value{pattern.Of(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`), "no name of a bucket"}
	RoleName       = Value{pattern.Of(`^[A-Za-z0-9_+=,.@-]{1,64}$`), "no name of a role: up to 64 letters, digits and any of _+=,.@-"}
	ExternalID     = Value{pattern.Of(`^[A-Za-z0-9_+=,.@:/-]{2,1000}[A-Za-z0-9_+=,.@:/-]{0,224}$`), "no external id: 2 to 1224 letters, digits and any of _+=,.@:/-"}
	BusARN         = Value{pattern.Of(`^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]{1,256}$`), "no ARN of an event bus: as arn:aws:events:us-east-1:999999999999:event-bus/crosstrail"}
	QueueARN       = Value{pattern.Of(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$`), "no ARN of a queue: as arn:aws:sqs:us-east-1:999999999999:crosstrail"}
	TopicARN       = Value{pattern.Of(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`), "no ARN of a topic: as arn:aws:sns:eu-west-1:111111111111:crosstrail"}
	KeyARN         = Value{pattern.Of(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`), "no ARN of a key: as arn:aws:kms:us-east-1:999999999999:key/ID"}
	RoleARN        = Value{pattern.Of(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}$`), "no ARN of a role: as arn:aws:iam::999999999999:role/CrossAccountTest, with the role's path before its name, if it has one"}
	Principal      = Value{pattern.Of(`^([0-9]{12}|arn:aws[a-z-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]{1,576}))$`), "neither an account of twelve digits nor the ARN of a user or role"}
	Policy         = Value{pattern.Of(`^(arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]{1,576}|[A-Za-z0-9_+=,.@/-]{1,128})$`), "neither the ARN of a managed policy nor the name of one of AWS's: as " + DefaultPolicy}
	FieldPath      = Value{pattern.Of(`^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*$`), "no field of a record: as userIdentity.type"}
)

// Check says what is wrong with a text.
func (v Value) Check(text string) error {
	if !v.form().MatchString(text) {
		return fmt.Errorf("%q is %s", text, v.is)
	}
	return nil
}

// given is Check of what may be left away.
func (v Value) given(text string) error {
	if text == "" {
		return nil
	}
	return v.Check(text)
}

// CheckSession says what is wrong with how long a session of a role may be (IAM API
// Reference, CreateRole: MaxSessionDuration).
func CheckSession(d time.Duration) error {
	if d < time.Hour || d > 12*time.Hour || d%time.Second != 0 {
		return fmt.Errorf("%s is no length of a session: one to twelve hours", d)
	}
	return nil
}
