package orm

import (
	"context"
	"testing"
	"time"
)

// What a page makes the database look at follows from its filter, the indexes and the sizes of its tables.
func TestLooks(t *testing.T) {
	contains := func(v string) object { return object{"contains": v} }
	titled := some(object{"title": object{"eq": "a"}})
	everywhere(t, func(t *testing.T, db *DB) {
		fill(t, db, 20_000) // of 2,000 users
		folded := 20_000.0  // SQLite has no index over a function of ours
		if db.driver == "postgres" {
			folded = 1
		}
		for _, c := range []struct {
			table      *Table
			via        *Relation
			where      object
			order      string
			distinct   string
			offset     int
			counting   bool
			each, once float64
		}{
			{table: Posts.Table},
			{table: Posts.Table, counting: true, each: 1_250},
			{table: Posts.Table, where: object{}},
			{table: Posts.Table, where: object{"id": object{"eq": GlobalID(Posts.Table, 7)}}, each: 1},
			{table: Posts.Table, where: object{"title": object{"in": []any{"a", "b", "c"}}}, each: 3},
			{table: Posts.Table, where: object{"title": object{"eq": "a", "ignoreCase": true}}, each: 2 * folded},
			{table: Posts.Table, where: object{"title": object{"startsWith": "a"}}, each: 5_000},
			{table: Posts.Table, where: object{"title": object{"startsWith": "a", "contains": "b"}}, each: 5_500},
			{table: Posts.Table, where: object{"title": object{"ne": "a"}}, each: 20_000},
			{table: Posts.Table, where: object{"content": object{"eq": "a"}}, each: 20_000},
			{table: Posts.Table, where: object{"content": contains("a")}, each: 20_000},
			{table: Posts.Table, where: object{"content": contains("a"), "title": object{"eq": "b"}}, each: 1.1},
			{table: Posts.Table, where: object{"matches": `"w7 and"`}, each: 5_000, once: 2 * 1_250},
			{table: Posts.Table, where: object{"not": object{"title": object{"eq": "a"}}}, each: 20_000},
			{table: Posts.Table, where: object{"or": []any{object{"title": object{"eq": "a"}}, object{"title": object{"eq": "b"}}}}, each: 2},
			{table: Posts.Table, where: object{"or": []any{object{"title": object{"eq": "a"}}, object{"content": contains("b")}}}, each: 22_000},
			// An index leads to the id, which the page is in the order of.
			{table: Posts.Table, where: object{"id": object{"gt": GlobalID(Posts.Table, 7)}}},
			{table: Posts.Table, where: object{"id": object{"gt": GlobalID(Posts.Table, 7)}}, counting: true, each: 5_000},
			// From the one author to the ten posts.
			{table: Posts.Table, where: object{"author": object{"username": object{"eq": "a"}}}, each: 10, once: 1},
			{table: Posts.Table, where: object{"author": object{"username": contains("a")}}, each: 20_000, once: 2_000},
			{table: Users.Table, where: object{"posts": some(object{"content": contains("a")})}, each: 2_000, once: 20_000},
			// Of every user the ten posts.
			{table: Users.Table, where: object{"posts": object{"none": object{"content": contains("a")}}}, each: 2_000 * 10},
			{table: Users.Table, where: object{"or": []any{object{"posts": some(object{"content": contains("a")})}, object{"name": object{"eq": "a"}}}}, each: 2_000 * 10.1},
			{table: Users.Table, where: object{"or": []any{object{"posts": some(object{"author": object{"posts": some(object{"title": object{"eq": "a"}})}})}, object{"name": object{"eq": "a"}}}},
				each: 2_000 * (10*10 + 0.1)},
			{table: Users.Table, where: object{"hasProfile": true}, each: 2_000},
			// Only so many are joined; behind them the ten posts of every user are looked at.
			{table: Users.Table, where: object{"and": []any{object{"posts": titled}, object{"posts": titled}, object{"posts": titled}}}, each: 1, once: 3},
			{table: Users.Table, where: object{"and": []any{object{"posts": titled}, object{"posts": titled}, object{"posts": titled}, object{"posts": titled}}}, each: 10, once: 3},
			// Pages of related rows: of ten posts each.
			{via: UserPosts.Relation},
			{via: UserPosts.Relation, counting: true, each: 10},
			{via: UserPosts.Relation, order: "title"},
			// Links are in the order of keys; in other orders all of a tag's posts come first.
			{via: TagPosts.Relation, order: "id-"},
			{via: TagPosts.Relation, order: "title", each: 10},
			// No index is in the order of what is reached or counted: all rows are looked at, and what they lead to.
			{table: Posts.Table, order: "author.name", each: 20_000},
			{table: Posts.Table, order: "author.profile.full_name title", each: 2 * 20_000},
			{table: Users.Table, order: "posts_count", each: 2_000 * 10},
			{table: Posts.Table, order: "author.posts_count", each: 20_000 * 11},
			{table: Posts.Table, order: "author.name", counting: true, each: 1_250},
			{table: Posts.Table, order: "author.name", where: object{"title": object{"eq": "a"}}, each: 1.1},
			{via: UserPosts.Relation, order: "author.name", each: 10},
			{via: TagPosts.Relation, order: "author.posts_count", each: 10 * 11},
			{table: Users.Table, where: object{"posts": object{"count": object{"gte": int64(3)}}}, each: 2_000 * 10},
			{table: Users.Table, where: object{"posts": object{"count": object{"where": object{"content": contains("a")}, "gte": int64(3)}}}, each: 2_000 * 10},
			// One row of each is found among all.
			{table: Posts.Table, distinct: "AUTHOR", each: 20_000},
			{table: Posts.Table, distinct: "AUTHOR", counting: true, each: 20_000},
			{via: UserPosts.Relation, distinct: "TITLE", each: 10},
			// What is left out is read.
			{table: Posts.Table, offset: 5_000, each: 5_000},
			{table: Posts.Table, offset: 5_000, counting: true, each: 1_250},
			{table: Posts.Table, offset: 5_000, where: object{"content": contains("a")}, each: 20_000},
			{via: UserPosts.Relation, offset: 5_000, each: 10},
			{via: UserPosts.Relation, where: object{"content": contains("a")}, each: 10},
			{via: UserPosts.Relation, where: object{"title": object{"eq": "a"}}, each: 1},
		} {
			table := c.table
			if c.via != nil {
				table = c.via.To
			}
			page := looking(t, c.via, table, c.where, c.order).Page
			if page.Offset = c.offset; c.distinct != "" {
				page.Distinct = []*Column{table.DistinctColumn(c.distinct)}
			}
			each, once := db.Looks(t.Context(), c.via, table, page, c.counting)
			if each != c.each || once != c.once {
				t.Errorf("%v %v %s %s %d counting %v: %v and %v, want %v and %v", table.Name, c.where, c.order, c.distinct, c.offset, c.counting, each, once, c.each, c.once)
			}
		}
	})
}

