package orm

import (
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"kith/migrations"
)

// The page of these tests: the tables that the first migrations make.

type (
	User struct {
		Row
		Username string `db:"username" rule:"1..50 handle unique"`
		Name     string `db:"name" rule:"1..50 line default=username"`
	}
	Profile struct {
		Row
		UserKey  int64   `db:"user_id"`
		FullName *string `db:"full_name" rule:"0..100 line"`
		Bio      *string `db:"bio" rule:"0..10000"`
	}
	Address struct {
		Row
		UserKey      *int64 `db:"user_id"`
		EmailAddress string `db:"email_address" rule:"1..254 email"`
	}
	Post struct {
		Row
		AuthorKey int64  `db:"author_id"`
		Title     string `db:"title" rule:"1..100 line"`
		Content   string `db:"content" rule:"1..100000"`
	}
	Tag struct {
		Row
		Name string `db:"name" rule:"1..50 line unique"`
	}
)

var page = NewModel(first(5))

// first are the first migrations: what a fork adds behind them is about other tables.
func first(n int) fs.FS {
	files := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			panic(err)
		}
		if number, _, _ := strings.Cut(name, "_"); number <= fmt.Sprintf("%04d", n) {
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	return files
}

var (
	Users     = Declare[User](page, "users", OwnedBy("id"), Secret("password_hash", "password", "8..128", func(text string) string { return "hash of " + text }))
	Profiles  = Declare[Profile](page, "profiles", OwnedBy("user_id"))
	Addresses = Declare[Address](page, "addresses", OwnedBy("user_id"), VisibleTo("user_id"))
	Posts     = Declare[Post](page, "posts", OwnedBy("author_id"), Searchable("title", "content"))
	Tags      = Declare[Tag](page, "tags")

	UserProfile, ProfileUser = OneToOne(Users, "profile", Profiles, "user", "user_id", Cascade)
	UserAddress, AddressUser = OneToOne(Users, "address", Addresses, "user", "user_id", Detach)
	UserPosts, PostAuthor    = OneToMany(Users, "posts", Posts, "author", "author_id", Cascade)
	PostTags, TagPosts       = ManyToMany(Posts, "tags", Tags, "posts", "post_tags", "post_id", "tag_id")
)
