package db_test

import (
	"context"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// A transaction that lost a race is run again with the same draft: what hangs on a new row then refers to the new run's row.
func TestCreateRunsAgain(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			is := func(name string, value any) orm.InputField { return orm.InputField{Name: name, Value: value} }
			draft, faults := orm.NewDraft(db.Users.Table, orm.Input{is("username", "ada"), is("profile", orm.Input{}),
				is("posts", []any{orm.Input{is("title", "T"), is("content", "C"), is("tags", []any{"a"})}})}, nil, true)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			runs := 0
			err := m.Write(t.Context(), func(ctx context.Context) error {
				_, faults, err := m.Create(ctx, draft)
				if runs++; err != nil || len(faults) > 0 || runs > 2 {
					return err
				}
				return &orm.Error{Code: orm.Retry, Message: "lost a race"}
			})
			if err != nil || runs != 3 {
				t.Fatalf("%d runs: %v", runs, err)
			}
			for table, want := range map[string]string{"users": "1", "profiles": "1", "posts": "1", "post_tags": "1", "tags": "1"} {
				if got := m.lines(t, "SELECT count(*) FROM "+table); got[0] != want {
					t.Errorf("%s rows of %s, want %s", got[0], table, want)
				}
			}
		})
	}
}

// What writes must run inside Write, so that it cannot be half done.
func TestWritesNeedATransaction(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			draft, _ := orm.NewDraft(db.Tags.Table, orm.Input{{Name: "name", Value: "a"}}, nil, true)
			if _, _, err := m.Create(t.Context(), draft); err == nil {
				t.Error("created")
			}
			if _, _, err := m.Update(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), draft, 1, nil); err == nil {
				t.Error("updated")
			}
			if _, _, _, err := m.Delete(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), db.Tags.Table, 1, nil, true); err == nil {
				t.Error("deleted")
			}
			// Nobody is not the owner of what has none, and makes nothing but themselves.
			err := m.Write(t.Context(), func(ctx context.Context) error {
				if _, _, err := m.Create(ctx, draft); orm.CodeOf(err) != orm.Unauthenticated {
					t.Errorf("made by nobody: %v", err)
				}
				if _, _, err := m.Create(orm.WithViewer(ctx, orm.Viewer{Admin: true}), draft); err != nil {
					return err
				}
				_, _, _, err := m.Delete(ctx, db.Tags.Table, 1, nil, true)
				return err
			})
			if orm.CodeOf(err) != orm.Forbidden {
				t.Errorf("deleted by nobody: %v", err)
			}
		})
	}
}
