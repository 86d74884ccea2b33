package db

import "time"

// A Profile is what a user tells about themself; it is owned by its user.
type Profile struct {
	Key       int64     `db:"id"`
	UserKey   int64     `db:"user_id"`
	FullName  *string   `db:"full_name" rule:"0..100"`
	Bio       *string   `db:"bio" rule:"0..10000 verbatim"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}

// ID is the profile's global id.
func (p Profile) ID() string { return GlobalID(Profiles.Table, p.Key) }

// Pages of profiles.
type (
	ProfileConnection = Connection[Profile]
	ProfileEdge       = Edge[Profile]
)
