package db

import "kith/db/orm"

// A Folder is a place for articles, and for other folders.
type Folder struct {
	orm.Row
	OwnerKey  int64     `db:"owner_id"`
	ParentKey *int64    `db:"parent_id"`                // The folder it is in.
	Name      string    `db:"name" rule:"1..50"`        // What it is called.
	Ends      *orm.Date `db:"ends" rule:"2000-01-01.."` // When nobody needs it any more.
}

// A tree: a folder goes with the one it is in. In one folder no two have the same name.
var (
	Folders = orm.Declare[Folder](Model, "folders", orm.OwnedBy("owner_id"), orm.Unique("parent_id", "name"))

	UserFolders, FolderOwner    = orm.OneToMany(Users, "folders", Folders, "owner", "owner_id", orm.Cascade)
	FolderFolders, FolderParent = orm.OneToMany(Folders, "folders", Folders, "parent", "parent_id", orm.Cascade)
)

// An Article is something to read.
type Article struct {
	orm.Row
	AuthorKey  int64  `db:"author_id"`
	EditorKey  *int64 `db:"editor_id"`
	FolderKey  *int64 `db:"folder_id"`
	SourceKey  *int64 `db:"source_id"`          // The article it was made of.
	PrequelKey *int64 `db:"prequel_id"`         // The article to read before it.
	Title      string `db:"title" rule:"1..50"` // What it is called.
}

// Two relations between the same two tables, and two of a table with itself that only lose the key.
var (
	Articles = orm.Declare[Article](Model, "articles", orm.OwnedBy("author_id"), orm.Unique("author_id", "folder_id", "title"))

	UserEdited, ArticleEditor     = orm.OneToMany(Users, "edited", Articles, "editor", "editor_id", orm.Detach)
	UserArticles, ArticleAuthor   = orm.OneToMany(Users, "articles", Articles, "author", "author_id", orm.Cascade)
	FolderArticles, ArticleFolder = orm.OneToMany(Folders, "articles", Articles, "folder", "folder_id", orm.Cascade)
	ArticleCopies, ArticleSource  = orm.OneToMany(Articles, "copies", Articles, "source", "source_id", orm.Detach)
	ArticleSequel, ArticlePrequel = orm.OneToOne(Articles, "sequel", Articles, "prequel", "prequel_id", orm.Detach)
	PostTopics, TagPostsThatTreat = orm.ManyToMany(Posts, "topics", Tags, "topicOf", "post_topics", "post_id", "tag_id")
)

// A Role is what somebody does in a team.
type Role string

// Roles.
const (
	Lead   Role = "LEAD"   // Leads it.
	Member Role = "MEMBER" // Works in it.
)

// A Team is a group of users.
type Team struct {
	orm.Row
	FounderKey int64  `db:"founder_id"`
	Name       string `db:"name" rule:"1..50"` // What it is called.
}

// A Membership is that a user is in a team.
type Membership struct {
	orm.Row
	UserKey int64    `db:"user_id"`
	TeamKey int64    `db:"team_id"`
	Role    Role     `db:"role" api:",default=MEMBER"`      // What the user does there.
	Since   orm.Date `db:"since" api:",default=2026-01-01"` // Since when.
	Remark  *string  `db:"note" rule:"0..100" api:"remark"` // What there is to say of it.
}

// A Follow is that a user follows another. Nobody else sees it.
type Follow struct {
	orm.Row
	FollowerKey int64 `db:"follower_id"`
	FollowedKey int64 `db:"followed_id"`
	Muted       bool  `db:"muted" api:",default=false"` // Whether nothing of it is shown.
}

// Links with columns of their own, between two tables and between a table and itself.
var (
	Teams       = orm.Declare[Team](Model, "teams", orm.OwnedBy("founder_id"))
	Memberships = orm.Declare[Membership](Model, "memberships", orm.OwnedBy("user_id"))

	UserFounded, TeamFounder        = orm.OneToMany(Users, "founded", Teams, "founder", "founder_id", orm.Cascade)
	UserMemberships, MembershipUser = orm.OneToMany(Users, "memberships", Memberships, "user", "user_id", orm.Cascade)
	TeamMemberships, MembershipTeam = orm.OneToMany(Teams, "memberships", Memberships, "team", "team_id", orm.Cascade)
	UserTeams, TeamMembers          = orm.ManyToManyThrough(Users, "teams", Teams, "members", Memberships, "user_id", "team_id")

	Follows = orm.Declare[Follow](Model, "follows", orm.OwnedBy("follower_id"), orm.VisibleTo("follower_id"))

	UserFollows, FollowFollower    = orm.OneToMany(Users, "follows", Follows, "follower", "follower_id", orm.Cascade)
	UserFollowedBy, FollowFollowed = orm.OneToMany(Users, "followedBy", Follows, "followed", "followed_id", orm.Cascade)
	UserFollowing, UserFollowers   = orm.ManyToManyThrough(Users, "following", Users, "followers", Follows, "follower_id", "followed_id")
)
