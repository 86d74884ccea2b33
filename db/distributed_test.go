package db_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/orm"
	"kith/db/seed"
)

// On a cluster (KITH_TEST_CITUS) every node has every row of the page, what is written is recorded once, and reads ask one node. On one
// server there is nothing of that.
func TestEveryNodeHasThePage(t *testing.T) {
	if db.Posts.Shard() != nil {
		t.Skip("posts are in parts")
	}
	m := migrateNew(t, "postgres")
	if len(m.lines(t, "SELECT 1 FROM pg_extension WHERE extname = 'citus'")) == 0 {
		if got := m.lines(t, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%pg_dist%'"); len(got) > 0 {
			t.Errorf("functions of one server speak of others: %q", got)
		}
		return
	}
	tables := []string{"post_tags"}
	for _, table := range db.Model.Tables() {
		tables = append(tables, table.Name)
	}
	slices.Sort(tables)
	if got := m.lines(t, "SELECT logicalrelid::text FROM pg_dist_partition WHERE repmodel = 't' ORDER BY 1"); !slices.Equal(got, tables) {
		t.Errorf("every node has %q instead of %q", got, tables)
	}
	if err := seed.Demo(t.Context(), m.DB); err != nil {
		t.Fatal(err)
	}
	admin := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	draft, faults := orm.NewDraft(db.Posts.Table, orm.Input{{Name: "title", Value: "T"}, {Name: "content", Value: "C"}, {Name: "authorId", Value: orm.GlobalID(db.Users.Table, 1)},
		{Name: "tags", Value: []any{"new", "newer"}}}, nil, true)
	err := m.Write(admin, func(ctx context.Context) error {
		_, more, err := m.Create(ctx, draft)
		faults = append(faults, more...)
		return err
	})
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	for _, table := range tables {
		if got := m.lines(t, "SELECT DISTINCT success, result FROM run_command_on_all_nodes($$SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM "+table+" AS t$$)"); len(got) != 1 {
			t.Errorf("nodes differ in %s: %q", table, got)
		}
	}
	if got, want := m.lines(t, "SELECT place, verb, count(*) FROM changes WHERE verb <> 'R' GROUP BY 1, 2 ORDER BY 1"), []string{"post_tags C 2", "posts C 1", "tags C 2"}; !slices.Equal(got, want) {
		t.Errorf("recorded are %q instead of %q", got, want)
	}
	var sent []*orm.Statement
	d, err := db.Open(t.Context(), m.url, orm.Options{Observe: func(_ context.Context, s *orm.Statement) { sent = append(sent, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, r := range map[string]*orm.Read{
		"a user's posts":         {From: db.Posts.Table, Via: db.UserPosts.Relation, Keys: []int64{1}, Page: page(t, db.Posts.Table, 5, "created_at DESC", nil)},
		"posts of several users": {From: db.Posts.Table, Via: db.UserPosts.Relation, Keys: []int64{1, 2, 3}, Page: page(t, db.Posts.Table, 5, "", nil)},
		"a post and its author":  {From: db.Posts.Table, By: db.Posts.KeyColumn(), Keys: []int64{1}, Select: orm.Select{Joins: []orm.Join{{Relation: db.PostAuthor.Relation, Select: orm.Select{Columns: db.Users.Columns}}}}},
		"the tags of a post":     {From: db.Tags.Table, Via: db.PostTags.Relation, Keys: []int64{1}, Page: page(t, db.Tags.Table, 5, "", nil)},
		"the posts of a tag":     {From: db.Posts.Table, Via: db.TagPosts.Relation, Keys: []int64{1}, Page: page(t, db.Posts.Table, 5, "created_at DESC", nil)},
		"a node":                 {From: db.Posts.Table, By: db.Posts.KeyColumn(), Keys: []int64{1}},
	} {
		sent, r.Path, r.Select.Columns = nil, "test", r.From.Columns
		if _, err := d.Read(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for _, s := range sent {
			var plan []string
			if err := sqlx.NewDb(m.raw, "postgres").Select(&plan, sqlx.Rebind(sqlx.DOLLAR, "EXPLAIN "+s.Text), s.Args...); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(plan, "\n"); strings.Count(text, "Task Count: ") != 1 || !strings.Contains(text, "Task Count: 1\n") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}
