package remote_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/remote"
)

var errEnough = errors.New("enough")

// TestAllow ends a question before more is fetched than is allowed, whatever it
// is that wants it.
func TestAllow(t *testing.T) {
	v := &vast{accounts: 300, days: 30, end: cloudtrail.TimeOf(time.Date(2026, 5, 4, 18, 0, 0, 0, time.UTC)), told: map[string]string{}}
	breach(v, v.end-600, "eu-west-1")
	for name, question := range map[string]func(s *remote.Store) error{
		"a search for what is not there": func(s *remote.Store) error {
			_, err := s.Seek(t.Context(), remote.Search{Accounts: []string{vastAccount(17)}, Until: v.end}, s.Found("ASIAQQQQQQQQQQQQQQQQ"))
			return err
		},
		"all accounts for a day": func(s *remote.Store) error {
			_, err := s.Settle(t.Context(), s.AskWithin(source.Window{Since: v.end - 86400, Until: v.end}))
			return err
		},
		"events that name account after account": func(s *remote.Store) error {
			var uses []lineage.Use
			for n := range v.accounts {
				uses = append(uses, lineage.Use{Time: v.end - 86400, Region: "us-east-1", Caller: &lineage.Identity{
					Type: "AssumedRole", PrincipalID: "AROAX:x", AccountID: vastAccount(n), Created: v.end - 86400 - 300, AccessKeyID: "ASIAQQQQQQQQQQQQQQQQ",
				}})
			}
			_, err := s.Settle(t.Context(), s.AskEvents(uses))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := v.gets.Load()
			s := remote.New(v, remote.Options{Allow: func(_ context.Context, all remote.Cost) error {
				if all.Files > 500 || all.Lists > 400 {
					return errEnough
				}
				return nil
			}})
			if err := question(s); !errors.Is(err, errEnough) {
				t.Errorf("it ended with %v", err)
			}
			if got := v.gets.Load() - before; got > 500 {
				t.Errorf("%d files were fetched", got)
			}
		})
	}
}
