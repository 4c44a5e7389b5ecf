package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// newLogger writes a JSON object a line, with the keys that Lambda looks for:
// timestamp and level (Developer Guide, "Log-level filtering"). What others wrote,
// as keys of objects, is escaped by that form.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr}))
}

// What is logged of one invocation, at most: an object of ten thousand bad records
// is told by some of them and their number.
const (
	mostLines = 50
	mostText  = 1000
)

// reason is an error in words that hold no more than the log is for, and lead to
// the environment of the function where the program's flags would be named.
func reason(err error) string {
	text := query.RedactText(err.Error())
	if _, large := errors.AsType[*source.TooLargeError](err); large {
		text = strings.Replace(text, "which is what --memory leaves", "which is what the memory of the function leaves", 1)
		text = strings.Replace(text, "raise --memory", "give the function more: aws lambda update-function-configuration --memory-size", 1)
	}
	text = strings.Replace(text, "raise --max-file", "raise "+envMaxFile, 1)
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "…"
	}
	return text
}

// about says of an error which object it is about, and which permission is missing.
func about(err error) []any {
	attrs := []any{slog.String("reason", reason(err))}
	if e, ok := errors.AsType[*source.Error](err); ok {
		attrs = append(attrs, slog.String("object", e.URI))
		if e.Record >= 0 {
			attrs = append(attrs, slog.Int("record", e.Record))
		}
	}
	if e, ok := errors.AsType[*dynamo.DeniedError](err); ok && e.Action != "" {
		attrs = append(attrs, slog.String("permission", e.Action), slog.String("resource", e.Resource))
	}
	return attrs
}

// failures logs what fails, up to mostLines.
type failures struct {
	log *slog.Logger
	n   int
}

func (f *failures) tell(message string, err error, attrs ...any) {
	if f.n++; f.n <= mostLines {
		f.log.Error(message, append(attrs, about(err)...)...)
	}
}

func (f *failures) end() {
	if more := f.n - mostLines; more > 0 {
		f.log.Error(fmt.Sprintf("%d more failures are not shown", more))
	}
}
