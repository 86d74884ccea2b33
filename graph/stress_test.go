package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// stressQueries ask for the newest rows, which are about to go, and from them for rows that must be there: an author, a
// profile's user (here `owner`, so that a null can be told from an address's).
var stressQueries = []string{
	`{ posts(last: 5) { nodes { author { username profile { owner: user { username } } } tags(first: 2) { nodes { posts(last: 2) { nodes { author { username } } } } } } } }`,
	`{ profiles(last: 5) { nodes { owner: user { username posts(last: 2) { totalCount nodes { author { profile { owner: user { id } } } } } } } } }`,
	`{ users(last: 3) { edges { cursor node { profile { owner: user { id } } posts(first: 2) { edges { node { author { id } tags(first: 1) { nodes { name } } } } } } } } }`,
	// More to-one relations than one statement joins: a plan has to look for the last user in a second one.
	`{ users(last: 5) { nodes { profile { owner: user { profile { owner: user { profile { owner: user { username } } } } } } } } }`,
	`{ tags(last: 3) { nodes { posts(last: 3) { nodes { title author { posts(last: 1) { nodes { author { username } } } } } } } } }`,
}

// While another client makes and deletes users, posts and tags as fast as it can, no answer has an error or a null where
// the schema promises a row.
func TestStress(t *testing.T) {
	// 5,000 in all; SQLite under the race detector is the slowest by far.
	share := map[string]int{"sqlite planned": 750, "sqlite resolved": 250, "postgres planned": 3000, "postgres resolved": 1000}
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			stop := churn(t, f)
			for way, handler := range f.ways() {
				t.Run(way, func(t *testing.T) {
					n := share[database+" "+way]
					if testing.Short() {
						n /= 10
					}
					stress(t, handler, n)
				})
			}
			writes := stop()
			if writes < 100 {
				t.Errorf("only %d writes: the other client was not at full speed", writes)
			}
			t.Logf("%d writes meanwhile", writes)
		})
	}
}

func stress(t *testing.T, handler http.Handler, n int) {
	const clients = 4
	var asked, rows atomic.Int64
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for {
				i := asked.Add(1)
				if i > int64(n) || t.Failed() {
					return
				}
				status, answer := ask(t, handler, orm.Viewer{}, request{Query: stressQueries[i%int64(len(stressQueries))]})
				wrong := status != http.StatusOK || !bytes.HasPrefix(answer, []byte(`{"data":{"`)) ||
					bytes.Contains(answer, []byte(`"author":null`)) || bytes.Contains(answer, []byte(`"owner":null`)) || bytes.Contains(answer, []byte(`s":null`))
				if wrong {
					t.Errorf("status %d: %s", status, answer)
				}
				if len(answer) > 100 {
					rows.Add(1)
				}
			}
		})
	}
	all.Wait()
	if rows.Load() < int64(n/2) {
		t.Errorf("only %d of %d answers held rows", rows.Load(), n)
	}
}

// churn is the other client, with connections of its own. stop ends it and tells how often it wrote.
func churn(t *testing.T, f *fixture) (stop func() int) {
	t.Helper()
	other, err := db.Open(t.Context(), f.Address, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(orm.WithViewer(context.Background(), orm.Viewer{Admin: true}))
	writes := 0
	done := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(7, 7))
		var alive []int64
		for ctx.Err() == nil {
			var err error
			switch n := r.IntN(10); {
			case len(alive) < 12 || n < 5 && len(alive) < 24:
				var key int64
				err = other.Write(ctx, func(ctx context.Context) (err error) {
					key, err = createStressUser(ctx, other, r)
					return err
				})
				alive = append(alive, key)
			case n < 9:
				i := len(alive) - 1 - r.IntN(min(4, len(alive))) // one of the newest
				err = other.Write(ctx, func(ctx context.Context) error {
					_, _, _, err := other.Delete(ctx, db.Users.Table, alive[i], nil, false)
					return err
				})
				alive = append(alive[:i], alive[i+1:]...)
			default:
				err = other.Write(ctx, func(ctx context.Context) error {
					_, _, _, err := other.Delete(ctx, db.Tags.Table, 1+r.Int64N(int64(writes/3+1)), nil, true)
					return err
				})
			}
			if err != nil && ctx.Err() == nil {
				t.Errorf("the other client: %v", err)
				return
			}
			if writes++; writes == 30 {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-done:
	}
	stop = sync.OnceValue(func() int {
		cancel()
		<-done
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		return writes
	})
	t.Cleanup(func() { stop() })
	return stop
}

func createStressUser(ctx context.Context, d *db.DB, r *rand.Rand) (int64, error) {
	is := func(name string, value any) orm.InputField { return orm.InputField{Name: name, Value: value} }
	name := fmt.Sprintf("u%d", r.Int64())
	var posts []any
	for range 3 {
		tag := fmt.Sprintf("t%d", r.IntN(6))
		posts = append(posts, orm.Input{is("title", name), is("content", "c"), is("tags", []any{tag, name})})
	}
	draft, faults := orm.NewDraft(db.Users.Table, orm.Input{is("username", name), is("profile", orm.Input{}), is("posts", posts)}, nil, true)
	if len(faults) > 0 {
		return 0, fmt.Errorf("%v", faults)
	}
	key, faults, err := d.Create(ctx, draft)
	if len(faults) > 0 {
		return 0, fmt.Errorf("%v", faults)
	}
	return key, err
}
