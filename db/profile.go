package db

import "time"

// A Profile is what a user says about themselves; deleted with the user.
type Profile struct {
	Key       int64     `db:"id"`
	UserKey   int64     `db:"user_id"`
	FullName  *string   `db:"full_name" rule:"0..100"` // Full name.
	Bio       *string   `db:"bio" rule:"0..10000"`     // Free text.
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}
