package graph

import (
	"context"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
)

func TestPermissions(t *testing.T) {
	for _, c := range []struct {
		viewer                  orm.Viewer
		everyone, users, admins orm.Code
	}{
		{orm.Viewer{}, "", orm.Unauthenticated, orm.Unauthenticated},
		{orm.Viewer{Key: 1}, "", "", orm.Forbidden},
		{orm.Viewer{Key: 1, Admin: true}, "", "", ""},
		{orm.Viewer{Admin: true}, "", "", ""},
	} {
		ctx := orm.WithViewer(t.Context(), c.viewer)
		if got := [3]orm.Code{orm.CodeOf(everyone(ctx)), orm.CodeOf(users(ctx)), orm.CodeOf(admins(ctx))}; got != [3]orm.Code{c.everyone, c.users, c.admins} {
			t.Errorf("%+v: %q", c.viewer, got)
		}
	}
}

// A mutation of one's own is done if its permission and all before it let it; what it answers counts for the others.
func TestOwn(t *testing.T) {
	no := errors.New("no")
	for name, c := range map[string]struct {
		m       mutation
		may     permission
		done    bool
		allowed bool
		code    orm.UserErrorCode
		err     error
	}{
		"allowed":             {m: mutation{}, may: everyone, done: true, allowed: true, code: orm.Taken},
		"refused":             {m: mutation{}, may: func(context.Context) error { return no }, err: no},
		"after one at fault":  {m: mutation{order: []*write{{outcome: outcome{faults: []orm.Fault{{Code: orm.Blank}}}}}}, may: everyone},
		"after an error":      {m: mutation{err: no}, may: everyone},
		"when all are undone": {m: mutation{report: true}, may: everyone, code: orm.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			w := &write{}
			c.m.db, c.m.writes = &db.DB{}, map[string]*write{"f": w}
			ctx := context.WithValue(t.Context(), mutationKey{}, &c.m)
			ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: &ast.Field{Alias: "f"}}})
			done := false
			faults, err := own(ctx, c.may, func(context.Context, *db.DB) ([]orm.Fault, error) {
				done = true
				return []orm.Fault{{Code: orm.Taken}}, nil
			})
			if done != c.done || w.allowed != c.allowed || !errors.Is(err, c.err) || len(faults) > 0 != (c.code != "") || c.code != "" && faults[0].Code != c.code {
				t.Errorf("done %v, allowed %v, %v, %v", done, w.allowed, faults, err)
			}
		})
	}
}
