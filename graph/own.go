package graph

import (
	"context"

	"kith/db"
	"kith/db/orm"
	"kith/loaders"
)

// A permission decides whether the viewer may do what a mutation of one's own does: nil lets them. It runs in the
// mutation's transaction, before anything of it is done, and reads what it needs by loaders.
type permission func(ctx context.Context) error

// everyone may do it, also without a login.
func everyone(context.Context) error { return nil }

// users may do it: anyone logged in.
func users(ctx context.Context) error {
	if v := orm.ViewerOf(ctx); v.Key == 0 && !v.Admin {
		return orm.ErrAnonymous
	}
	return nil
}

// admins may do it.
func admins(ctx context.Context) error {
	if err := users(ctx); err != nil {
		return err
	}
	if !orm.ViewerOf(ctx).Admin {
		return orm.Errorf(orm.Forbidden, "only admins may do this")
	}
	return nil
}

// own does what a mutation written in NOUN.extra.graphqls is for, if may lets the viewer: its resolver answers the faults as
// the payload's `userErrors`, and reads what else the payload shows when there are none. do runs in the transaction of the
// whole operation, perhaps more than once, and under ctx its writes are the viewer's: of rows that are theirs, unless
// orm.WithViewer says otherwise. What it reads by loaders under that ctx is as it was before it wrote.
//
// If any field of the operation fails, or under @dryRun, nothing of it stays; do does not run if one before it has failed. A
// mutation whose resolver does not come here is refused, and what it has written rolled back.
func own(ctx context.Context, may permission, do func(ctx context.Context, d *db.DB) ([]orm.Fault, error)) ([]*orm.Fault, error) {
	m, w, run := current(ctx)
	if !run {
		return faultsOf(w), nil
	}
	ctx = loaders.New(ctx, m.db.DB, fieldPath)
	loaders.Expect(ctx, 1)
	if err := may(ctx); err != nil {
		return nil, err
	}
	w.allowed = true
	var err error
	w.faults, err = do(ctx, m.db)
	return faultsOf(w), err
}

// items are those of all lists in a value.
func items(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range v {
			n += items(field)
		}
	case []any:
		for _, item := range v {
			n += 1 + items(item)
		}
	}
	return n
}
