package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// The schema shows what db/relations.go declares: a field that leads to an entity is a declared relation, of its kind and
// nullability, and every relation has a field. So nothing is reachable that is not batched.
func TestSchemaAgreesWithThePage(t *testing.T) {
	for _, fault := range disagreements(loadSchema(t)) {
		t.Error(fault)
	}
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaRulesBite breaks each rule once.
func TestSchemaRulesBite(t *testing.T) {
	for _, broken := range []struct {
		typeName, field string
		is              *ast.Type // nil: the field is taken away
		want            string
	}{
		{"User", "friend", ast.NamedType("User", nil), "User.friend leads to User and is not a declared relation"},
		{"User", "friends", ast.NonNullListType(ast.NonNullNamedType("User", nil), nil), "User.friends leads to User and is not a declared relation"},
		{"Post", "likes", ast.NonNullNamedType("UserConnection", nil), "Post.likes leads to User and is not a declared relation"},
		{"Tag", "first", ast.NamedType("Node", nil), "Tag.first leads to Node and is not a declared relation"},
		{"Post", "author", ast.NamedType("User", nil), "Post.author is User, and the page says User!"},
		{"Post", "author", ast.NonNullNamedType("Profile", nil), "Post.author is Profile!, and the page says User!"},
		{"Post", "author", nil, "Post.author is declared and not in the schema"},
		{"User", "profile", ast.NonNullNamedType("Profile", nil), "User.profile is Profile!, and the page says Profile"},
		{"User", "posts", ast.NonNullListType(ast.NonNullNamedType("Post", nil), nil), "User.posts is [Post!]!, and the page says PostConnection!"},
		{"Profile", "bio", ast.NonNullNamedType("String", nil), "Profile.bio is String!, and the page says String"},
		{"Post", "title", ast.NamedType("String", nil), "Post.title is String, and the page says String!"},
		{"Post", "version", ast.NonNullNamedType("String", nil), "Post.version is String!, and the page says Int!"},
		{"Query", "posts", nil, "Query.posts is missing"},
		{"Query", "everyone", ast.NonNullNamedType("UserConnection", nil), "Query.everyone is a connection, and no table's name"},
		{"Query", "everyone", ast.NonNullListType(ast.NonNullNamedType("User", nil), nil), "Query.everyone is a list, and not a connection"},
		{"PostConnection", "totalCount", ast.NamedType("Int", nil), "PostConnection.totalCount is not Int!"},
		{"TagEdge", "node", ast.NamedType("Tag", nil), "TagEdge.node is not Tag!"},
	} {
		schema := loadSchema(t)
		definition := schema.Types[broken.typeName]
		definition.Fields = slices.DeleteFunc(slices.Clone(definition.Fields), func(f *ast.FieldDefinition) bool { return f.Name == broken.field })
		if broken.is != nil {
			definition.Fields = append(definition.Fields, &ast.FieldDefinition{Name: broken.field, Type: broken.is})
		}
		if faults := disagreements(schema); !slices.Contains(faults, broken.want) {
			t.Errorf("%s.%s as %v: found %q, want %q", broken.typeName, broken.field, broken.is, faults, broken.want)
		}
	}
}

// disagreements are where a schema says something else than the relations page, a sentence each.
func disagreements(schema *ast.Schema) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, table := range db.Model.Tables() {
		definition := schema.Types[table.Type]
		if definition == nil || definition.Kind != ast.Object {
			fault("%s is declared and no type of the schema", table.Type)
			continue
		}
		if !slices.Contains(definition.Interfaces, "Node") {
			fault("%s does not implement Node", table.Type)
		}
		for _, f := range definition.Fields {
			coordinate := table.Type + "." + f.Name
			want := ""
			switch c, r := table.Field(f.Name), table.Relation(f.Name); {
			case c != nil:
				want = c.Scalar()
				if !c.MayBeNull() {
					want += "!"
				}
			case r != nil && r.Many:
				want = r.Connection() + "!"
				checkConnection(schema, coordinate, f, r.To, r.Connection(), r.Edge(), fault)
				for _, c := range r.EdgeColumns() {
					if said := schema.Types[r.Edge()].Fields.ForName(c.Field); said == nil || said.Type.Name() != c.Scalar() || said.Type.NonNull == c.Nullable {
						fault("%s.%s is not what the link has", r.Edge(), c.Field)
					}
				}
			case r != nil:
				want = r.To.Type
				if r.Required {
					want += "!"
				}
			case entity(schema, f.Type) != "":
				fault("%s leads to %s and is not a declared relation", coordinate, entity(schema, f.Type))
				continue
			default:
				continue // computed, by what stands in NOUN.extra.graphqls
			}
			if f.Type.String() != want {
				fault("%s is %s, and the page says %s", coordinate, f.Type, want)
			}
		}
		for _, r := range table.Relations {
			if definition.Fields.ForName(r.Field) == nil {
				fault("%s is declared and not in the schema", r.Coordinate())
			}
		}
		root := schema.Query.Fields.ForName(table.Root())
		if root == nil {
			fault("Query.%s is missing", table.Root())
			continue
		}
		checkConnection(schema, "Query."+table.Root(), root, table, table.Type+"Connection", table.Type+"Edge", fault)
	}
	for _, f := range schema.Query.Fields {
		leads := entity(schema, f.Type)
		if leads == "" || leads == "Node" {
			continue
		}
		if union := schema.Types[leads]; union.Kind == ast.Union {
			var searched []string
			for _, table := range db.Model.Searched() {
				searched = append(searched, table.Type)
			}
			if f.Name != "search" || !slices.Equal(union.Types, searched) {
				fault("Query.%s leads to %v, and what can be searched is %v", f.Name, union.Types, searched)
			}
			continue
		}
		if connection := strings.HasSuffix(f.Type.Name(), "Connection"); connection && f.Name != db.Model.TableOf(leads).Root() {
			fault("Query.%s is a connection, and no table's name", f.Name)
		} else if !connection && f.Type.Elem != nil {
			fault("Query.%s is a list, and not a connection", f.Name)
		}
	}
	return faults
}

