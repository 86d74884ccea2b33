// Command peer serves kith's tables as ent and entgql do by their documents: fields are collected, so that there is one statement an edge.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/vektah/gqlparser/v2/ast"

	"database/sql"
	"peer/ent"
	"peer/ent/user"
	"peer/generated"
)

func main() {
	pool, err := sql.Open("pgx", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	pool.SetMaxOpenConns(32)
	pool.SetMaxIdleConns(32)
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, pool)))
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolver{client}}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready", os.Getpid())
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := &buffered{ResponseWriter: w}
		server.ServeHTTP(whole, r)
		w.Header().Set("Content-Length", strconv.Itoa(whole.Len())) // as the client of the benchmark wants it
		w.Write(whole.Bytes())
	})))
}

type buffered struct {
	http.ResponseWriter
	bytes.Buffer
}

func (b *buffered) Write(p []byte) (int, error) { return b.Buffer.Write(p) }

type resolver struct{ client *ent.Client }

func (r resolver) Query() generated.QueryResolver { return r }

func (r resolver) Node(ctx context.Context, id int) (ent.Noder, error) {
	return r.client.Noder(ctx, id)
}

func (r resolver) Nodes(ctx context.Context, ids []int) ([]ent.Noder, error) {
	return r.client.Noders(ctx, ids)
}

func (r resolver) User(ctx context.Context, id int) (*ent.User, error) {
	query, err := r.client.User.Query().Where(user.ID(id)).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return query.Only(ctx)
}

func (r resolver) Users(ctx context.Context, after *entgql.Cursor[int], first *int, before *entgql.Cursor[int], last *int) (*ent.UserConnection, error) {
	return r.client.User.Query().Paginate(ctx, after, first, before, last)
}

func (r resolver) Posts(ctx context.Context, after *entgql.Cursor[int], first *int, before *entgql.Cursor[int], last *int) (*ent.PostConnection, error) {
	return r.client.Post.Query().Paginate(ctx, after, first, before, last)
}
