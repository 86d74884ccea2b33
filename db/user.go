package db

import "time"

// A User is a person with an account.
type User struct {
	Key       int64     `db:"id"`
	Username  string    `db:"username" rule:"1..50 handle unique"`
	Name      string    `db:"name" rule:"1..50 default=username"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}

// ID is the user's global id.
func (u User) ID() string { return GlobalID(Users.Table, u.Key) }

// Pages of users.
type (
	UserConnection = Connection[User]
	UserEdge       = Edge[User]
)
