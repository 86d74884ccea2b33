package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/lib/pq"

	"kith/db"
	"kith/db/orm"
)

// made is how many rows W1 makes.
const made = 1000

// A write is what W1 asks for: posts of whoever asks.
type write struct {
	Title   string `json:"title"`
	Content string `json:"content"`
}

func writes() map[string]any {
	list := make([]write, made)
	for i := range list {
		list[i] = write{fmt.Sprintf("Title of a new post, number %d", i), strings.Repeat(fmt.Sprintf("Words %d, ", i), 25) + "\"ö\"\n"}
	}
	return map[string]any{"posts": list}
}

// owned is how many posts belong to who writes; M2 gives each of them ten titles in turn, so that few changes change nothing.
const owned = 250

func newPost(i int) map[string]any {
	name := func(n int) string { return fmt.Sprintf("tag%d", (i*31+n*17)%tags+1) }
	return map[string]any{"post": map[string]any{
		"title": fmt.Sprintf("Title of a new post, number %d", i), "content": strings.Repeat(fmt.Sprintf("Words %d, ", i), 25) + "\"ö\"\n",
		"tags": []string{name(0), name(1), name(2)},
	}}
}

func changedPost(i int) map[string]any {
	return map[string]any{"post": map[string]any{"id": orm.GlobalID(db.Posts.Table, int64(i%owned+1)), "title": fmt.Sprintf("Title %d of a post", i)}}
}

// A writer writes by hand: its statements are prepared when it starts, and run in transactions.
type writer struct {
	pool   *sql.DB
	sqlite bool
	err    error // of preparing

	mu     sync.Mutex
	viewer int64 // who writes
}

// prepare prepares a statement: `$now` in it is the time, `$names` a table of the names in the argument `$list`.
func (w *writer) prepare(text string) *sql.Stmt {
	replace := strings.NewReplacer("$now", "now() AT TIME ZONE 'UTC'", "$names", "unnest($list::text[])")
	if w.sqlite {
		replace = strings.NewReplacer("$now", "strftime('%Y-%m-%d %H:%M:%f000', 'now')", "$names AS n(name)", "(SELECT value AS name FROM json_each($list))")
	}
	number := "$1"
	if strings.Contains(text, "$1") {
		number = "$2"
	}
	stmt, err := w.pool.Prepare(strings.ReplaceAll(replace.Replace(text), "$list", number))
	if err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("%w\n%s", err, text))
	}
	return stmt
}

// rowsOf is eachRow in a transaction.
func rowsOf(ctx context.Context, tx *sql.Tx, stmt *sql.Stmt, args []any, dest []any, each func()) error {
	inside := tx.StmtContext(ctx, stmt)
	defer inside.Close()
	return eachRow(ctx, inside, args, dest, each)
}

// write runs a transaction.
func (w *writer) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	if err := w.knowViewer(ctx); err != nil {
		return err
	}
	tx, err := w.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (w *writer) knowViewer(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.viewer != 0 {
		return nil
	}
	return w.pool.QueryRowContext(ctx, `SELECT id FROM users WHERE username = 'writer'`).Scan(&w.viewer)
}

// The statements of M1 and M2.
const (
	insertPost = `INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $now, $now) RETURNING id`
	insertTags = `INSERT INTO tags (name, created_at, updated_at) SELECT name, $now, $now FROM $names AS n(name) WHERE TRUE ON CONFLICT (name) DO NOTHING`
	linkTags   = `INSERT INTO post_tags (post_id, tag_id) SELECT $1, id FROM tags WHERE name IN (SELECT name FROM $names AS n(name))`
	tagsOfPost = `SELECT t.name FROM post_tags JOIN tags AS t ON t.id = tag_id WHERE post_id = $1 ORDER BY t.id`
	// PostgreSQL can link and read at once.
	linkedTags = `WITH linked AS (INSERT INTO post_tags (post_id, tag_id) SELECT $1::bigint, id FROM tags WHERE name IN (SELECT name FROM $names AS n(name)) RETURNING tag_id)
		SELECT t.name FROM linked JOIN tags AS t ON t.id = tag_id ORDER BY t.id`
	updatePost = `UPDATE posts SET title = $1, title_words = $2, updated_at = $now, version = version + 1 WHERE id = $3 AND author_id = $4 RETURNING title, content`
)

func (w *writer) list(texts []string) any {
	if !w.sqlite {
		return pq.Array(texts)
	}
	text, _ := json.Marshal(texts) // texts always marshal
	return string(text)
}

var errMissing = errors.New("a tag is missing")

