package graph

//go:generate go run -tags generate ./generate

// Resolver answers the schema's fields. Its methods stand in NOUN.resolvers.go beside NOUN.graphqls; gqlgen keeps
// their signatures true to the schema.
type Resolver struct{}
