package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
)

// What ordinary questions take as the tables grow.

const growthTitle = "What ordinary questions take as the tables grow"

const newest = `orderBy: [{field: CREATED_AT, direction: DESC}]`

// growing are the questions. What is answered does not grow, and so what it takes must not, unless there is plain SQL to hold it against.
var growing = []struct{ says, text, plain string }{
	{"posts with a rare tag, newest 20", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "rare"}}}}) { nodes { id title } } }`, ""},
	{"the same, no such tag", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "nothing"}}}}) { nodes { id title } } }`, ""},
	{"the same, a common tag", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "common"}}}}) { nodes { id title } } }`, ""},
	{"users with some post with a rare tag, nodes and count", `{ users(where: {posts: {some: {tags: {some: {name: {eq: "rare"}}}}}}) { totalCount nodes { id username } } }`, ""},
	{"posts of an author by name, newest 20", `{ posts(first: 20, ` + newest + `, where: {author: {username: {eq: "user7"}}}) { nodes { id title } } }`, ""},
	{"50 tags, the 5 newest posts of each", `{ tags(first: 50) { nodes { name posts(first: 5, ` + newest + `) { nodes { id title } } } } }`, ""},
	{"one common tag, newest 20", `{ tag(by: {name: "common"}) { posts(first: 20, ` + newest + `) { nodes { id title } } } }`, ""},
	{"title contains, no hit", `{ posts(where: {title: {contains: "nowhere"}}) { nodes { id title } } }`, ""},
	{"the same, ignoreCase", `{ posts(where: {title: {contains: "NoWhere", ignoreCase: true}}) { nodes { id title } } }`, ""},
	{"matches a word of a fifth of the posts, newest 20", `{ posts(first: 20, ` + newest + `, where: {matches: "often"}) { nodes { id title } } }`, ""},
	{
		"totalCount of posts with a common tag", `{ posts(where: {tags: {some: {name: {eq: "common"}}}}) { totalCount } }`,
		"SELECT count(*) FROM post_tags WHERE tag_id = 1",
	},
	{"totalCount of all posts", `{ posts { totalCount } }`, "SELECT count(*) FROM posts"},
	{
		"content contains, no hit, no index", `{ posts(where: {content: {contains: "nowhere"}}) { nodes { id title } } }`,
		"SELECT count(*) FROM (SELECT id, title FROM posts WHERE content LIKE '%nowhere%' ORDER BY id LIMIT 20) AS page",
	},
}

// growthTable measures the questions on databases of so many posts each, on PostgreSQL or SQLite, and answers a table of medians as
// Markdown.
func growthTable(ctx context.Context, kith string, sqlite bool, sizes []int) (string, error) {
	took := make([][]time.Duration, len(growing))
	var plain []time.Duration // at the last size
	for _, posts := range sizes {
		of, by, err := growthOf(ctx, kith, sqlite, posts)
		if err != nil {
			return "", fmt.Errorf("%d posts: %w", posts, err)
		}
		for i := range growing {
			took[i] = append(took[i], of[i])
		}
		plain = by
	}
	var b strings.Builder
	b.WriteString("| request, ms |")
	for _, posts := range sizes {
		fmt.Fprintf(&b, " %s posts |", thousands(posts))
	}
	fmt.Fprintf(&b, " last to first | plain SQL, at the last |\n|---|%s---:|---:|\n", strings.Repeat("---:|", len(sizes)))
	for i, g := range growing {
		b.WriteString("| " + g.says + " |")
		for _, d := range took[i] {
			fmt.Fprintf(&b, " %.2f |", float64(d.Microseconds())/1000)
		}
		ratio := float64(took[i][len(sizes)-1]) / float64(took[i][0])
		if g.plain == "" {
			fmt.Fprintf(&b, " **%.1f** | |\n", ratio)
		} else {
			fmt.Fprintf(&b, " %.1f | %.2f (**%.2f**) |\n", ratio, float64(plain[i].Microseconds())/1000, float64(took[i][len(sizes)-1])/float64(plain[i]))
		}
	}
	b.WriteString("\nIn bold are those whose answer does not grow, and how many times what plain SQL takes those take that do. One connection, medians.")
	if !sqlite {
		b.WriteString(" PostgreSQL has 128 MB of shared buffers.")
	}
	b.WriteString("\n")
	return b.String(), nil
}

func thousands(n int) string {
	if n >= 1_000_000 && n%1_000_000 == 0 {
		return strconv.Itoa(n/1_000_000) + " M"
	}
	return strconv.Itoa(n/1000) + " k"
}

// growthDatabase makes a database of its own to measure on. plain is how database/sql opens it.
func growthDatabase(sqlite bool) (address string, plain [2]string, drop func() error, err error) {
	if !sqlite {
		address, drop, err = dbtest.Database()
		return address, [2]string{"postgres", address}, drop, err
	}
	dir, err := os.MkdirTemp("", "kith-growth-")
	file := filepath.Join(dir, "kith.db")
	return "sqlite:" + file, [2]string{"sqlite", file}, func() error { return os.RemoveAll(dir) }, err
}

// growthOf measures on one database, and drops it.
func growthOf(ctx context.Context, kith string, sqlite bool, posts int) (took, plain []time.Duration, err error) {
	address, driver, drop, err := growthDatabase(sqlite)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err := drop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench: dropping the database:", err)
		}
	}()
	if err := loadGrowth(ctx, address, posts); err != nil {
		return nil, nil, err
	}
	server, err := sql.Open(driver[0], driver[1])
	if err != nil {
		return nil, nil, err
	}
	defer server.Close()
	server.SetMaxOpenConns(1)
	if !sqlite {
		for _, statement := range []string{"CHECKPOINT", "VACUUM ANALYZE", "SET jit = off"} { // the last as kith says
			if _, err := server.ExecContext(ctx, statement); err != nil {
				return nil, nil, err
			}
		}
	}
	environment := []string{"KITH_ENV=production", "KITH_SECRET=" + strings.Repeat("bench", 8), "KITH_DATABASE_URL=" + address, "KITH_REQUEST_TIMEOUT=1m"}
	r := &runner{kith: kith}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.stop()
	c, err := r.startKith(environment, "on")
	if err != nil {
		return nil, nil, err
	}
	if err := c.await(r.ctx); err != nil {
		return nil, nil, err
	}
	for _, g := range growing {
		asks := []func() error{asking(c.address, g.text)}
		if g.plain != "" {
			asks = append(asks, func() error {
				var n int
				return server.QueryRowContext(r.ctx, g.plain).Scan(&n)
			})
		}
		medians, err := mediansOf(asks...)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", g.says, err)
		}
		d, by := medians[0], medians[len(medians)-1]
		fmt.Fprintf(os.Stderr, "%9d posts, %s: %v, plain %v\n", posts, g.says, d, by)
		took, plain = append(took, d), append(plain, by)
	}
	return took, plain, nil
}

// What is loaded besides the posts: a tag of every fifth of them, and one of twenty, which are the oldest.
const grownTags = 2000

func loadGrowth(ctx context.Context, address string, posts int) error {
	database, err := db.Open(ctx, address, orm.Options{})
	if err != nil {
		return err
	}
	defer database.Close()
	if err := database.Migrate(ctx); err != nil {
		return err
	}
	begin := time.Now()
	people := posts / 10
	row := func(key int) orm.Row {
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(key) * time.Minute)
		return orm.Row{Key: int64(key), CreatedAt: at, UpdatedAt: at, Version: 1}
	}
	err = database.Load(ctx, nil, func(ctx context.Context, l *orm.Load) error {
		if err := l.Expect(ctx, 3*posts); err != nil {
			return err
		}
		for i := 1; i <= people; i++ {
			if err := l.Add(ctx, db.Users.Table, &db.User{Row: row(i), Username: "user" + itoa(i), Name: "Name " + itoa(i)}, nil); err != nil {
				return err
			}
		}
		for i := 1; i <= grownTags; i++ {
			name := map[int]string{1: "common", 2: "rare"}[i]
			if name == "" {
				name = "tag" + itoa(i)
			}
			if err := l.Add(ctx, db.Tags.Table, &db.Tag{Row: row(i), Name: name}); err != nil {
				return err
			}
		}
		for i := 1; i <= posts; i++ {
			content := "w" + itoa(i%4000) + " and w" + itoa(i%77)
			tags := []int64{int64(3 + i*7%(grownTags-2)), int64(3 + (i*13+1)%(grownTags-2))}
			if i%5 == 0 {
				content, tags = "often "+content, append(tags, 1)
			}
			if i <= 20 {
				tags = append(tags, 2)
			}
			p := &db.Post{Row: row(i), AuthorKey: int64(1 + i*7919%people), Title: "Title " + itoa(i), Content: content}
			if err := l.Add(ctx, db.Posts.Table, p); err != nil {
				return err
			}
			for j, tag := range tags {
				if j == 1 && tag == tags[0] {
					continue
				}
				if err := l.Link(ctx, db.PostTags.Relation, p, tag); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%9d posts loaded in %v\n", posts, time.Since(begin).Round(time.Second))
	return nil
}

// asking asks a question.
func asking(address, text string) func() error {
	body, _ := json.Marshal(map[string]string{"query": text}) // texts always marshal
	return func() error {
		response, err := http.Post("http://"+address+"/graphql", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err == nil && bytes.Contains(answer, []byte(`"errors"`)) {
			err = fmt.Errorf("answered %s", answer)
		}
		return err
	}
}

// mediansOf asks again and again for some seconds, in turn, some times at least, and answers what the medians take.
func mediansOf(asks ...func() error) (medians []time.Duration, err error) {
	each := make([][]float64, len(asks))
	for begin := time.Now(); len(each[0]) < 5 || time.Since(begin) < 2*time.Second && len(each[0]) < 500; {
		for i, ask := range asks {
			asked := time.Now()
			if err := ask(); err != nil {
				return nil, err
			}
			each[i] = append(each[i], float64(time.Since(asked)))
		}
	}
	for _, took := range each {
		medians = append(medians, time.Duration(median(took[len(took)/5:]))) // the first ones make connections and fill caches
	}
	return medians, nil
}
