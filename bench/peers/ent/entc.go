//go:build generate

package main

import (
	"log"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	extension, err := entgql.NewExtension(entgql.WithSchemaGenerator(), entgql.WithSchemaPath("ent.graphql"), entgql.WithConfigPath("gqlgen.yml"))
	if err == nil {
		err = entc.Generate("./schema", &gen.Config{Target: "ent", Package: "peer/ent"}, entc.Extensions(extension))
	}
	if err != nil {
		log.Fatal(err)
	}
}
