package main

import (
	"context"
	"encoding/base64"
	"strconv"
	"sync"
	"time"
)

// One statement a level: a user's or a post's to-one rows come with it, its lists by the keys of the level above, in the
// order of those keys, so that the levels are written side by side without looking anything up.
const (
	userByKey  = `SELECT u.id, u.username, u.name, f.id, f.full_name, f.bio FROM users AS u LEFT JOIN profiles AS f ON f.user_id = u.id WHERE u.id = $1`
	firstUsers = `SELECT u.id, u.username, u.name, f.id, f.full_name, f.bio
		FROM (SELECT id, username, name FROM users ORDER BY id LIMIT 50) AS u LEFT JOIN profiles AS f ON f.user_id = u.id ORDER BY u.id`
	firstNames = `SELECT id, username FROM users ORDER BY id LIMIT 20`
	firstPosts = `SELECT p.id, p.title, p.content, u.id, u.username, u.name, f.id, f.full_name, f.bio
		FROM (SELECT id, author_id, title, content FROM posts ORDER BY id LIMIT 100) AS p
		JOIN users AS u ON u.id = p.author_id LEFT JOIN profiles AS f ON f.user_id = u.id ORDER BY p.id`
	postsOfUsers = `SELECT p.author_id, p.id, p.title, p.content FROM unnest($1::bigint[]) AS k(key)
		CROSS JOIN LATERAL (SELECT author_id, id, title, content FROM posts WHERE author_id = k.key ORDER BY id LIMIT 10) AS p ORDER BY p.author_id, p.id`
	feedOfUsers = `SELECT p.author_id, p.id, p.title, u.username, f.id, f.full_name, f.bio FROM unnest($1::bigint[]) AS k(key)
		CROSS JOIN LATERAL (SELECT author_id, id, title FROM posts WHERE author_id = k.key ORDER BY id LIMIT 5) AS p
		JOIN users AS u ON u.id = p.author_id LEFT JOIN profiles AS f ON f.user_id = u.id ORDER BY p.author_id, p.id`
	// OFFSET 0 keeps the page of links apart from the tags, which are then joined once and not once a post.
	tagsOfPosts = `SELECT n, t.id, t.name FROM (
			SELECT n, l.tag_id FROM unnest($1::bigint[]) WITH ORDINALITY AS k(key, n)
			CROSS JOIN LATERAL (SELECT tag_id FROM post_tags WHERE post_id = k.key ORDER BY tag_id LIMIT 20) AS l OFFSET 0) AS l
		JOIN tags AS t ON t.id = l.tag_id ORDER BY n, t.id`
	sumsOfUsers = `SELECT author_id, count(*), max(created_at) FROM posts WHERE author_id = ANY($1::bigint[]) GROUP BY author_id ORDER BY author_id`
)

// onSQLite are those statements that are written otherwise there.
var onSQLite = map[string]string{
	postsOfUsers: `SELECT p.author_id, p.id, p.title, p.content FROM json_each($1) AS k
		CROSS JOIN posts AS p ON p.id IN (SELECT id FROM posts WHERE author_id = k.value ORDER BY id LIMIT 10) ORDER BY k.key, p.id`,
	feedOfUsers: `SELECT p.author_id, p.id, p.title, u.username, f.id, f.full_name, f.bio FROM json_each($1) AS k
		CROSS JOIN posts AS p ON p.id IN (SELECT id FROM posts WHERE author_id = k.value ORDER BY id LIMIT 5)
		JOIN users AS u ON u.id = p.author_id LEFT JOIN profiles AS f ON f.user_id = u.id ORDER BY k.key, p.id`,
	tagsOfPosts: `SELECT k.key + 1, t.id, t.name FROM json_each($1) AS k
		CROSS JOIN json_each((SELECT json_group_array(tag_id) FROM (SELECT tag_id FROM post_tags WHERE post_id = k.value ORDER BY tag_id LIMIT 20))) AS l
		CROSS JOIN tags AS t ON t.id = l.value ORDER BY k.key, t.id`,
	sumsOfUsers: `SELECT author_id, count(*), max(created_at) FROM posts WHERE author_id IN (SELECT value FROM json_each($1)) GROUP BY author_id ORDER BY author_id`,
}

type profile struct {
	id            *int64
	fullName, bio *string
}

type user struct {
	id             int64
	username, name string
	profile        profile
}

type post struct {
	id             int64
	title, content string
	author         user
}

