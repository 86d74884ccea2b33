package db

import (
	"context"
	"strings"

	"kith/db/orm"
)

// A Review is what somebody says of a post, with a reply by its author.
type Review struct {
	orm.Row
	PostKey   int64   `db:"post_id"`
	AuthorKey int64   `db:"author_id"`
	Summary   string  `db:"summary" rule:"1..100"`                // What it comes to.
	Body      string  `db:"body" rule:"1..10000"`                 // All that it says.
	Reply     *string `db:"reply" rule:"1..1000" api:",readonly"` // What the author of the post replies.
}

// On the page.
var (
	Reviews = orm.Declare[Review](Model, "reviews", orm.OwnedBy("author_id"),
		orm.Computed("excerpt", (*Review).Excerpt),
		orm.Check(checkReview))

	PostReviews, ReviewPost   = orm.OneToMany(Posts, "reviews", Reviews, "post", "post_id", orm.Cascade)
	UserReviews, ReviewAuthor = orm.OneToMany(Users, "reviews", Reviews, "author", "author_id", orm.Cascade)
)

// Excerpt is the first line of the body.
func (r *Review) Excerpt() string {
	line, _, _ := strings.Cut(r.Body, "\n")
	return line
}

// checkReview keeps summaries short, and bodies as they were when somebody has replied to them.
func checkReview(_ context.Context, before, after *Review) (faults []orm.Fault) {
	if len(after.Summary) > len(after.Body) {
		faults = append(faults, orm.Fault{Code: orm.TooLong, Message: "must not be longer than the body", Field: []string{"summary"}})
	}
	if before != nil && before.Reply != nil && before.Body != after.Body {
		faults = append(faults, orm.Fault{Code: orm.Invalid, Message: "has been replied to", Field: []string{"body"}})
	}
	return faults
}
