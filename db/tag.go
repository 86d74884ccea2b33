package db

import "kith/db/orm"

// A Tag is a label for posts.
type Tag struct {
	orm.Row
	Name string `db:"name" rule:"1..50 line unique"` // Name.
}