type tag struct {
	post int // the place of its post
	id   int64
	name string
}

func writeUser(ctx context.Context, l *limit, out []byte, key int64) ([]byte, error) {
	out = append(out, `{"user":`...)
	empty := len(out)
	var u user
	err := l.rows(ctx, userByKey, key, []any{&u.id, &u.username, &u.name, &u.profile.id, &u.profile.fullName, &u.profile.bio}, func() {
		out = append(u.append(out), '}')
	})
	if len(out) == empty {
		out = append(out, "null"...)
	}
	return append(out, '}'), err
}

// A sum is the number of a user's posts, and when the newest was written: a time, or SQLite's text of one.
type sum struct {
	user, count int64
	newest      any
}

func writeUsers(ctx context.Context, l *limit, out []byte, _ int64) ([]byte, error) {
	return l.users(ctx, out, false)
}

func writeUsersAndSums(ctx context.Context, l *limit, out []byte, _ int64) ([]byte, error) {
	return l.users(ctx, out, true)
}

func (l *limit) users(ctx context.Context, out []byte, summed bool) ([]byte, error) {
	users := make([]user, 0, 50)
	keys := make([]int64, 0, 50)
	var u user
	err := l.rows(ctx, firstUsers, nil, []any{&u.id, &u.username, &u.name, &u.profile.id, &u.profile.fullName, &u.profile.bio}, func() {
		users, keys = append(users, u), append(keys, u.id)
	})
	if err != nil {
		return out, err
	}
	posts := make([]post, 0, 500)
	postKeys := make([]int64, 0, 500)
	var p post
	err = l.rows(ctx, postsOfUsers, l.keys(keys), []any{&p.author.id, &p.id, &p.title, &p.content}, func() {
		posts, postKeys = append(posts, p), append(postKeys, p.id)
	})
	if err != nil {
		return out, err
	}
	tags, err := l.tags(ctx, postKeys)
	if err != nil {
		return out, err
	}
	var sums []sum
	if summed {
		var s sum
		err := l.rows(ctx, sumsOfUsers, l.keys(keys), []any{&s.user, &s.count, &s.newest}, func() { sums = append(sums, s) })
		if err != nil {
			return out, err
		}
	}
	out = append(out, `{"users":{"nodes":[`...)
	at := 0
	for i := range users {
		out = users[i].append(comma(out, i))
		out = append(out, `,"posts":{"nodes":[`...)
		for start := at; at < len(posts) && posts[at].author.id == users[i].id; at++ {
			out = posts[at].append(comma(out, at-start))
			out = append(out, `,"content":`...)
			out = appendText(out, posts[at].content)
			out, tags = appendTags(out, tags, at)
			out = append(out, '}')
		}
		out = append(out, ']')
		if summed {
			var s sum
			if len(sums) > 0 && sums[0].user == users[i].id {
				s, sums = sums[0], sums[1:]
			}
			out = s.append(out)
		}
		out = append(out, `}}`...)
	}
	return append(out, `]}}`...), nil
}

func (s *sum) append(out []byte) []byte {
	out = append(out, `,"aggregate":{"count":`...)
	out = strconv.AppendInt(out, s.count, 10)
	out = append(out, `,"max":{"createdAt":`...)
	switch newest := s.newest.(type) {
	case time.Time:
		out = newest.AppendFormat(out, `"2006-01-02T15:04:05.000000Z"`)
	case string:
		out = append(append(append(append(append(out, '"'), newest[:10]...), 'T'), newest[11:]...), `Z"`...)
	default:
		out = append(out, "null"...)
	}
	return append(out, `}}`...)
}

func writePosts(ctx context.Context, l *limit, out []byte, _ int64) ([]byte, error) {
	out = append(out, `{"posts":{"nodes":[`...)
	n := 0
	var p post
	a := &p.author
	err := l.rows(ctx, firstPosts, nil, []any{&p.id, &p.title, &p.content, &a.id, &a.username, &a.name, &a.profile.id, &a.profile.fullName, &a.profile.bio}, func() {
		out = p.append(comma(out, n))
		out = append(out, `,"content":`...)
		out = appendText(out, p.content)
		out = append(out, `,"author":`...)
		out = append(a.append(out), `}}`...)
		n++
	})
	return append(out, `]}}`...), err
}

