package orm

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/jmoiron/sqlx"

	"kith/migrations"
)

// everywhere runs a test on a fresh database of each kind.
func everywhere(t *testing.T, test func(*testing.T, *DB)) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) { test(t, opened(t, name, page)) })
	}
}

// The case pairs are frozen: texts that are stored and indexed stay what they were when Go learns a newer Unicode. Should
// this test fail after an update of Go, the letters that are new may get their pairs in a migration that makes kith_fold
// and its indexes anew; until then nothing is wrong.
func TestFoldIsTheTableOfItsVersion(t *testing.T) {
	if unicode.Version != "15.0.0" {
		t.Skipf("the pairs are those of Unicode 15.0.0, and this Go knows %s", unicode.Version)
	}
	for r := range rune(unicode.MaxRune + 1) {
		want := r
		if lower := unicode.ToLower(r); unicode.ToUpper(lower) == r {
			want = lower
		}
		if got := foldRune(r); got != want {
			t.Errorf("foldRune(%U) is %U, want %U", r, got, want)
		}
	}
}

func TestFoldIsInTheMigration(t *testing.T) {
	text, err := migrations.Files.ReadFile("0003_search.postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"'[^" + foldUpper + "]+'", "'" + foldUpper + "', '" + foldLower + "'"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the migration does not have %.20q…", part)
		}
	}
}

