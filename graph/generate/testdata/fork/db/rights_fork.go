package db

import "kith/db/orm"

// A Letter is about a post, and for few to see.
type Letter struct {
	orm.Row
	SenderKey    int64   `db:"sender_id"`
	RecipientKey *int64  `db:"recipient_id"`
	PostKey      int64   `db:"post_id"`
	Subject      string  `db:"subject" rule:"1..100"`                   // What it is about.
	Body         string  `db:"body" rule:"1..100"`                      // What it says.
	Remark       *string `db:"remark" rule:"0..100"`                    // What clerks think of it.
	Weight       int32   `db:"weight" rule:"0..1000" api:",default=20"` // What it weighs.
	Sealed       bool    `db:"sealed" api:",default=false"`             // Whether it was sealed.
}

// An Enclosure is as visible as its letter is to the two who write to each other, and to the teams that its sender has founded, and to whom those
// know who stamp their letters alike.
type Enclosure struct {
	orm.Row
	LetterKey int64  `db:"letter_id"`
	What      string `db:"what" rule:"1..50"`
}

// A Stamp is for clerks to make, with a code that they alone know.
type Stamp struct {
	orm.Row
	Name string `db:"name" rule:"1..50 unique"`
	Code string `db:"code" rule:"1..50 unique"`
}

// Rights of every form.
var (
	Letters = orm.Declare[Letter](Model, "letters",
		orm.VisibleTo("sender_id", "recipient", "post.author", "sender.knownBy", orm.Role("clerk")),
		orm.OwnedBy("sender_id", "post.author", orm.Role("clerk")),
		orm.Readable("body", "sender_id", "recipient_id"),
		orm.Readable("remark", orm.Role("clerk")),
		orm.Readable("weight", "post.author", "sender.knownBy.knownBy"),
		orm.Writable("weight", orm.Everyone),
		orm.Writable("sealed", "recipient", orm.Role("clerk")),
		// How the body begins.
		orm.Computed("gist", func(l *Letter) string { return l.Body[:min(1, len(l.Body))] }))
	Enclosures = orm.Declare[Enclosure](Model, "enclosures",
		orm.VisibleTo("letter.sender", "letter.recipient_id", "letter.sender.founded.members", "letter.stamps.letters.sender.knows"), orm.OwnedBy("letter.sender_id"))
	Stamps = orm.Declare[Stamp](Model, "stamps",
		orm.VisibleTo(orm.Everyone), orm.OwnedBy(orm.Role("clerk")), orm.Readable("code", orm.Role("clerk")))

	UserSent, LetterSender            = orm.OneToMany(Users, "sent", Letters, "sender", "sender_id", orm.Cascade)
	UserReceived, LetterRecipient     = orm.OneToMany(Users, "received", Letters, "recipient", "recipient_id", orm.Detach)
	PostLetters, LetterPost           = orm.OneToMany(Posts, "letters", Letters, "post", "post_id", orm.Cascade)
	LetterEnclosures, EnclosureLetter = orm.OneToMany(Letters, "enclosures", Enclosures, "letter", "letter_id", orm.Cascade)
	LetterStamps, StampLetters        = orm.ManyToMany(Letters, "stamps", Stamps, "letters", "letter_stamps", "letter_id", "stamp_id")
)
