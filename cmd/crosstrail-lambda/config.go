package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/queue"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// The environment of the function.
const (
	envStore   = "CROSSTRAIL_STORE"     // dynamodb://TABLE
	envFrom    = "CROSSTRAIL_FROM"      // s3://bucket/prefix[,…]: objects elsewhere are refused
	envTopics  = "CROSSTRAIL_TOPICS"    // ARNs of topics, with commas: of each its account is believed of itself alone
	envNew     = "CROSSTRAIL_NEW_TABLE" // true: the table was made for this function, see [dynamo.Options]
	envMaxFile = "CROSSTRAIL_MAX_FILE"  // cap on one decompressed file
	envLevel   = "CROSSTRAIL_LOG_LEVEL" // debug, info, warn, error

	// Set by Lambda (Developer Guide, "Defined runtime environment variables", and
	// "Log-level filtering").
	envRuntime     = "AWS_LAMBDA_RUNTIME_API"
	envMemory      = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" // MB, which are MiB
	envLambdaLevel = "AWS_LAMBDA_LOG_LEVEL"
)

// leastMemory is the least that Lambda lets a function have, in bytes.
const leastMemory = 128 << 20

// config is what the environment says. It is read once.
type config struct {
	table   string
	isNew   bool // it was made for this function
	from    []string
	topics  []string // whose account is believed of itself alone
	memory  int64    // bytes that the function has
	maxFile int64    // 0: what the memory leaves for one
	level   slog.Level
}

// readConfig reads all of it, and names every variable that is wrong.
func readConfig(get func(string) string) (config, error) {
	c := config{memory: leastMemory}
	var errs []error
	wrong := func(name, text string) {
		errs = append(errs, fmt.Errorf("%s=%q: %s", name, get(name), text))
	}
	var err error
	if c.table, err = dynamo.TableOf(get(envStore)); get(envStore) == "" {
		errs = append(errs, errors.New(envStore+" is not set: it names the table to write to, as "+dynamo.Scheme+"CrossAccountAuditing"))
	} else if err != nil {
		wrong(envStore, err.Error())
	}
	if text := get(envNew); text != "" {
		if c.isNew, err = strconv.ParseBool(text); err != nil {
			wrong(envNew, "it is true where the table was made for this function, and nothing else ever wrote to it")
		}
	}
	c.from, c.topics = listed(get(envFrom)), listed(get(envTopics))
	if err := (&queue.OpenerOptions{Topics: c.topics}).Check(); err != nil {
		wrong(envTopics, "it is ARNs of topics with commas between them: "+err.Error())
	}
	if err := (&queue.OpenerOptions{From: c.from}).Check(); err != nil {
		wrong(envFrom, "it is prefixes with commas between them, as s3://bucket/AWSLogs/,s3://other: "+err.Error())
	}
	if text := get(envMemory); text != "" {
		mb, err := strconv.ParseInt(text, 10, 32)
		if err != nil || mb <= 0 {
			wrong(envMemory, "it is a number of MB, and Lambda's own to set")
		}
		c.memory = max(mb<<20, leastMemory)
	}
	if text := get(envMaxFile); text != "" {
		if c.maxFile, err = source.ParseSize(text); err != nil {
			wrong(envMaxFile, err.Error())
		}
	}
	for _, name := range []string{envLambdaLevel, envLevel} {
		if text := get(name); text != "" && !setLevel(&c.level, text) {
			wrong(name, "it is debug, info, warn or error")
		}
	}
	return c, errors.Join(errs...)
}

// listed are what stands between commas.
func listed(text string) (all []string) {
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// setLevel takes Lambda's words too: TRACE and FATAL lie beyond ours.
func setLevel(level *slog.Level, text string) bool {
	switch strings.ToUpper(text) {
	case "TRACE":
		text = "DEBUG"
	case "FATAL":
		text = "ERROR"
	}
	return level.UnmarshalText([]byte(text)) == nil
}
