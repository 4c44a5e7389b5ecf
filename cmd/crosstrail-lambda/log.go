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

// reason is an error in words that hold no more than the log is for.
func reason(err error) string {
	var all []string
	for _, e := range each(err) {
		all = append(all, words(e))
	}
	text := query.RedactText(strings.Join(all, "\n"))
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "…"
	}
	return text
}

// words are those of one error. What a limit is raised with is no flag here.
func words(err error) string {
	large, ok := errors.AsType[*source.TooLargeError](err)
	file, named := errors.AsType[*source.Error](err)
	switch {
	case !ok || !named:
		return err.Error()
	case large.Memory == 0:
		return fmt.Sprintf("%s: %v, not read: if it is what you expect, raise %s", file.URI, large, envMaxFile)
	}
	return fmt.Sprintf("%s: %v, which is what the memory of the function leaves for one file, not read: if it is what you expect, give the function more, as far as can be told: aws lambda update-function-configuration --memory-size %d",
		file.URI, large, memoryFor(large.Memory))
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