// Statistics are read once for many, and anew when they are old; tables of few rows count nothing.
func TestStatistics(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		all := func() float64 {
			each, _ := db.Looks(t.Context(), nil, Posts.Table, pageOf(t, Posts.Table, object{"content": object{"contains": "a"}}), false)
			return each
		}
		if n := all(); n != 0 {
			t.Errorf("%v rows of an empty table", n)
		}
		fill(t, db, 3000)
		first := db.statistics.Load()
		if n := all(); n != 0 || db.statistics.Load() != first {
			t.Errorf("%v rows known at once", n)
		}
		db.due.Store(0)
		all()
		for end := time.Now().Add(10 * time.Second); db.statistics.Load() == first && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if n := all(); n != 3000 {
			t.Errorf("%v rows", n)
		}
	})
}

// Statistics that cannot be read are asked for again soon, and the last ones stand.
func TestStatisticsFail(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			before := db.statistics.Load()
			db.due.Store(time.Now().Add(time.Hour).UnixNano())
			db.refresh(ended)
			if due := time.Until(time.Unix(0, db.due.Load())); due > time.Second {
				t.Errorf("they are asked for in %v", due)
			}
			if after := db.statistics.Load(); after == nil || before != nil && after != before {
				t.Errorf("%v instead of %v", after, before)
			}
			db.refresh(t.Context())
		}
	})
}