// makePost makes a post and its links; where a tag is missing, that first.
func makePost(w *writer) func(ctx context.Context, body []byte) ([]byte, error) {
	insert, missing := w.prepare(insertPost), w.prepare(insertTags)
	var linked, link, read *sql.Stmt
	if w.sqlite {
		link, read = w.prepare(linkTags), w.prepare(tagsOfPost)
	} else {
		linked = w.prepare(linkedTags)
	}
	return func(ctx context.Context, body []byte) ([]byte, error) {
		var request struct {
			Variables struct {
				Post struct {
					write
					Tags []string
				}
			}
		}
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, err
		}
		p := request.Variables.Post
		if err := p.check(); err != nil {
			return nil, err
		}
		out := appendText(append(appendText([]byte(`{"createPost":{"post":{"title":`), p.Title), `,"content":`...), p.Content)
		out = append(out, `,"tags":{"nodes":[`...)
		begun, names := len(out), w.list(p.Tags)
		do := func(tx *sql.Tx) error {
			var key int64
			if err := rowsOf(ctx, tx, insert, []any{w.viewer, p.Title, p.Content, wordsOf(p.Title), wordsOf(p.Content)}, []any{&key}, func() {}); err != nil {
				return err
			}
			var name string
			n := 0
			out = out[:begun]
			each := func() {
				out = append(appendText(append(comma(out, n), `{"name":`...), name), '}')
				n++
			}
			var err error
			if !w.sqlite {
				err = rowsOf(ctx, tx, linked, []any{key, names}, []any{&name}, each)
			} else if err = rowsOf(ctx, tx, link, []any{key, names}, nil, nil); err == nil {
				err = rowsOf(ctx, tx, read, []any{key}, []any{&name}, each)
			}
			if err == nil && n < len(p.Tags) {
				err = errMissing
			}
			return err
		}
		err := w.write(ctx, do)
		if errors.Is(err, errMissing) {
			if err = w.write(ctx, func(tx *sql.Tx) error { return rowsOf(ctx, tx, missing, []any{names}, nil, nil) }); err == nil {
				err = w.write(ctx, do)
			}
		}
		return append(out, `]}},"userErrors":[]}}`...), err
	}
}

// changePost changes a post of the viewer.
func changePost(w *writer) func(ctx context.Context, body []byte) ([]byte, error) {
	update := w.prepare(updatePost)
	return func(ctx context.Context, body []byte) ([]byte, error) {
		var request struct {
			Variables struct {
				Post struct {
					write
					ID string
				}
			}
		}
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, err
		}
		p := request.Variables.Post
		key, ok := db.Posts.ParseGlobalID(p.ID)
		if err := p.check(); err != nil || !ok {
			return nil, errors.Join(err, errors.New("a wrong post"))
		}
		var title, content string
		err := w.write(ctx, func(tx *sql.Tx) error {
			return rowsOf(ctx, tx, update, []any{p.Title, wordsOf(p.Title), key, w.viewer}, []any{&title, &content}, func() {})
		})
		out := appendText(append(appendText([]byte(`{"updatePost":{"post":{"title":`), title), `,"content":`...), content)
		return append(out, `},"userErrors":[]}}`...), err
	}
}

func (p *write) check() error {
	if n := utf8.RuneCountInString(p.Title); n < 1 || n > 100 || utf8.RuneCountInString(p.Content) > 100_000 {
		return errors.New("a post is too long")
	}
	return nil
}

// insertPosts is all that a transaction written by hand does.
const insertPosts = `INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at)
	SELECT 1, p.title, p.content, p.title_words, p.content_words, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
	FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS p(title, content, title_words, content_words)`

// makePosts reads the posts, looks at their lengths, takes their words, and makes them in one transaction.
func makePosts(w *writer) func(ctx context.Context, body []byte) ([]byte, error) {
	if w.sqlite { // this one is for PostgreSQL
		return nil
	}
	insert := w.prepare(insertPosts)
	return func(ctx context.Context, body []byte) ([]byte, error) {
		var request struct{ Variables struct{ Posts []write } }
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, err
		}
		var columns [4][]string
		out := []byte(`{"createPosts":{"posts":[`)
		for i, p := range request.Variables.Posts {
			if err := p.check(); err != nil {
				return nil, err
			}
			for i, text := range []string{p.Title, p.Content, wordsOf(p.Title), wordsOf(p.Content)} {
				columns[i] = append(columns[i], text)
			}
			out = append(appendText(append(comma(out, i), `{"title":`...), p.Title), '}')
		}
		err := w.write(ctx, func(tx *sql.Tx) error {
			return rowsOf(ctx, tx, insert, []any{pq.Array(columns[0]), pq.Array(columns[1]), pq.Array(columns[2]), pq.Array(columns[3])}, nil, nil)
		})
		return append(out, `],"userErrors":[]}}`...), err
	}
}

// serveWrite answers with what a transaction written by hand has done.
func serveWrite(write func(ctx context.Context, body []byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var answer []byte
		if err == nil {
			answer, err = write(r.Context(), body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.Write(answer) //nolint:errcheck // the client has gone
	}
}

func wordsOf(text string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " "))
}

// logIn signs somebody up who may write, and answers their token.
func (c *contestant) logIn(ctx context.Context, username string) (string, error) {
	ask := func(query string, out any) error {
		body, _ := json.Marshal(map[string]any{"query": query}) // texts always marshal
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+"/graphql", bytes.NewReader(body))
		if err != nil {
			return err
		}
		q.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		return json.NewDecoder(answer.Body).Decode(out)
	}
	var out struct {
		Data struct {
			LogIn struct{ Session struct{ AccessToken string } }
		}
	}
	if err := ask(`mutation { createUser(input: {username: "`+username+`", password: "correct horse"}) { userErrors { code } } }`, &out); err != nil {
		return "", err
	}
	if err := ask(`mutation { logIn(input: {username: "`+username+`", password: "correct horse"}) { session { accessToken } } }`, &out); err != nil {
		return "", err
	}
	if out.Data.LogIn.Session.AccessToken == "" {
		return "", fmt.Errorf("%s lets nobody log in", c.name)
	}
	return out.Data.LogIn.Session.AccessToken, nil
}
