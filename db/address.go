package db

import "kith/db/orm"

// An Address is an e-mail address, seen by its user and by admins only; for others it is as if it were not there. Detached,
// not deleted, when its user goes.
type Address struct {
	orm.Row
	UserKey      *int64 `db:"user_id"`
	EmailAddress string `db:"email_address" rule:"1..254 email"` // E-mail address.
}
