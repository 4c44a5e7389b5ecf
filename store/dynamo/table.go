package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/pattern"
)

// Scheme begins the name of a table as a SOURCE and as a store: dynamodb://TABLE.
const Scheme = "dynamodb://"

// Is reports whether a source or a store is a table.
func Is(source string) bool { return strings.HasPrefix(source, Scheme) }

// tableName is how tables are called (DynamoDB Developer Guide, "Supported data
// types and naming rules": 3 to 255 of these characters).
var tableName = pattern.Of(`^[A-Za-z0-9_.-]{3,255}$`)

// TableOf is the name of the table in dynamodb://TABLE.
func TableOf(uri string) (name string, err error) {
	name, ok := strings.CutPrefix(uri, Scheme)
	switch {
	case !ok:
		return "", fmt.Errorf("%q is no table: write %sTABLE", uri, Scheme)
	case strings.HasPrefix(name, "arn:"):
		return "", fmt.Errorf("%q has an ARN: write the table's name alone, as in %sCrossAccountAuditing, and choose account and region by --profile and --aws-region", uri, Scheme)
	case !tableName().MatchString(name):
		return "", fmt.Errorf("%q has no name of a table: DynamoDB wants 3 to 255 letters, digits, '_', '-' and '.', as in %sCrossAccountAuditing", uri, Scheme)
	}
	return name, nil
}

// Options are what a user of a table may set. The zero value reads.
type Options struct {
	// Write says that the table is to be written to: Open then fails on one that
	// is not ours.
	Write bool
	// New says, beside Write, that the table was made for who opens it, with all that
	// [Make] gives one, and that nothing else was ever written to it: without its own
	// item it is given that, and is ours.
	New bool
	// MaxFile is how long a log file may be, decompressed, of which a record is
	// read that did not fit into the table; 0: [source.DefaultMaxFile].
	MaxFile int64
	// Fetch opens such a log file. Nil: such records cannot be read.
	Fetch func(context.Context, cloudtrail.LogFile) (io.ReadCloser, error)
	// Allow is asked before much is read; nil: all is allowed.
	Allow func(context.Context, Cost) error
	// Note is told what is worth saying and no failure; it may be called from
	// several goroutines at once. Nil: nothing is told.
	Note func(string)
}

func (o *Options) note(format string, args ...any) {
	if o.Note != nil {
		o.Note(fmt.Sprintf(format, args...))
	}
}

// Store is one table. It is an ingest.Store and a query.Reader; any number of
// them, in any number of processes, may write to one table at once.
type Store struct {
	client  *dynamodb.Client
	table   string
	region  string
	options Options

	meta     atomic.Pointer[meta] // nil: the table has none, it is that of AWS's text
	learning time.Duration        // by when all who write to the table know of a change
	writer   writer
	reads    reads
}

// ErrNoTable is a table that is not there. [Make] makes it.
var ErrNoTable = errors.New("there is no such table")

// ErrForeign is a table that was made and filled as AWS's text has it, and not by
// this program. It is read as it is; [Make] makes it ours.
var ErrForeign = errors.New("the table is one of AWS's text, without the indexes and the format of crosstrail")

// NotOursError is [ErrNoTable] or [ErrForeign] of a table, and says what to do.
type NotOursError struct {
	Table, Region string
	Err           error
}

func (e *NotOursError) Error() string {
	where := Scheme + e.Table
	if e.Region != "" {
		where += " in " + e.Region
	}
	if errors.Is(e.Err, ErrForeign) {
		return fmt.Sprintf("%s: %v; crosstrail ingest %[3]s%[4]s --store %[3]s%[4]s adds them, after asking, and leaves all that is there", where, e.Err, Scheme, e.Table)
	}
	return fmt.Sprintf("%s: %v; crosstrail ingest SOURCE --store %s%s makes it, after asking", where, e.Err, Scheme, e.Table)
}

func (e *NotOursError) Unwrap() error { return e.Err }

// Open finds a table. It reads one item; the table's keys and indexes are not
// looked at until something fails by them. The error is a [*NotOursError], a
// [*ShapeError] or what AWS said.
func Open(ctx context.Context, cfg aws.Config, table string, o Options) (*Store, error) {
	if !tableName().MatchString(table) {
		_, err := TableOf(Scheme + table)
		return nil, err
	}
	s := newStore(cfg, table, o)
	if err := s.readMeta(ctx); err != nil {
		return nil, err
	}
	if !o.Write || s.meta.Load() != nil {
		return s, nil
	}
	if !o.New {
		return nil, s.notOurs(ErrForeign)
	}
	if err := (&maker{Store: s}).sign(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// mostLearning is as long as a function may run (Lambda Developer Guide, "Configure
// Lambda function timeout", our template's: a minute), and some more: what was begun
// before a change is done then.
const mostLearning = 90 * time.Second

func newStore(cfg aws.Config, table string, o Options) *Store {
	s := &Store{client: dynamodb.NewFromConfig(cfg), table: table, region: cfg.Region, options: o, learning: mostLearning}
	s.writer.begin()
	return s
}

func (s *Store) notOurs(err error) error { return &NotOursError{s.table, s.region, err} }

// ShapeError is a table whose items have another key than ours.
type ShapeError struct {
	Table string
	Has   string // its key, as "id (S), partition"
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("%s%s has another shape: its key is %s, and must be %s (S), partition, and %s (S), sort; take another table", Scheme, e.Table, e.Has, attrEvent, attrTime)
}

// shape is nil if the table has our key.
func shape(t *types.TableDescription) error {
	typed := map[string]types.ScalarAttributeType{}
	for _, a := range t.AttributeDefinitions {
		typed[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	var has []string
	for _, k := range t.KeySchema {
		role := "partition"
		if k.KeyType == types.KeyTypeRange {
			role = "sort"
		}
		name := aws.ToString(k.AttributeName)
		has = append(has, fmt.Sprintf("%s (%s), %s", name, typed[name], role))
	}
	if is := strings.Join(has, ", and "); is != attrEvent+" (S), partition, and "+attrTime+" (S), sort" {
		return &ShapeError{aws.ToString(t.TableName), is}
	}
	return nil
}

// explain makes of what AWS said what a user can act on. It is for what a call
// returned, at that call.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		s.writer.forget() // another of its name would be empty
		return s.notOurs(ErrNoTable)
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fmt.Errorf("%s%s: %w", Scheme, s.table, err)
	}
	switch api.ErrorCode() {
	case "AccessDeniedException", "AccessDenied":
		return s.denied(api.ErrorMessage(), err)
	case "ValidationException":
		// An item by another key than the table has: the table is none of ours.
		out, e := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
		if e == nil {
			if e := shape(out.Table); e != nil {
				return e
			}
		}
	}
	return fmt.Errorf("%s%s: %w", Scheme, s.table, err)
}

func (s *Store) describe(ctx context.Context) (*types.TableDescription, error) {
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return out.Table, nil
}
