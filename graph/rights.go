package graph

import (
	"context"
	"slices"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
	"kith/loaders"
)

// can is what the viewer may do with a row.
func can[T any](ctx context.Context, table orm.Entity[T], row *T) (*model.ViewerCan, error) {
	may, err := loaders.MayWrite(ctx, table, row)
	return &model.ViewerCan{Update: may && table.Has(orm.Updating), Delete: may && table.Has(orm.Deleting)}, err
}

// rolesOf are a user's roles, for themselves and for admins; nil for others.
func rolesOf(ctx context.Context, user *db.User) ([]string, error) {
	viewer := orm.ViewerOf(ctx)
	switch {
	case viewer.Key == user.Key:
		return append([]string{}, viewer.Roles...), nil // not null
	case !viewer.Admin:
		return nil, nil
	}
	roles, err := loaders.OfKey(ctx, "roles", user.Key, func(ctx context.Context, d *orm.DB, path string, users []int64) (map[int64][]string, error) {
		return (&db.DB{DB: d}).RolesOf(ctx, path, users)
	})
	return append([]string{}, roles...), err
}

// emailVerified tells whether the user of an address has verified it.
func emailVerified(ctx context.Context, address *db.Address) (bool, error) {
	return loaders.OfKey(ctx, "emailVerified", address.Key, func(ctx context.Context, d *orm.DB, path string, addresses []int64) (map[int64]bool, error) {
		return (&db.DB{DB: d}).VerifiedAddresses(ctx, path, addresses)
	})
}

// changeRole grants a user a role, or revokes it. One that the page no longer names can be revoked.
func changeRole(ctx context.Context, id, role string, grant bool) (*db.User, []*orm.Fault, error) {
	key, isID := db.Users.ParseGlobalID(id)
	faults, err := own(ctx, admins, func(ctx context.Context, d *db.DB) (faults []orm.Fault, err error) {
		there := false
		switch known := !grant || slices.Contains(d.Model().Roles(), role); {
		case !known:
			faults = []orm.Fault{{Code: orm.Invalid, Message: "is not a role", Field: []string{"input", "role"}}}
			there, err = d.HasUser(ctx, key)
		case grant:
			there, err = d.GrantRole(ctx, key, role)
		default:
			there, err = d.RevokeRole(ctx, key, role)
		}
		switch {
		case !isID:
			faults = slices.Insert(faults, 0, orm.Fault{Code: orm.Invalid, Message: "is not an id of the right type", Field: []string{"input", "userId"}})
		case !there:
			faults = slices.Insert(faults, 0, orm.Fault{Code: orm.NotFound, Message: "there is no such user", Field: []string{"input", "userId"}})
		}
		return faults, err
	})
	if err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	user, err := loaders.ByKey(ctx, db.Users, key)
	return user, faults, err
}
