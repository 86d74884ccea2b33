package db

import "kith/db/orm"

// A User is a person with a login.
type User struct {
	orm.Row
	Username string `db:"username" rule:"1..50 handle unique"`     // Login name.
	Name     string `db:"name" rule:"1..50 line default=username"` // Name to show.
}
