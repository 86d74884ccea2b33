// Code generated from db/relations.go by graph/generate. DO NOT EDIT.

//go:build !generate

package db

import (
	"kith/db/orm"
)

// ID is the global id of the user.
func (e User) ID() string { return Users.ID(e.Key, e) }

// Pages of users.
type (
	UserConnection = orm.Connection[User]
	UserEdge       = orm.Edge[User]
)

// ID is the global id of the profile.
func (e Profile) ID() string { return Profiles.ID(e.Key, e) }

// Pages of profiles.
type (
	ProfileConnection = orm.Connection[Profile]
	ProfileEdge       = orm.Edge[Profile]
)

// ID is the global id of the address.
func (e Address) ID() string { return Addresses.ID(e.Key, e) }

// Pages of addresses.
type (
	AddressConnection = orm.Connection[Address]
	AddressEdge       = orm.Edge[Address]
)

// ID is the global id of the post.
func (e Post) ID() string { return Posts.ID(e.Key, e) }

// Pages of posts.
type (
	PostConnection = orm.Connection[Post]
	PostEdge       = orm.Edge[Post]
)

// ID is the global id of the tag.
func (e Tag) ID() string { return Tags.ID(e.Key, e) }

// Pages of tags.
type (
	TagConnection = orm.Connection[Tag]
	TagEdge       = orm.Edge[Tag]
)