// Every code point, alone and among others, folds alike in Go and in the database.
func TestFold(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		texts := []string{"", "Kelvin \u212a", "ΣΊΓΜΑΣ σίγμας", "İstanbul ISPARTA ısparta", "straße STRASSE \u1e9e", "ſ", "ПРИВЕТ, Мир", "ÅNGSTRÖM \u212b", "ǅ Ǆ ǆ", "100% O'Hara \\ \"q\"",
			strings.Repeat("ДОЛГО и LONG ", 500)}
		var all []rune
		for r := rune(1); r <= unicode.MaxRune; r++ {
			if r >= 0xD800 && r <= 0xDFFF {
				continue
			}
			if all = append(all, r); len(all) == 5000 || r == unicode.MaxRune {
				texts, all = append(texts, string(all)), all[:0]
			}
			if r < 0x3000 && foldRune(r) != r {
				texts = append(texts, "x"+string(r))
			}
		}
		for _, text := range texts {
			var folded string
			err := db.run(t.Context(), &Statement{Text: "SELECT kith_fold(?)", Args: []any{text}}, func(rows *sqlx.Rows) error { return rows.Scan(&folded) })
			if err != nil {
				t.Fatal(err)
			}
			if want := Fold(text); folded != want {
				got, want := []rune(folded), []rune(want)
				for i := range want {
					if i >= len(got) || got[i] != want[i] {
						t.Fatalf("kith_fold of %.40q is another text from %U on", text, want[i])
					}
				}
				t.Fatalf("kith_fold of %.40q is too long", text)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		" — !\n":                     "",
		"One, two":                   " one two ",
		"don't a_b x-y":              " don t a b x y ",
		"mail@example.com 3.14 1e5":  " mail example com 3 14 1e5 ",
		"ПРИВЕТ, мир日本語":             " привет мир日本語 ",
		"Äpfel ΟΔΟΣ İx":              " äpfel οδοσ İx ",
		"४२ \U00010400":              " ४२ \U00010428 ",
		strings.Repeat("Ab", 200):    " " + strings.Repeat("ab", 127) + "a ",
		"\xff broken \x00 zero":      " broken zero ",
		"'a' & !b | <-> :* \"c\" d*": " a b c d ",
	} {
		if got := words(text); got != want {
			t.Errorf("words(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestParseSearch(t *testing.T) {
	for text, want := range map[string][]term{
		"":                    nil,
		`" * " - "" " "`:      nil,
		"One  two one":        {{words: []string{"one"}}, {words: []string{"two"}}},
		`"Quick, brown" fox*`: {{words: []string{"quick", "brown"}}, {words: []string{"fox"}, prefix: true}},
		`"open end`:           {{words: []string{"open"}}, {words: []string{"end"}}},
		`5" disk "a b" c"`:    {{words: []string{"5"}}, {words: []string{"disk"}}, {words: []string{"a"}}, {words: []string{"b"}}, {words: []string{"c"}}},
		`don't*`:              {{words: []string{"don"}}, {words: []string{"t"}, prefix: true}},
		`a*b * c *d`:          {{words: []string{"a"}, prefix: true}, {words: []string{"b"}}, {words: []string{"c"}}, {words: []string{"d"}}},
		`"one*"*`:             {{words: []string{"one"}}},
		"e\u0301tude*":        {{words: []string{"étude"}, prefix: true}},
		"a:* & !b | (c)":      {{words: []string{"a"}}, {words: []string{"b"}}, {words: []string{"c"}}},
	} {
		if got, ok := parseSearch(text, false); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("parseSearch(%q, false) is %v, %v, want %v", text, got, ok, want)
		}
	}
	many := make([]string, searchWords)
	for i := range many {
		many[i] = fmt.Sprint("w", i)
	}
	text := strings.Join(many, " ")
	if _, ok := parseSearch(text+" w1 W2", false); !ok {
		t.Errorf("%d words are too many", searchWords)
	}
	for _, text := range []string{text + " more", strings.Repeat(`"`+text[:20]+`" `, 3) + text, `"` + text + ` and more"`} {
		if _, ok := parseSearch(text, false); ok {
			t.Errorf("%.30q… is not too long", text)
		}
	}
	parseSearch(strings.Repeat(`"`, 1<<20), false) // takes no time
	parseSearch(strings.Repeat("*-", 1<<19), false)
	parseSearch(strings.Repeat("a ", 1<<19), false)
}

// searching are the keys of the posts that match, in order.
func searching(t *testing.T, db *DB, search string, order ...Order) []int64 {
	t.Helper()
	where, err := ParseWhere(Posts.Table, map[string]any{"matches": search})
	if err != nil {
		t.Fatal(err)
	}
	page, err := NewPage("Query.posts", Posts.Table, PageArgs{Where: where, Order: order})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Read(t.Context(), &Read{From: Posts.Table, Select: Select{Columns: Posts.Columns[:1]}, Page: page})
	if err != nil {
		t.Fatalf("%.50q: %v", search, err)
	}
	keys := []int64{}
	for i := range rows.Len() {
		key, _ := rows.Row(i)[0].(int64)
		keys = append(keys, key)
	}
	return keys
}

func write(t *testing.T, db *DB, table *Table, key int64, input Input) int64 {
	t.Helper()
	err := db.Write(WithViewer(t.Context(), Viewer{Admin: true}), func(ctx context.Context) (err error) {
		draft, faults := NewDraft(table, input, nil, key == 0)
		switch {
		case len(faults) > 0:
		case key == 0:
			key, faults, err = db.Create(ctx, draft)
		default:
			faults, _, err = db.Update(ctx, draft, key, nil)
		}
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Texts at the limits are stored and found: more words, more places and longer words than an index of either database keeps.
func TestSearchAtTheLimits(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		author := write(t, db, Users.Table, 0, Input{{"username", "a"}})
		post := func(title, content string) int64 {
			return write(t, db, Posts.Table, 0, Input{{"authorId", GlobalID(Users.Table, author)}, {"title", title}, {"content", content}})
		}
		var b strings.Builder
		for r := rune(0x20000); r < 0x20000+40_000; r++ { // as many words as there are letters, four bytes each
			b.WriteRune(r)
			b.WriteByte(' ')
		}
		letters := post("letters", b.String()+"the end")
		long := post("long", strings.Repeat("\U00020001", 99_990)+" the end")
		again := post("again", strings.Repeat("say it ", 14_000)+"once more")
		digits := make([]string, 16_000)
		for i := range digits {
			digits[i] = fmt.Sprint(100_000 + i)
		}
		numbers := post("numbers", strings.Join(digits[:14_000], " ")+" the end")
		for search, want := range map[string][]int64{
			`"the end"`:                     {letters, long, numbers},
			`"\U00020000 \U00020001"`:       nil,
			"\"\U00029c3f the end\"":        {letters},
			"\U00020001*":                   {letters, long},
			"\U00020001":                    {letters},
			strings.Repeat("\U00020001", 9): nil,
			strings.Repeat("\U00020001", wordLength-1) + "*": {long},
			strings.Repeat("\U00020001", 9999):               {long},
			`"it once more"`:                                 {again},
			`"more once"`:                                    nil,
			`"113998 113999 the"`:                            {numbers},
			`"113999 113998"`:                                nil,
			`1139* end`:                                      {numbers},
		} {
			if got := searching(t, db, search); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("%.30q finds %v, want %v", search, got, want)
			}
		}
	})
}

// The index follows every way in which a row comes, changes and goes.
func TestSearchFollowsRows(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		admin := WithViewer(t.Context(), Viewer{Admin: true})
		author := write(t, db, Users.Table, 0, Input{{"username", "a"}, {"posts", []any{
			Input{{"title", "First nested"}, {"content", "about herons"}, {"tags", []any{"t"}}}, Input{{"title", "second"}, {"content", "herons NESTED"}},
		}}})
		third := write(t, db, Posts.Table, 0, Input{{"authorId", GlobalID(Users.Table, author)}, {"title", "third title"}, {"content", "words here"}})
		check := func(search string, want ...int64) {
			t.Helper()
			if got := searching(t, db, search); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("%q finds %v, want %v", search, got, want)
			}
		}
		check("nested HERONS", 1, 2)
		check("title words", third)
		check(`"title words"`) // no phrase goes from one column into the next
		check(`"third title" "words here"`, third)
		write(t, db, Posts.Table, third, Input{{"title", "A new name"}})
		check("title")
		check("new words", third)
		write(t, db, Posts.Table, third, Input{{"content", "quite different"}})
		check("words")
		check(`"new name" diff*`, third)
		write(t, db, Posts.Table, third, Input{{"authorId", GlobalID(Users.Table, author)}})
		check(`"new name" diff*`, third)
		if err := db.Write(admin, func(ctx context.Context) error {
			_, _, _, err := db.Delete(ctx, Posts.Table, 1, nil, false)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		check("herons", 2)
		// The database's own cascade, behind kith's back.
		if _, err := db.write.Exec("DELETE FROM users"); err != nil {
			t.Fatal(err)
		}
		check("herons")
		if db.driver == "sqlite" {
			for _, text := range []string{"INSERT INTO posts_search (posts_search, rank) VALUES ('integrity-check', 1)", "PRAGMA integrity_check"} {
				if _, err := db.write.Exec(text); err != nil {
					t.Error(err)
				}
			}
			var left int
			if err := db.read.Get(&left, "SELECT count(*) FROM posts_search WHERE posts_search MATCH 'herons OR new OR quite'"); err != nil || left > 0 {
				t.Errorf("%d rows are left in the index, %v", left, err)
			}
		}
	})
}

// Rows that were loaded are found as any other.
func TestSearchFindsLoads(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		title := "Élan vital"
		if err := db.Load(t.Context(), nil, func(ctx context.Context, l *Load) error {
			row := Row{Key: 1, CreatedAt: db.Now(), UpdatedAt: db.Now(), Version: 1}
			if err := l.Add(ctx, Users.Table, &User{Row: row, Username: "a", Name: "a"}, nil); err != nil {
				return err
			}
			return l.Add(ctx, Posts.Table, &Post{Row: row, AuthorKey: 1, Title: title, Content: "x"})
		}); err != nil {
			t.Fatal(err)
		}
		if got := searching(t, db, `"`+title+`"`); !slices.Equal(got, []int64{1}) {
			t.Errorf("%q finds %v", title, got)
		}
	})
}

