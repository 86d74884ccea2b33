package main

import (
	"context"
	"database/sql"
	"strings"

	"kith/db"
	"kith/db/orm"
)

// What is loaded: users with a profile and ten posts each, three tags to a post.
const (
	users = 2000
	posts = 10 * users
	tags  = 50
)

// The keys of an author's posts lie apart, as where people write in turn, and so do a post's tags. A text has no two
// equal stretches of 32 bytes, so that nothing in it compresses away.
var fill = []string{
	`INSERT INTO users (id, username, name, created_at, updated_at)
		SELECT i, 'user' || i, 'Name of User ' || i, t, t
		FROM generate_series(1, $users) AS i, LATERAL (SELECT timestamp '2026-01-01' + i * interval '1 minute') AS at(t)`,
	`INSERT INTO profiles (id, user_id, full_name, bio, created_at, updated_at)
		SELECT i, i, 'Full Name of User ' || i, left(md5('bio' || i) || E' says "hello"\n' || md5(i::text) || ' ' || md5('b' || i), 100), t, t
		FROM generate_series(1, $users) AS i, LATERAL (SELECT timestamp '2026-01-01' + i * interval '1 minute') AS at(t)`,
	`INSERT INTO posts (id, author_id, title, content, created_at, updated_at)
		SELECT i, i * 7919 % $users + 1, 'Title of post ' || i || ' ' || md5('title' || i), (
			SELECT left(string_agg(md5(i || '/' || part), ' '), 290) || ' "ö' || chr(10) || i
			FROM generate_series(1, 9) AS part), t, t
		FROM generate_series(1, $posts) AS i, LATERAL (SELECT timestamp '2026-02-01' + i * interval '1 minute') AS at(t)`,
	`INSERT INTO tags (id, name, created_at, updated_at)
		SELECT i, 'tag' || i, t, t
		FROM generate_series(1, $tags) AS i, LATERAL (SELECT timestamp '2026-01-01' + i * interval '1 minute') AS at(t)`,
	`INSERT INTO post_tags (post_id, tag_id)
		SELECT i, (i * 31 + n * 17) % $tags + 1 FROM generate_series(1, $posts) AS i, generate_series(0, 2) AS n`,
	`SELECT setval(pg_get_serial_sequence('users', 'id'), $users), setval(pg_get_serial_sequence('posts', 'id'), $posts)`,
	`CHECKPOINT`, // or VACUUM takes what was committed asynchronously for not yet visible, and plans differ by chance
	`VACUUM ANALYZE`,
}

// own gives some posts to who writes.
func own(ctx context.Context, address string) error {
	return execute(ctx, address, "UPDATE posts SET author_id = (SELECT id FROM users WHERE username = 'writer') WHERE id <= "+itoa(owned))
}

func execute(ctx context.Context, address, statement string) error {
	server, err := openLimit(address, true)
	if err != nil {
		return err
	}
	defer server.Close()
	_, err = server.ExecContext(ctx, statement)
	return err
}

// load fills the tables that kith has made and answers the database's version.
func load(ctx context.Context, address string) (version string, err error) {
	server, err := sql.Open("postgres", address)
	if err != nil {
		return "", err
	}
	defer server.Close()
	sizes := strings.NewReplacer("$users", itoa(users), "$posts", itoa(posts), "$tags", itoa(tags))
	for _, statement := range fill {
		if _, err := server.ExecContext(ctx, sizes.Replace(statement)); err != nil {
			return "", err
		}
	}
	err = server.QueryRowContext(ctx, "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)").Scan(&version)
	return version, err
}

// copied are the tables and columns that are copied, in an order that keeps foreign keys.
var copied = [][]string{
	{"users", "id", "username", "name", "created_at", "updated_at"},
	{"profiles", "id", "user_id", "full_name", "bio", "created_at", "updated_at"},
	{"posts", "id", "author_id", "title", "content", "created_at", "updated_at"},
	{"tags", "id", "name", "created_at", "updated_at"},
	{"post_tags", "post_id", "tag_id"},
}

// copyTo makes a new SQLite database with the rows that load has made.
func copyTo(ctx context.Context, from, to string) error {
	source, err := sql.Open("postgres", from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := db.Open(ctx, to, orm.Options{})
	if err != nil {
		return err
	}
	defer target.Close()
	if err := target.Migrate(ctx); err != nil {
		return err
	}
	return target.Write(ctx, func(ctx context.Context) error {
		for _, table := range copied {
			name, columns := table[0], table[1:]
			var read, written []string
			for i, column := range columns {
				if strings.HasSuffix(column, "_at") {
					column = "to_char(" + column + ", 'YYYY-MM-DD HH24:MI:SS.US')"
				}
				read, written = append(read, column), append(written, "value ->> "+itoa(i))
			}
			var rows string
			err := source.QueryRowContext(ctx, "SELECT json_agg(json_build_array("+strings.Join(read, ", ")+")) FROM "+name).Scan(&rows)
			if err == nil {
				_, err = target.Exec(ctx, "copy", "INSERT INTO "+name+" ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(written, ", ")+" FROM json_each(?)", rows)
			}
			if err != nil {
				return err
			}
		}
		_, err := target.Exec(ctx, "copy", "ANALYZE")
		return err
	})
}