func writeFeed(ctx context.Context, l *limit, out []byte, _ int64) ([]byte, error) {
	users := make([]user, 0, 20)
	keys := make([]int64, 0, 20)
	var u user
	err := l.rows(ctx, firstNames, nil, []any{&u.id, &u.username}, func() {
		users, keys = append(users, u), append(keys, u.id)
	})
	if err != nil {
		return out, err
	}
	posts := make([]post, 0, 100)
	postKeys := make([]int64, 0, 100)
	var p post
	a := &p.author
	err = l.rows(ctx, feedOfUsers, l.keys(keys), []any{&a.id, &p.id, &p.title, &a.username, &a.profile.id, &a.profile.fullName, &a.profile.bio}, func() {
		posts, postKeys = append(posts, p), append(postKeys, p.id)
	})
	if err != nil {
		return out, err
	}
	tags, err := l.tags(ctx, postKeys)
	if err != nil {
		return out, err
	}
	out = append(out, `{"users":{"nodes":[`...)
	at := 0
	for i := range users {
		out = users[i].appendName(comma(out, i))
		out = append(out, `,"posts":{"nodes":[`...)
		for start := at; at < len(posts) && posts[at].author.id == users[i].id; at++ {
			p := &posts[at]
			out = p.append(comma(out, at-start))
			out = append(out, `,"author":`...)
			out = p.author.appendName(out)
			out = p.author.profile.append(out)
			out = append(out, '}')
			out, tags = appendTags(out, tags, at)
			out = append(out, '}')
		}
		out = append(out, `]}}`...)
	}
	return append(out, `]}}`...), nil
}

func (l *limit) tags(ctx context.Context, posts []int64) ([]tag, error) {
	tags := make([]tag, 0, 3*len(posts))
	var n, id int64
	var name string
	err := l.rows(ctx, tagsOfPosts, l.keys(posts), []any{&n, &id, &name}, func() {
		tags = append(tags, tag{int(n) - 1, id, name})
	})
	return tags, err
}

// appendTags writes the tags of the post at a place and answers those behind them.
func appendTags(out []byte, tags []tag, post int) ([]byte, []tag) {
	out = append(out, `,"tags":{"nodes":[`...)
	n := 0
	for ; n < len(tags) && tags[n].post == post; n++ {
		out = comma(out, n)
		out = appendID(out, "Tag:", tags[n].id)
		out = append(out, `,"name":`...)
		out = appendText(out, tags[n].name)
		out = append(out, '}')
	}
	return append(out, `]}`...), tags[n:]
}

// append and its like write an object without its last brace, where more may follow.
func (u *user) append(out []byte) []byte {
	out = u.appendName(out)
	out = append(out, `,"name":`...)
	out = appendText(out, u.name)
	return u.profile.append(out)
}

func (u *user) appendName(out []byte) []byte {
	out = appendID(out, "User:", u.id)
	out = append(out, `,"username":`...)
	return appendText(out, u.username)
}

func (p *profile) append(out []byte) []byte {
	out = append(out, `,"profile":`...)
	if p.id == nil {
		return append(out, "null"...)
	}
	out = appendID(out, "Profile:", *p.id)
	out = append(out, `,"fullName":`...)
	out = appendNullable(out, p.fullName)
	out = append(out, `,"bio":`...)
	out = appendNullable(out, p.bio)
	return append(out, '}')
}

func (p *post) append(out []byte) []byte {
	out = appendID(out, "Post:", p.id)
	out = append(out, `,"title":`...)
	return appendText(out, p.title)
}

func comma(out []byte, n int) []byte {
	if n > 0 {
		out = append(out, ',')
	}
	return out
}

func appendID(out []byte, typeName string, key int64) []byte {
	var raw [32]byte
	out = append(out, `{"id":"`...)
	out = base64.RawURLEncoding.AppendEncode(out, strconv.AppendInt(append(raw[:0], typeName...), key, 10))
	return append(out, '"')
}

func appendNullable(out []byte, s *string) []byte {
	if s == nil {
		return append(out, "null"...)
	}
	return appendText(out, *s)
}

// appendText quotes a text.
func appendText(out []byte, s string) []byte {
	out = append(out, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			out = append(out, s[start:i]...)
			start = i + 1
			switch {
			case c == '\n':
				out = append(out, `\n`...)
			case c < ' ':
				const hex = "0123456789abcdef"
				out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				out = append(out, '\\', c)
			}
		}
	}
	return append(append(out, s[start:]...), '"')
}

// buffers are answers that have been sent.
var buffers = sync.Pool{New: func() any { return new([]byte) }}
