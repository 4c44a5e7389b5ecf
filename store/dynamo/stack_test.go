package dynamo

import "github.com/crosstrail/crosstrail/internal/awstest"

// stack is the AWS that the tests of this package share.
var stack awstest.Stack
