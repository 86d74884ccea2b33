package db

import "time"

// A Comment is a remark on a post, by anybody who is logged in.
type Comment struct {
	Row
	PostKey   int64  `db:"post_id"`
	AuthorKey int64  `db:"author_id"`
	Body      string `db:"body" rule:"1..10000"` // What it says.
}

// On the page.
var (
	Comments = table[Comment]("comments", ownedBy("author_id"))

	PostComments, CommentPost   = oneToMany(Posts, "comments", Comments, "post", "post_id", cascade)
	UserComments, CommentAuthor = oneToMany(Users, "comments", Comments, "author", "author_id", cascade)
)

// An EmptyShelf is a place for books, and has each option of a column: renamed, with a default, write-once, read-only,
// hidden, deprecated.
type EmptyShelf struct {
	Row
	OwnerKey *int64  `db:"owner_id"`                                    // Who put it up.
	Room     string  `db:"room" rule:"1..50" api:"place,default=a, b"`  // Where it stands.
	Code     string  `db:"code" rule:"1..20 unique" api:",writeonce"`   // What is written on it.
	State    string  `db:"state" rule:"1..20" api:",readonly"`          // How it is: "new" at first.
	Notes    string  `db:"notes" rule:"0..50" api:"-"`                  // Nobody's business.
	Colour   *string `db:"colour" rule:"0..20" api:"paint,default=red"` // What it is painted with.
	// How much dust is on it.
	//
	// Deprecated: nobody measures dust.
	Dust *string `db:"dust" rule:"0..20"`
}

// A Notice can only be put up, and never by a nested input.
type Notice struct {
	Row
	ShelfKey *int64 `db:"shelf_id"`
	Text     string `db:"text" rule:"1..20"`
}

// A Note is the one remark that stands on a post, by whoever was first.
type Note struct {
	Row
	PostKey   int64  `db:"post_id"`
	AuthorKey int64  `db:"author_id"`
	Text      string `db:"text" rule:"1..50"`
}

// More of the page.
var (
	Notes = table[Note]("notes", ownedBy("author_id"))

	PostNote, NotePost    = oneToOne(Posts, "note", Notes, "post", "post_id", cascade)
	UserNotes, NoteAuthor = oneToMany(Users, "notes", Notes, "author", "author_id", cascade)

	EmptyShelves = table[EmptyShelf]("empty_shelves", ownedBy("owner_id"),
		// Where it stands and since when, in one line.
		//
		// Deprecated: ask for both.
		computed("label", func(s *EmptyShelf) string { return s.Room + " <" + s.CreatedAt.Format("2006") + ">" }),
		computed("paintedAt", func(s *EmptyShelf) *time.Time {
			if s.Colour == nil {
				return nil
			}
			return &s.CreatedAt
		}),
		computed("load", func(s *EmptyShelf) int64 { return int64(100 / (len(s.Room) - len("collapse"))) }))
	Notices = table[Notice]("notices", without(Updating, Deleting))

	UserShelves, ShelfOwner  = oneToMany(Users, "shelves", EmptyShelves, "owner", "owner_id", detach)
	ShelfNotice, NoticeShelf = oneToMany(EmptyShelves, "notices", Notices, "shelf", "shelf_id", detach)
	UserKnows, UserKnownBy   = manyToMany(Users, "knows", Users, "knownBy", "knows", "one_id", "other_id")
)

// Shout is the name, louder.
func (u User) Shout() string { return u.Name + "!" }
