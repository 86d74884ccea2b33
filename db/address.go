package db

import "time"

// An Address is an e-mail address, seen by its user and by admins only; for others it is as if it were not there. Detached,
// not deleted, when its user goes.
type Address struct {
	Key          int64     `db:"id"`
	UserKey      *int64    `db:"user_id"`
	EmailAddress string    `db:"email_address" rule:"1..254 email"` // E-mail address.
	CreatedAt    time.Time `db:"created_at"`
	UpdatedAt    time.Time `db:"updated_at"`
	Version      int64     `db:"version"`
}
