// Code generated from db/relations.go by graph/generate. DO NOT EDIT.

//go:build !generate

package db

// ID is the global id of the user.
func (e User) ID() string { return GlobalID(Users.Table, e.Key) }

// Pages of users.
type (
	UserConnection = Connection[User]
	UserEdge       = Edge[User]
)

// ID is the global id of the profile.
func (e Profile) ID() string { return GlobalID(Profiles.Table, e.Key) }

// Pages of profiles.
type (
	ProfileConnection = Connection[Profile]
	ProfileEdge       = Edge[Profile]
)

// ID is the global id of the address.
func (e Address) ID() string { return GlobalID(Addresses.Table, e.Key) }

// Pages of addresses.
type (
	AddressConnection = Connection[Address]
	AddressEdge       = Edge[Address]
)

// ID is the global id of the post.
func (e Post) ID() string { return GlobalID(Posts.Table, e.Key) }

// Pages of posts.
type (
	PostConnection = Connection[Post]
	PostEdge       = Edge[Post]
)

// ID is the global id of the tag.
func (e Tag) ID() string { return GlobalID(Tags.Table, e.Key) }

// Pages of tags.
type (
	TagConnection = Connection[Tag]
	TagEdge       = Edge[Tag]
)
