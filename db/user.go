package db

import "time"

// A User is a person with a login.
type User struct {
	Key       int64     `db:"id"`
	Username  string    `db:"username" rule:"1..50 handle unique"` // Login name.
	Name      string    `db:"name" rule:"1..50 default=username"`  // Name to show.
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}