// The words in a title weigh more than those in a content, and often is more than once.
func TestRelevance(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		author := GlobalID(Users.Table, write(t, db, Users.Table, 0, Input{{"username", "a"}}))
		filler := strings.Repeat("lorem ipsum dolor ", 30)
		for _, p := range [][2]string{{"nothing", filler}, {"other", "heron " + filler}, {"the heron", filler}, {"others", "heron heron heron heron " + filler}, {"none", filler}, {"nil", filler}, {"no", filler}} {
			write(t, db, Posts.Table, 0, Input{{"authorId", author}, {"title", p[0]}, {"content", p[1]}})
		}
		best := Order{Column: Posts.OrderColumn("relevance")}
		worst := Order{Column: Posts.OrderColumn("relevance"), Desc: true}
		if got := searching(t, db, "heron", best); !slices.Equal(got, []int64{3, 4, 2}) {
			t.Errorf("best first is %v", got)
		}
		if got := searching(t, db, "heron", worst); !slices.Equal(got, []int64{2, 4, 3}) {
			t.Errorf("worst first is %v", got)
		}
		if got := searching(t, db, "lorem", best); len(got) != 7 {
			t.Errorf("lorem finds %v", got)
		}
		if got := searching(t, db, "?!", best); len(got) > 0 {
			t.Errorf("nothing finds %v", got)
		}
	})
}
