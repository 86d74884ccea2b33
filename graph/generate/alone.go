package main

import "github.com/99designs/gqlgen/codegen"

// alone is a plugin of gqlgen: it lets a root field of a query be null when it fails, whatever the schema says of it, so that
// the others stand. What clients see of the schema, and what resolvers answer, stays as it is.
type alone struct{}

// Name is the plugin's.
func (alone) Name() string { return "alone" }

// GenerateCode changes what gqlgen is about to write.
func (alone) GenerateCode(data *codegen.Data) error { //nolint:unparam // the interface of gqlgen
	for _, field := range data.QueryRoot.Fields {
		if !field.TypeReference.GQL.NonNull {
			continue
		}
		reference, nullable := *field.TypeReference, *field.TypeReference.GQL
		nullable.NonNull = false
		reference.GQL = &nullable
		field.TypeReference = &reference
		if key := reference.UniquenessKey(); data.ReferencedTypes[key] == nil {
			data.ReferencedTypes[key] = &reference
		}
	}
	return nil
}
