package db

import (
	"fmt"
	"strings"
	"testing"
)

// nested is a filter that is depth levels deep.
func nested(name string, depth int) object {
	where := object{"title": object{"eq": "x"}}
	for range depth {
		switch name {
		case "not":
			where = object{"not": where}
		case "tags":
			where = object{"tags": object{"some": object{"posts": object{"every": where}}}}
		default:
			where = object{name: []any{where, object{"content": object{"ne": "y"}}}}
		}
	}
	return where
}

// Whatever ParseWhere takes the databases take; what it does not take it says in a sentence.
func TestLargeFilters(t *testing.T) {
	wide := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = object{"title": object{"startsWith": fmt.Sprint("t", i)}}
		}
		return list
	}
	texts := make([]any, 10_000)
	for i := range texts {
		texts[i] = fmt.Sprint("t", i)
	}
	everywhere(t, func(t *testing.T, db *DB) {
		for _, c := range []struct {
			where object
			want  string
		}{
			{nested("and", 50), ""}, {nested("or", 50), ""}, {nested("not", 118), ""}, {nested("tags", 10), ""},
			{nested("and", 61), "`where` is nested too deeply"}, {nested("not", 130), "`where` is nested too deeply"}, {nested("tags", 31), "`where` is nested too deeply"},
			{object{"or": wide(999)}, ""}, {object{"and": wide(999)}, ""}, {object{"or": []any{object{"and": wide(400)}, object{"not": object{"or": wide(400)}}}}, ""},
			{object{"or": wide(1000)}, "`where` must have at most 1000 conditions"},
			{object{"title": object{"in": texts}}, ""}, {object{"title": object{"notIn": texts, "ignoreCase": true}}, ""},
			{object{"matches": strings.Repeat("a b ", 3000) + strings.Repeat("c", 9999)}, ""},
		} {
			place := fmt.Sprint(c.where)[:20]
			where, err := ParseWhere(Posts.Table, c.where)
			if err != nil || c.want != "" {
				if c.want == "" || fmt.Sprint(err) != c.want || CodeOf(err) != BadRequest {
					t.Errorf("%s: %v, want %q", place, err, c.want)
				}
				continue
			}
			page, err := NewPage("Query.posts", Posts.Table, PageArgs{Where: where})
			if err != nil {
				t.Fatal(err)
			}
			r := &Read{From: Posts.Table, Select: Select{Columns: Posts.Columns}, Page: page}
			if _, err := db.Read(t.Context(), r); err != nil {
				t.Errorf("%s: %v", place, err)
			}
			if _, err := db.Count(t.Context(), r); err != nil {
				t.Errorf("%s: %v", place, err)
			}
		}
	})
}
