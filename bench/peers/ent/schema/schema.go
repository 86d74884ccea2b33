// Package schema declares to ent the tables that kith has made, as far as the benchmark asks for them.
package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// paged is a type whose edges and root field are connections.
var paged = []schema.Annotation{entgql.RelayConnection(), entgql.QueryField()}

// A User has a profile and posts.
type User struct{ ent.Schema }

// Fields are columns.
func (User) Fields() []ent.Field { return []ent.Field{field.String("username"), field.String("name")} }

// Edges are relations.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("profile", Profile.Type).Unique(),
		edge.To("posts", Post.Type).Annotations(entgql.RelayConnection()),
	}
}

// Annotations say what of it is in the schema.
func (User) Annotations() []schema.Annotation { return paged }

// A Profile is of one user.
type Profile struct{ ent.Schema }

// Fields are columns.
func (Profile) Fields() []ent.Field {
	return []ent.Field{field.Int("user_id").Optional(), field.String("full_name").Optional().Nillable(), field.String("bio").Optional().Nillable()}
}

// Edges are relations.
func (Profile) Edges() []ent.Edge {
	return []ent.Edge{edge.From("user", User.Type).Ref("profile").Field("user_id").Unique()}
}

// A Post has an author and tags.
type Post struct{ ent.Schema }

// Fields are columns.
func (Post) Fields() []ent.Field {
	return []ent.Field{field.Int("author_id"), field.String("title"), field.String("content")}
}

// Edges are relations.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("author", User.Type).Ref("posts").Field("author_id").Unique().Required(),
		edge.To("tags", Tag.Type).StorageKey(edge.Table("post_tags"), edge.Columns("post_id", "tag_id")).Annotations(entgql.RelayConnection()),
	}
}

// Annotations say what of it is in the schema.
func (Post) Annotations() []schema.Annotation { return paged }

// A Tag is of many posts.
type Tag struct{ ent.Schema }

// Fields are columns.
func (Tag) Fields() []ent.Field { return []ent.Field{field.String("name")} }

// Edges are relations.
func (Tag) Edges() []ent.Edge { return []ent.Edge{edge.From("posts", Post.Type).Ref("tags")} }

// Annotations say what of it is in the schema.
func (Tag) Annotations() []schema.Annotation { return []schema.Annotation{entgql.RelayConnection()} }
