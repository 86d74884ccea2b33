// Package db is kith's relational graph: its entities and relations, the SQL that reads and writes them on SQLite
// and PostgreSQL, transactions and kinds of errors. It knows no GraphQL and no HTTP.
package db

// Every table. The quoted name is the table's in SQL, and in camel case that of its root connection in the schema. A row is written by
// its owner and by admins, and seen by everybody or by those it is visible to.
var (
	Users     = table[User]("users", ownedBy("id"), secret("password_hash", "password", "8..128"))
	Profiles  = table[Profile]("profiles", ownedBy("user_id"))
	Addresses = table[Address]("addresses", ownedBy("user_id"), visibleTo("user_id"))
	Posts     = table[Post]("posts", ownedBy("author_id"), searchable("title", "content"))
	Tags      = table[Tag]("tags")
)

// Every relation, both directions on one line. The quoted names are schema fields; then come the column, or link table
// and columns, that hold the keys, and what happens to the right side when the left is deleted.
// The batch SQL, the loader, the plan, the filters, nested writes and the cascade report follow from these lines, and
// by `make generate` the schema.
var (
	UserProfile, ProfileUser = oneToOne(Users, "profile", Profiles, "user", "user_id", cascade)
	UserAddress, AddressUser = oneToOne(Users, "address", Addresses, "user", "user_id", detach)
	UserPosts, PostAuthor    = oneToMany(Users, "posts", Posts, "author", "author_id", cascade)
	PostTags, TagPosts       = manyToMany(Posts, "tags", Tags, "posts", "post_tags", "post_id", "tag_id")
)
