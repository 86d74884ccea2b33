package db

import "kith/db/orm"

// A Profile is what a user says about themselves; deleted with the user.
type Profile struct {
	orm.Row
	UserKey  int64   `db:"user_id"`
	FullName *string `db:"full_name" rule:"0..100 line"` // Full name.
	Bio      *string `db:"bio" rule:"0..10000"`          // Free text.
}
