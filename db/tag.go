package db

// A Tag is a label for posts.
type Tag struct {
	Row
	Name string `db:"name" rule:"1..50 line unique"` // Name.
}
