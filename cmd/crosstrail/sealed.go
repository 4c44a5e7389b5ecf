package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// sealed is what digest files tell of the log files that an answer names. It is
// asked by several goroutines that print.
type sealed struct {
	files query.Seals

	mu      sync.Mutex // guards what follows
	altered map[string]bool
	failed  error
}

// mostAltered is how many altered files are counted: one is too many.
const mostAltered = 1000

// integrity returns what render asks of each log file.
func (s *sealed) integrity(ctx context.Context) func(file string) cloudtrail.Integrity {
	if s == nil {
		return nil
	}
	return func(file string) cloudtrail.Integrity {
		i, err := s.files.Integrity(ctx, file)
		if err == nil && i != cloudtrail.Altered {
			return i
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil && s.failed == nil {
			s.failed = fmt.Errorf("reading what digest files tell of %s: %w", file, err)
		}
		if i == cloudtrail.Altered && len(s.altered) < mostAltered {
			if s.altered == nil {
				s.altered = map[string]bool{}
			}
			s.altered[file] = true
		}
		return i
	}
}

// end shouts where an answer leans on a log file that is not what CloudTrail
// delivered, or may do so.
func (s *sealed) end(q *question, lack query.Lack) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	hint := "crosstrail verify --store"
	if flag := q.store.flag(); flag != "" {
		hint = "crosstrail verify" + flag
	}
	switch n := len(s.altered); {
	case n == 1:
		for file := range s.altered {
			q.ui.warn("THIS ANSWER LEANS ON AN ALTERED LOG FILE, which is not what CloudTrail delivered: %s: %s", file, hint)
		}
	case n > 1:
		q.ui.warn("THIS ANSWER LEANS ON %s, which are not what CloudTrail delivered: %s", number(n, "ALTERED LOG FILE"), hint)
	case lack.Altered > 0:
		q.ui.warn("%s: %s", render.Altered(lack), hint)
	}
	return nil
}
