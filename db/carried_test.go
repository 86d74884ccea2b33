package db_test

import (
	"fmt"
	"slices"
	"testing"
)

// What links carry of a post is the post's, whoever writes either.
func TestLinksCarryTheTruth(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			if name == "postgres" && inParts() {
				t.Skip("links by hand are refused there")
			}
			m := migrateNew(t, name)
			agree := func(after string, links int) {
				t.Helper()
				got := m.lines(t, "SELECT count(*), sum(CASE WHEN l.posts_created_at = p.created_at THEN 1 ELSE 0 END) FROM post_tags AS l JOIN posts AS p ON p.id = l.post_id")
				if want := []string{fmt.Sprint(links, " ", links)}; !slices.Equal(got, want) {
					t.Errorf("after %s: of links, with the time of their post: %q instead of %q", after, got, want)
				}
			}
			for _, step := range []struct {
				what, text string
				links      int
			}{
				{"", "INSERT INTO users (id, username, name, created_at, updated_at) VALUES (1, 'a', 'A', '2020-01-01 00:00:00.000000', '2020-01-01 00:00:00.000000')", 0},
				{"", "INSERT INTO posts (id, author_id, title, content, created_at, updated_at) VALUES (1, 1, 'T', 'C', '2020-01-01 00:00:00.000000', '2020-01-01 00:00:00.000000'), (2, 1, 'T', 'C', '2021-01-01 00:00:00.000000', '2021-01-01 00:00:00.000000')", 0},
				{"", "INSERT INTO tags (id, name, created_at, updated_at) VALUES (1, 't', '2020-01-01 00:00:00.000000', '2020-01-01 00:00:00.000000'), (2, 'u', '2020-01-01 00:00:00.000000', '2020-01-01 00:00:00.000000')", 0},
				{"links that say nothing", "INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1), (2, 1)", 2},
				{"a link that lies", "INSERT INTO post_tags (post_id, tag_id, posts_created_at) VALUES (1, 2, '1999-01-01 00:00:00.000000')", 3},
				{"another time of a post", "UPDATE posts SET created_at = '2022-01-01 00:00:00.000000' WHERE id = 1", 3},
				{"another post of a link", "UPDATE post_tags SET post_id = 2 WHERE post_id = 1 AND tag_id = 2", 3},
				{"a lie about a link", "UPDATE post_tags SET posts_created_at = '1999-01-01 00:00:00.000000' WHERE tag_id = 1", 3},
				{"a post that goes", "DELETE FROM posts WHERE id = 1", 2},
			} {
				if _, err := m.raw.Exec("PRAGMA foreign_keys = ON"); name == "sqlite" && err != nil {
					t.Fatal(err)
				}
				if _, err := m.raw.Exec(step.text); err != nil {
					t.Fatalf("%s: %v", step.text, err)
				}
				if step.what != "" {
					agree(step.what, step.links)
				}
			}
		})
	}
}
