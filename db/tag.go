package db

import "time"

// A Tag is a word that posts share.
type Tag struct {
	Key       int64     `db:"id"`
	Name      string    `db:"name" rule:"1..50 unique"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}

// ID is the tag's global id.
func (t Tag) ID() string { return GlobalID(Tags.Table, t.Key) }

// Pages of tags.
type (
	TagConnection = Connection[Tag]
	TagEdge       = Edge[Tag]
)
