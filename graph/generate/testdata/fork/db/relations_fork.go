package db

import (
	"time"

	"kith/db/orm"
)

// A Reply is a remark on a post, by anybody who is logged in.
type Reply struct {
	orm.Row
	PostKey   int64  `db:"post_id"`
	AuthorKey int64  `db:"author_id"`
	Body      string `db:"body" rule:"1..10000"` // What it says.
}

// On the page.
var (
	Replies = orm.Declare[Reply](Model, "replies", orm.OwnedBy("author_id"), orm.TimeOrdered)

	PostReplies, ReplyPost   = orm.OneToMany(Posts, "replies", Replies, "post", "post_id", orm.Cascade)
	UserReplies, ReplyAuthor = orm.OneToMany(Users, "replies", Replies, "author", "author_id", orm.Cascade)
)

// An EmptyShelf is a place for books, and has each option of a column: renamed, with a default, write-once, read-only,
// hidden, deprecated.
type EmptyShelf struct {
	orm.Row
	OwnerKey *int64  `db:"owner_id"`                                       // Who put it up.
	Room     string  `db:"room" rule:"1..50" api:"place,default=a, b"`     // Where it stands.
	Code     string  `db:"code" rule:"1..20 unique" api:",writeonce"`      // What is written on it.
	State    string  `db:"state" rule:"1..20" api:",readonly,default=new"` // How it is: "new" at first.
	Notes    string  `db:"notes" rule:"0..50" api:"-,default=secret"`      // Nobody's business.
	Colour   *string `db:"colour" rule:"0..20" api:"paint,default=red"`    // What it is painted with.
	// How much dust is on it.
	//
	// Deprecated: nobody measures dust.
	Dust *string `db:"dust" rule:"0..20"`
}

// A Notice can only be put up, and never by a nested input.
type Notice struct {
	orm.Row
	ShelfKey *int64 `db:"shelf_id"`
	Text     string `db:"text" rule:"1..20"`
}

// A Note is the one remark that stands on a post, by whoever was first.
type Note struct {
	orm.Row
	PostKey   int64  `db:"post_id"`
	AuthorKey int64  `db:"author_id"`
	Text      string `db:"text" rule:"1..50"`
}

// More of the page.
var (
	Notes = orm.Declare[Note](Model, "notes", orm.OwnedBy("author_id"))

	PostNote, NotePost    = orm.OneToOne(Posts, "note", Notes, "post", "post_id", orm.Cascade)
	UserNotes, NoteAuthor = orm.OneToMany(Users, "notes", Notes, "author", "author_id", orm.Cascade)

	EmptyShelves = orm.Declare[EmptyShelf](Model, "empty_shelves", orm.OwnedBy("owner_id"),
		// Where it stands and since when, in one line.
		//
		// Deprecated: ask for both.
		orm.Computed("label", func(s *EmptyShelf) string { return s.Room + " <" + s.CreatedAt.Format("2006") + ">" }),
		orm.Computed("paintedAt", func(s *EmptyShelf) *time.Time {
			if s.Colour == nil {
				return nil
			}
			return &s.CreatedAt
		}),
		orm.Computed("load", func(s *EmptyShelf) int32 { return int32(100 / (len(s.Room) - len("collapse"))) }),
		orm.Computed("worth", func(s *EmptyShelf) *orm.Decimal { d := orm.Decimal("0.50"); return &d }),
		orm.Computed("steps", func(s *EmptyShelf) int64 { return 1 << 60 }))
	Notices = orm.Declare[Notice](Model, "notices", orm.Without(orm.Updating, orm.Deleting))

	UserShelves, ShelfOwner  = orm.OneToMany(Users, "shelves", EmptyShelves, "owner", "owner_id", orm.Detach)
	ShelfNotice, NoticeShelf = orm.OneToMany(EmptyShelves, "notices", Notices, "shelf", "shelf_id", orm.Detach)
	UserKnows, UserKnownBy   = orm.ManyToMany(Users, "knows", Users, "knownBy", "knows", "one_id", "other_id")
)

// A Mood is how a reading was.
type Mood string

// Moods.
const (
	Glad Mood = "GLAD" // All was well.
	Sad  Mood = "SAD"  // Not all was well.
	Mild Mood = "MILD"
)

// A Reading is something of every kind, once needed and once not.
type Reading struct {
	orm.Row
	OwnerKey   int64        `db:"owner_id"`
	Done       bool         `db:"done" api:",default=true"` // Whether it is over.
	Sure       *bool        `db:"sure"`
	Tally      int32        `db:"tally" rule:"-100..2000000000" api:",default=7"`
	Total      *int32       `db:"total"`
	Big        int64        `db:"big" rule:"unique"`
	Bigger     *int64       `db:"bigger" rule:"-5.."`
	Ratio      float64      `db:"ratio" api:",default=0.5"`
	Share      *float64     `db:"share" rule:"0..1.5"`
	Mood       Mood         `db:"mood" api:",default=GLAD"`
	MoodBefore *Mood        `db:"mood_before"`
	Price      orm.Decimal  `db:"price" rule:"12,2 -1000000.00.." api:",default=1.5"`
	Rebate     *orm.Decimal `db:"rebate" rule:"18,6"`
	Day        orm.Date     `db:"day" rule:"0001-01-01.." api:",default=2026-11-21"`
	Due        *orm.Date    `db:"due"`
	Code       orm.UUID     `db:"code" rule:"unique"`
	OtherCode  *orm.UUID    `db:"other_code"`
	Data       orm.JSON     `db:"data"`
	Extra      *orm.JSON    `db:"extra"`
	At         time.Time    `db:"at"`
	Until      *time.Time   `db:"until"`
}

// And every kind.
var (
	Readings = orm.Declare[Reading](Model, "readings", orm.OwnedBy("owner_id"))

	UserReadings, ReadingOwner = orm.OneToMany(Users, "readings", Readings, "owner", "owner_id", orm.Cascade)
)

// Shout is the name, louder.
func (u User) Shout() string { return u.Name + "!" }
