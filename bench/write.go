package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lib/pq"
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

// insertPosts is all that a transaction written by hand does.
const insertPosts = `INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at)
	SELECT 1, p.title, p.content, p.title_words, p.content_words, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
	FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS p(title, content, title_words, content_words)`

// serveWrite reads the posts, looks at their lengths, takes their words, and makes them in one transaction.
func serveWrite(server *sql.DB) http.HandlerFunc {
	do := func(r *http.Request) ([]byte, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var request struct{ Variables struct{ Posts []write } }
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, err
		}
		var columns [4][]string
		out := []byte(`{"createPosts":{"posts":[`)
		for i, p := range request.Variables.Posts {
			if n := utf8.RuneCountInString(p.Title); n < 1 || n > 100 || utf8.RuneCountInString(p.Content) > 100_000 {
				return nil, fmt.Errorf("post %d is too long", i)
			}
			for i, text := range []string{p.Title, p.Content, wordsOf(p.Title), wordsOf(p.Content)} {
				columns[i] = append(columns[i], text)
			}
			out = append(appendText(append(comma(out, i), `{"title":`...), p.Title), '}')
		}
		tx, err := server.BeginTx(r.Context(), nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
		if _, err := tx.ExecContext(r.Context(), insertPosts, pq.Array(columns[0]), pq.Array(columns[1]), pq.Array(columns[2]), pq.Array(columns[3])); err != nil {
			return nil, err
		}
		return append(out, `],"userErrors":[]}}`...), tx.Commit()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := do(r)
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
func (c *contestant) logIn(ctx context.Context) (string, error) {
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
	if err := ask(`mutation { createUser(input: {username: "writer", password: "correct horse"}) { userErrors { code } } }`, &out); err != nil {
		return "", err
	}
	if err := ask(`mutation { logIn(input: {username: "writer", password: "correct horse"}) { session { accessToken } } }`, &out); err != nil {
		return "", err
	}
	if out.Data.LogIn.Session.AccessToken == "" {
		return "", fmt.Errorf("%s lets nobody log in", c.name)
	}
	return out.Data.LogIn.Session.AccessToken, nil
}
