package queue

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
)

// told is an error of SQS in words that say what to do about it.
type told struct {
	text string
	err  error
}

func (t *told) Error() string { return t.text }
func (t *told) Unwrap() error { return t.err }

func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		// Some answers have the name of SQS's query protocol before the code.
		return strings.TrimPrefix(e.ErrorCode(), "AWS.SimpleQueueService.")
	}
	return ""
}

// isRefused reports whether the caller may not do what it asked for, or asked for
// what is not there.
func isRefused(err error) bool {
	_, ok := errors.AsType[*told](err)
	return ok
}

// explain puts an error of SQS into words: what the call needs, and on what.
func explain(err error, action, arn string) error {
	called, ok := errors.AsType[*smithy.OperationError](err)
	if ok {
		if _, other := errors.AsType[*smithy.OperationError](called.Err); other {
			return err // of the credentials: it says nothing of the queue
		}
	}
	switch code := codeOf(err); code {
	case "AccessDenied", "AccessDeniedException", "Forbidden":
		return &told{"refused: the caller needs " + action + " on " + arn + "; where the queue is another account's its policy has to allow it too", err}
	case "QueueDoesNotExist", "NonExistentQueue":
		return &told{"there is no such queue: check the account, region and name in the URL: aws sqs list-queues", err}
	case "KmsAccessDenied", "KmsDisabled", "KmsNotFound", "KmsInvalidState":
		return &told{"the queue's encryption key cannot be used: the caller needs kms:Decrypt on it, and kms:GenerateDataKey to send: " + code, err}
	}
	return err
}
