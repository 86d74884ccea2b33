package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// rolesOf is an expression of SQL: the roles of the user with a key in one text, in order.
func rolesOf(key string) string {
	return `COALESCE((SELECT string_agg(r.role, ' ' ORDER BY r.role) FROM user_roles AS r WHERE r.user_id = ` + key + `), '')`
}

// roles are scanned from what rolesOf selects.
type roles []string

// Scan implements sql.Scanner.
func (r *roles) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*r = strings.Fields(v)
	case []byte:
		*r = strings.Fields(string(v))
	default:
		return fmt.Errorf("roles are a text, and not a %T", v)
	}
	return nil
}

// RolesOf are the roles of users, in order. Who has none is left out.
func (db *DB) RolesOf(ctx context.Context, path string, users []int64) (map[int64][]string, error) {
	out := make(map[int64][]string, len(users))
	condition, keys := db.Among("r.user_id", users)
	err := db.Query(ctx, path, `SELECT r.user_id, r.role FROM user_roles AS r WHERE `+condition+` ORDER BY r.user_id, r.role`, []any{keys}, func(rows *sqlx.Rows) error {
		var user int64
		var role string
		err := rows.Scan(&user, &role)
		out[user] = append(out[user], role)
		return err
	})
	return out, err
}

// GrantRole gives a user a role, which they may have already; found is false if there is no such user. It must run inside Write.
func (db *DB) GrantRole(ctx context.Context, user int64, role string) (found bool, err error) {
	if found, err = db.HasUser(ctx, user); err == nil && found {
		_, err = db.Exec(ctx, "insert role", `INSERT INTO user_roles (user_id, role, granted_at) VALUES (?, ?, ?) ON CONFLICT (user_id, role) DO NOTHING`, user, role, db.Now())
	}
	return found, err
}

// RevokeRole takes a role from a user, who may not have it; found is false if there is no such user. It must run inside Write.
func (db *DB) RevokeRole(ctx context.Context, user int64, role string) (found bool, err error) {
	if found, err = db.HasUser(ctx, user); err == nil && found {
		_, err = db.Exec(ctx, "delete role", `DELETE FROM user_roles WHERE user_id = ? AND role = ?`, user, role)
	}
	return found, err
}

// HasUser tells whether there is a user, and keeps them from going until the transaction ends.
func (db *DB) HasUser(ctx context.Context, user int64) (found bool, err error) {
	var key int64
	return db.QueryRow(ctx, "role", `SELECT id FROM users WHERE id = ?`+db.ForUpdate(), []any{user}, &key)
}
