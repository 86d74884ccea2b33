package db

import "kith/db/orm"

// A Post is a text by one author, with any number of tags; deleted with its author.
type Post struct {
	orm.Row
	AuthorKey int64  `db:"author_id"`                // The user who is its author.
	Title     string `db:"title" rule:"1..100 line"` // Title.
	Content   string `db:"content" rule:"1..100000"` // Text.
}
