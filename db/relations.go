// Package db is the domain: the page, which declares tables and relations, the nouns whose rows they hold, and the sessions of
// users. What follows from the page in the database is package orm's. It knows no GraphQL and no HTTP.
package db

import (
	"kith/db/orm"
	"kith/migrations"
)

// Model is everything that is declared here.
var Model = orm.NewModel(migrations.Files)

// Every table. The quoted name is the table's in SQL, and in camel case that of its root connection in the schema. A row is written by
// its owner and by admins, and seen by everybody or by those it is visible to.
var (
	Users     = orm.Declare[User](Model, "users", orm.OwnedBy("id"), orm.Searchable("username", "name"), orm.Secret("password_hash", "password", "8..128", HashPassword))
	Profiles  = orm.Declare[Profile](Model, "profiles", orm.OwnedBy("user_id"))
	Addresses = orm.Declare[Address](Model, "addresses", orm.OwnedBy("user_id"), orm.VisibleTo("user_id"))
	Posts     = orm.Declare[Post](Model, "posts", orm.OwnedBy("author_id"), orm.Searchable("title", "content"), orm.Substrings("title"))
	Tags      = orm.Declare[Tag](Model, "tags")
)

// Every relation, both directions on one line. The quoted names are schema fields; then come the column, or link table
// and columns, that hold the keys, and what happens to the right side when the left is deleted.
// The batch SQL, the loader, the plan, the filters, nested writes and the cascade report follow from these lines, and
// by `make generate` the schema.
var (
	UserProfile, ProfileUser = orm.OneToOne(Users, "profile", Profiles, "user", "user_id", orm.Cascade)
	UserAddress, AddressUser = orm.OneToOne(Users, "address", Addresses, "user", "user_id", orm.Detach)
	UserPosts, PostAuthor    = orm.OneToMany(Users, "posts", Posts, "author", "author_id", orm.Cascade)
	PostTags, TagPosts       = orm.ManyToMany(Posts, "tags", Tags, "posts", "post_tags", "post_id", "tag_id", orm.Carries("posts", "created_at DESC"))
)
