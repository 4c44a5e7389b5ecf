package local_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
)

// kept are the names that a store in a folder tells.
func kept(t *testing.T, dir string) []query.Directory {
	t.Helper()
	all, err := local.Directories(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func keeps(t *testing.T, what string, want []query.Directory, dir string) {
	t.Helper()
	if diff := cmp.Diff(want, kept(t, dir)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestDirectories(t *testing.T) {
	dir := t.TempDir()
	if _, err := local.Directories(t.Context(), dir); !errors.Is(err, local.ErrNoStore) {
		t.Errorf("without a store: %v", err)
	}
	organization := query.Directory{Kind: query.OrganizationDirectory, ID: "o-a", Management: "222222222222", Taken: 1000, Entries: []query.Entry{
		{ID: "111111111111", Name: "dev", Also: []string{"a@example.com", "two\nlines, \"quoted\""}, State: "ACTIVE", Joined: 5},
		{ID: "222222222222"},
	}}
	list := query.Directory{Kind: query.ListDirectory, ID: "/n.csv", Taken: 2000, Entries: []query.Entry{{ID: "192.0.2.0/24", Name: "office"}}}
	people := query.Directory{Kind: query.IdentityCenterDirectory, ID: "d-1", Taken: 3000}
	files := organisation(3, synth.Options{Stories: 4, Days: 1})
	fill := func(change func(s *local.Store) error) {
		t.Helper()
		s, err := local.Open(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pump(t, s, 2, files)
		if err := errors.Join(change(s), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	fill(func(s *local.Store) error { // a reader of a store that never had names finds none
		keeps(t, "before", nil, dir)
		n, err := s.ForgetDirectory(t.Context(), "o-a")
		if n != 0 {
			t.Errorf("forgot %d", n)
		}
		return err
	})
	r, err := local.OpenReader(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(func(s *local.Store) error { return s.KeepDirectories(t.Context(), list, people, organization) })
	want := []query.Directory{organization, people, list}
	keeps(t, "kept", want, dir)
	info, err := r.Info(t.Context()) // as of when it was opened, or of now: it must not fail
	if err != nil || len(info.Directories) != 0 && len(info.Directories) != 3 {
		t.Errorf("info: %d directories, %v", len(info.Directories), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	// A later one of the same kind and id takes the place of the earlier whole.
	organization.Taken, organization.Entries = 4000, slices.Clone(organization.Entries[1:])
	organization.Entries[0].Name = "payer"
	want[0] = organization
	fill(func(s *local.Store) error { return s.KeepDirectories(t.Context(), organization) })
	keeps(t, "replaced", want, dir)

	if err := local.Rebuild(t.Context(), dir, local.Options{}, pumpCopies(t.Context())); err != nil {
		t.Fatal(err)
	}
	keeps(t, "rebuilt", want, dir)

	fill(func(s *local.Store) error {
		n, err := s.ForgetDirectory(t.Context(), "d-1")
		if n != 1 {
			t.Errorf("forgot %d, want 1", n)
		}
		return err
	})
	keeps(t, "let go", []query.Directory{organization, list}, dir)
}
