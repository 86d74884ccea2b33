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
	"strconv"
	"strings"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
)

// What ordinary questions take as the tables grow.

const newest = `orderBy: [{field: CREATED_AT, direction: DESC}]`

// growing are the questions. bounded says that what is answered does not grow, and so what it takes must not.
var growing = []struct {
	says, text string
	bounded    bool
}{
	{"posts with a rare tag, newest 20", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "rare"}}}}) { nodes { id title } } }`, true},
	{"the same, no such tag", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "nothing"}}}}) { nodes { id title } } }`, true},
	{"the same, a common tag", `{ posts(first: 20, ` + newest + `, where: {tags: {some: {name: {eq: "common"}}}}) { nodes { id title } } }`, true},
	{"users with some post with a rare tag, nodes and count", `{ users(where: {posts: {some: {tags: {some: {name: {eq: "rare"}}}}}}) { totalCount nodes { id username } } }`, true},
	{"posts of an author by name, newest 20", `{ posts(first: 20, ` + newest + `, where: {author: {username: {eq: "user7"}}}) { nodes { id title } } }`, true},
	{"50 tags, the 5 newest posts of each", `{ tags(first: 50) { nodes { name posts(first: 5, ` + newest + `) { nodes { id title } } } } }`, true},
	{"one common tag, newest 20", `{ tag(by: {name: "common"}) { posts(first: 20, ` + newest + `) { nodes { id title } } } }`, true},
	{"title contains, no hit", `{ posts(where: {title: {contains: "nowhere"}}) { nodes { id title } } }`, true},
	{"the same, ignoreCase", `{ posts(where: {title: {contains: "NoWhere", ignoreCase: true}}) { nodes { id title } } }`, true},
	{"matches a word of a fifth of the posts, newest 20", `{ posts(first: 20, ` + newest + `, where: {matches: "often"}) { nodes { id title } } }`, true},
	{"totalCount of posts with a common tag", `{ posts(where: {tags: {some: {name: {eq: "common"}}}}) { totalCount } }`, false},
	{"totalCount of all posts", `{ posts { totalCount } }`, false},
	{"content contains, no hit, no index", `{ posts(where: {content: {contains: "nowhere"}}) { nodes { id title } } }`, false},
}

// growthTable measures the questions on databases of so many posts each, and answers a table of medians as Markdown.
func growthTable(ctx context.Context, kith string, sizes []int) (string, error) {
	took := make([][]time.Duration, len(growing))
	for _, posts := range sizes {
		of, err := growthOf(ctx, kith, posts)
		if err != nil {
			return "", fmt.Errorf("%d posts: %w", posts, err)
		}
		for i := range growing {
			took[i] = append(took[i], of[i])
		}
	}
	var b strings.Builder
	b.WriteString("| request, ms |")
	for _, posts := range sizes {
		fmt.Fprintf(&b, " %s posts |", thousands(posts))
	}
	fmt.Fprintf(&b, " last to first |\n|---|%s---:|\n", strings.Repeat("---:|", len(sizes)))
	for i, g := range growing {
		b.WriteString("| " + g.says + " |")
		for _, d := range took[i] {
			fmt.Fprintf(&b, " %.2f |", float64(d.Microseconds())/1000)
		}
		ratio := float64(took[i][len(sizes)-1]) / float64(took[i][0])
		if g.bounded {
			fmt.Fprintf(&b, " **%.1f** |\n", ratio)
		} else {
			fmt.Fprintf(&b, " %.1f |\n", ratio)
		}
	}
	b.WriteString("\nIn bold are those whose answer does not grow.\n")
	return b.String(), nil
}

func thousands(n int) string {
	if n >= 1_000_000 && n%1_000_000 == 0 {
		return strconv.Itoa(n/1_000_000) + " M"
	}
	return strconv.Itoa(n/1000) + " k"
}

// growthOf measures on one database, and drops it.
func growthOf(ctx context.Context, kith string, posts int) (took []time.Duration, err error) {
	address, drop, err := dbtest.Database()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := drop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench: dropping the database:", err)
		}
	}()
	if err := loadGrowth(ctx, address, posts); err != nil {
		return nil, err
	}
	environment := []string{"KITH_ENV=production", "KITH_SECRET=" + strings.Repeat("bench", 8), "KITH_DATABASE_URL=" + address}
	r := &runner{kith: kith}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.stop()
	c, err := r.startKith(environment, "on")
	if err != nil {
		return nil, err
	}
	if err := c.await(r.ctx); err != nil {
		return nil, err
	}
	for _, g := range growing {
		d, err := medianOf(c.address, g.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.says, err)
		}
		fmt.Fprintf(os.Stderr, "%9d posts, %s: %v\n", posts, g.says, d)
		took = append(took, d)
	}
	return took, nil
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
	server, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer server.Close()
	for _, statement := range []string{"CHECKPOINT", "VACUUM ANALYZE"} {
		if _, err := server.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// medianOf asks a question again and again, by one connection, and answers what the median takes.
func medianOf(address, text string) (time.Duration, error) {
	body, err := json.Marshal(map[string]string{"query": text})
	if err != nil {
		return 0, err
	}
	var each []float64
	for begin := time.Now(); len(each) < 20 || time.Since(begin) < 2*time.Second && len(each) < 500; {
		asked := time.Now()
		response, err := http.Post("http://"+address+"/graphql", "application/json", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return 0, err
		}
		if bytes.Contains(answer, []byte(`"errors"`)) {
			return 0, fmt.Errorf("answered %s", answer)
		}
		each = append(each, float64(time.Since(asked)))
	}
	return time.Duration(median(each[len(each)/5:])), nil // the first ones make connections and fill caches
}
