package directory

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// Error is names that could not be read, with what to do about it.
type Error struct {
	Doing string
	Err   error
	Hints []string // none: it has to do with who calls, not with what is called
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Doing, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// code is the error code of an answer, as AWS documents it for the operation.
// Credentials are fetched by calls of their own, whose errors are not meant.
func code(err error, operation string) string {
	called, ok := errors.AsType[*smithy.OperationError](err)
	if !ok || called.OperationName != operation {
		return ""
	}
	if _, other := errors.AsType[*smithy.OperationError](called.Err); other {
		return ""
	}
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	return ""
}

// isDenied reports whether the caller may not do what was asked.
func isDenied(code string) bool {
	return code == "AccessDeniedException" || code == "AccessDenied"
}
