package db

import "time"

// A Post is a text by one author, with any number of tags.
type Post struct {
	Key       int64     `db:"id"`
	AuthorKey int64     `db:"author_id"`
	Title     string    `db:"title" rule:"1..100"`
	Content   string    `db:"content" rule:"1..100000 verbatim"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}

// ID is the post's global id.
func (p Post) ID() string { return GlobalID(Posts.Table, p.Key) }

// Pages of posts.
type (
	PostConnection = Connection[Post]
	PostEdge       = Edge[Post]
)