// entity is the type that a field of a type leads to rows of, through a connection too: an entity, or Node.
func entity(schema *ast.Schema, t *ast.Type) string {
	name := t.Name()
	if db.Model.TableOf(name) != nil || name == "Node" {
		return name
	}
	if definition := schema.Types[name]; definition != nil && definition.Kind == ast.Object {
		if nodes := definition.Fields.ForName("nodes"); nodes != nil {
			return nodes.Type.Name()
		}
	}
	return ""
}

// checkConnection demands the arguments and the shape that every connection has.
func checkConnection(schema *ast.Schema, coordinate string, f *ast.FieldDefinition, table *orm.Table, connection, edge string, fault func(string, ...any)) {
	arguments := map[string]string{}
	for _, a := range f.Arguments {
		arguments[a.Name] = a.Type.String()
	}
	for name, want := range map[string]string{
		"first": "Int", "after": "String", "last": "Int", "before": "String", "orderBy": "[" + table.Type + "Order!]", "where": table.Type + "Where",
		"distinct": "[" + table.Type + "DistinctField!]", "offset": "Int",
	} {
		if arguments[name] != want {
			fault("%s takes %s: %q, and every connection takes %s", coordinate, name, arguments[name], want)
		}
	}
	for typeName, fields := range map[string]map[string]string{
		connection: {"edges": "[" + edge + "!]!", "nodes": "[" + table.Type + "!]!", "pageInfo": "PageInfo!", "totalCount": "Int!"},
		edge:       {"cursor": "String!", "node": table.Type + "!"},
	} {
		for name, want := range fields {
			definition := schema.Types[typeName]
			if definition == nil || definition.Fields.ForName(name) == nil || definition.Fields.ForName(name).Type.String() != want {
				fault("%s.%s is not %s", typeName, name, want)
			}
		}
	}
	order := schema.Types[table.Type+"Order"]
	if order == nil {
		return
	}
	for _, v := range schema.Types[order.Fields.ForName("field").Type.Name()].EnumValues {
		if table.OrderColumn(strings.ToLower(v.Name)) == nil {
			fault("%s can be ordered by %s, which is no column", coordinate, v.Name)
		}
	}
}
