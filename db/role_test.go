package db

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"kith/db/dbtest"
	"kith/db/orm"
)

// Roles are read with whatever makes somebody a viewer, in order, until they are revoked; Promote copies them, and they go
// with their user.
func TestRoles(t *testing.T) {
	onClock(t, func(t *testing.T, d *timed) {
		change := func(by func(context.Context, int64, string) (bool, error), user int64, role string, want bool) {
			t.Helper()
			var found bool
			err := d.Write(t.Context(), func(ctx context.Context) (err error) {
				found, err = by(ctx, user, role)
				return err
			})
			if err != nil || found != want {
				t.Fatal(found, err)
			}
		}
		d.open(t, "before")
		for _, role := range []string{"scribe", "cook", "scribe"} {
			change(d.GrantRole, d.ada, role, true)
		}
		change(d.GrantRole, 99, "cook", false)
		change(d.RevokeRole, 99, "cook", false)
		change(d.RevokeRole, d.ada, "baker", true)
		if err := d.Write(t.Context(), func(ctx context.Context) error {
			_, err := d.Exec(ctx, "test", `INSERT INTO identities (issuer, subject, user_id) VALUES ('i', 's', ?)`, d.ada)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		check := func(d *DB, want ...string) {
			t.Helper()
			v, found, err := d.SessionViewer(t.Context(), "before")
			identity, wrong := d.Identity(t.Context(), "i", "s")
			if err != nil || wrong != nil || !found || !slices.Equal(v.Roles, want) || !slices.Equal(identity.Roles, want) {
				t.Errorf("%v %v, want %v; %v, %v, %v", v, identity, want, found, err, wrong)
			}
		}
		check(d.DB, "cook", "scribe")
		s, opened, err := d.OpenSession(t.Context(), d.logIn(t, "after", "home"))
		if err != nil || !opened || !slices.Equal(s.Viewer.Roles, []string{"cook", "scribe"}) {
			t.Error(s, opened, err)
		}
		if s, found, err := d.RotateSession(t.Context(), Refresh{Session: "after", TokenHash: "token 0", Next: "token 1"}); err != nil || !found || !slices.Equal(s.Viewer.Roles, []string{"cook", "scribe"}) {
			t.Error(s, found, err)
		}
		roles, err := d.RolesOf(t.Context(), "test", []int64{d.ada, 99})
		if err != nil || len(roles) != 1 || !slices.Equal(roles[d.ada], []string{"cook", "scribe"}) {
			t.Error(roles, err)
		}
		for _, address := range []string{"sqlite:" + filepath.Join(t.TempDir(), "to.db"), dbtest.Postgres(t)} {
			to, err := Open(t.Context(), address, orm.Options{Clock: d.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { to.Close() })
			if err := to.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Promote(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			check(to, "cook", "scribe")
		}
		change(d.RevokeRole, d.ada, "cook", true)
		check(d.DB, "scribe")
		err = d.Write(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), func(ctx context.Context) error {
			_, _, _, err := d.Delete(ctx, Users.Table, d.ada, nil, false)
			return err
		})
		if roles, wrong := d.RolesOf(t.Context(), "test", []int64{d.ada}); err != nil || wrong != nil || len(roles) > 0 {
			t.Error(roles, err, wrong)
		}
	})
}
