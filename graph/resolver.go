package graph

import "kith/graph/session"

// Resolver answers the schema's fields. Its methods stand in NAME.resolvers.go beside NAME.graphqls; gqlgen keeps
// their signatures true to the schema, and writes those of *.generated.graphqls whole.
type Resolver struct{ sessions *session.Authenticator }
