package db

import "time"

// A Tag is a label for posts.
type Tag struct {
	Key       int64     `db:"id"`
	Name      string    `db:"name" rule:"1..50 unique"` // Name.
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}
