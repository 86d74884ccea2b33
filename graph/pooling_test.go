package graph_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/graph"
)

// Behind a transaction pooler no statement has a name, and everything works the same.
func TestTransactionPooling(t *testing.T) {
	address := dbtest.Postgres(t)
	var answers [2][]byte
	for i, pooling := range []orm.Pooling{orm.PoolingDirect, orm.PoolingTransaction} {
		database, err := db.Open(t.Context(), address, orm.Options{Pooling: pooling})
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		if err := database.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		h := graph.New(graph.Options{DB: database, Plan: true, Secret: secret})
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() { signUp(t, h, fmt.Sprintf("u%d-%d", i, w)) })
		}
		wg.Wait()
		logIn(t, h, fmt.Sprintf("u%d-0", i))
		_, answers[i] = send(t, h, request{Query: `{ users(first: 8, orderBy: [{field: CREATED_AT}], where: {username: {startsWith: "u0"}, posts: {some: {matches: "t"}}}) { totalCount nodes { id createdAt posts { totalCount nodes { title createdAt author { username } tags { nodes { name } } } } } pageInfo { endCursor } } }`})
	}
	if !bytes.Equal(answers[0], answers[1]) || !bytes.Contains(answers[0], []byte(`"totalCount":8`)) {
		t.Errorf("%s\n%s", answers[0], answers[1])
	}
}
