package seed_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// seedDatabase is one of the databases that seeding must fill alike.
type seedDatabase struct{ name, address string }

func seedDatabases(t *testing.T) []seedDatabase {
	t.Helper()
	return []seedDatabase{
		{"sqlite", "sqlite:" + filepath.Join(t.TempDir(), "kith.db")},
		{"memory", "sqlite::memory:"},
		{"postgres", dbtest.Postgres(t)},
	}
}

func openSeed(t *testing.T, address string) *db.DB {
	t.Helper()
	opened, err := db.Open(t.Context(), address, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := opened.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return opened
}

// seedPage is a page of everything.
func seedPage(table *orm.Table) *orm.Page {
	return &orm.Page{Size: 1 << 20, Order: []orm.Order{{Column: table.KeyColumn()}}}
}

// seedRows are all rows of a table that an admin may see, by key.
func seedRows(t *testing.T, d *db.DB, table *orm.Table) [][]any {
	t.Helper()
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	rows, err := d.Read(ctx, &orm.Read{From: table, Select: orm.Select{Columns: table.Columns}, Page: seedPage(table)})
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]any, rows.Len())
	for i := range all {
		all[i] = rows.Row(i)
	}
	return all
}

func seedEntities[T any](t *testing.T, d *db.DB, e orm.Entity[T]) []*T {
	t.Helper()
	var all []*T
	for _, row := range seedRows(t, d, e.Table) {
		all = append(all, orm.Decode(e, row))
	}
	return all
}

// seedLinks are the keys of every post's tags, sorted.
func seedLinks(t *testing.T, d *db.DB) map[int64][]int64 {
	t.Helper()
	var keys []int64
	for _, row := range seedRows(t, d, db.Posts.Table) {
		keys = append(keys, row[0].(int64))
	}
	rows, err := d.Read(t.Context(), &orm.Read{
		From: db.Tags.Table, Via: db.PostTags.Relation, Keys: keys,
		Select: orm.Select{Columns: db.Tags.Columns[:1]}, Page: seedPage(db.Tags.Table),
	})
	if err != nil {
		t.Fatal(err)
	}
	links := map[int64][]int64{}
	for _, key := range keys {
		g := rows.Of(key)
		for i := g.Start; i < g.End; i++ {
			links[key] = append(links[key], rows.Row(i)[0].(int64))
		}
		slices.Sort(links[key])
	}
	return links
}

// dumpSeed writes every row of every table as text, a line each.
func dumpSeed(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range db.Model.Tables() {
		for _, row := range seedRows(t, d, table) {
			b.WriteString(table.Name)
			for _, v := range row {
				if at, ok := v.(time.Time); ok {
					v = at.Format(time.RFC3339Nano)
				}
				fmt.Fprintf(&b, "\t%#v", v)
			}
			b.WriteByte('\n')
		}
	}
	links := seedLinks(t, d)
	for _, key := range slices.Sorted(maps.Keys(links)) {
		fmt.Fprintln(&b, db.PostTags.Link.Table, key, links[key])
	}
	return b.String()
}

func seedSum(dump string) string {
	sum := sha256.Sum256([]byte(dump))
	return hex.EncodeToString(sum[:8])
}

// seedSums are what two seeds make of 60 users and 1200 posts, more rows than a batch holds. They change only when the graph
// does, for instance with the words of a new gofakeit: then say so in the change log.
var seedSums = map[uint64]string{0: "9f055cd627cb6ed3", 7: "4af503d8f602d593"}

func TestSeedMakesTheSameGraphEverywhere(t *testing.T) {
	for number, want := range seedSums {
		var first string
		for _, database := range seedDatabases(t) {
			d := openSeed(t, database.address)
			if err := seed.Fill(t.Context(), d, seed.Options{Users: 60, Posts: 1200, Seed: number}); err != nil {
				t.Fatalf("%s: %v", database.name, err)
			}
			dump := dumpSeed(t, d)
			if got := seedSum(dump); got != want {
				t.Errorf("%s, seed %d: the graph is %s, want %s", database.name, number, got, want)
			}
			if first == "" {
				first = dump
			} else if line := firstDifference(first, dump); line != "" {
				t.Errorf("%s, seed %d: differs from the first database: %s", database.name, number, line)
			}
		}
	}
}

func firstDifference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			return one[i] + "\n" + other[i]
		}
	}
	if len(one) != len(other) {
		return fmt.Sprintf("%d lines and %d", len(one), len(other))
	}
	return ""
}

func TestSeedSmallest(t *testing.T) {
	for _, database := range seedDatabases(t) {
		for _, o := range []seed.Options{{Users: 1}, {Users: 2, Posts: 1}, {Users: 3, Posts: 2}} {
			address := database.address
			if database.name == "sqlite" {
				address += fmt.Sprint(o.Users)
			} else if database.name == "postgres" {
				address = dbtest.Postgres(t)
			}
			d := openSeed(t, address)
			if err := seed.Fill(t.Context(), d, o); err != nil {
				t.Fatalf("%s, %+v: %v", database.name, o, err)
			}
			if users, posts := len(seedRows(t, d, db.Users.Table)), len(seedRows(t, d, db.Posts.Table)); users != o.Users || posts != o.Posts {
				t.Errorf("%s, %+v: %d users and %d posts", database.name, o, users, posts)
			}
		}
	}
}

func TestSeedIsRefused(t *testing.T) {
	for _, database := range seedDatabases(t) {
		t.Run(database.name, func(t *testing.T) {
			d := openSeed(t, database.address)
			for _, o := range []seed.Options{{}, {Users: -1}, {Users: 1, Posts: -1}, {Posts: 1}} {
				if err := seed.Fill(t.Context(), d, o); orm.CodeOf(err) != orm.BadRequest {
					t.Errorf("%+v: %v, want BAD_REQUEST", o, err)
				}
			}
			createSeed(t, d, db.Tags.Table, orm.Input{{Name: "name", Value: "alone"}})
			before := dumpSeed(t, d)
			err := seed.Fill(t.Context(), d, seed.Options{Users: 10, Posts: 10})
			if orm.CodeOf(err) != orm.Conflict || !strings.Contains(err.Error(), "tags") {
				t.Errorf("with a tag: %v, want CONFLICT that names the table", err)
			}
			if err := seed.Demo(t.Context(), d); err != nil {
				t.Errorf("demo beside a tag: %v", err)
			}
			if after := dumpSeed(t, d); after != before {
				t.Errorf("a refused database was changed:\n%s", after)
			}
		})
	}
}

// createSeed makes a row as a client would.
func createSeed(t *testing.T, d *db.DB, table *orm.Table, input orm.Input) (key int64) {
	t.Helper()
	draft, faults := orm.NewDraft(table, input, nil, true)
	if len(faults) > 0 {
		t.Fatalf("%v: %v", input, faults)
	}
	err := d.Write(orm.WithViewer(t.Context(), orm.Viewer{Admin: true}), func(ctx context.Context) (err error) {
		key, faults, err = d.Create(ctx, draft)
		return err
	})
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v: %v, %v", input, err, faults)
	}
	return key
}

func TestKeysGoOnAfterSeed(t *testing.T) {
	fills := map[string]func(context.Context, *db.DB) error{
		"seed": func(ctx context.Context, d *db.DB) error {
			return seed.Fill(ctx, d, seed.Options{Users: 20, Posts: 30})
		},
		"demo": seed.Demo,
	}
	for name, fill := range fills {
		for _, database := range seedDatabases(t) {
			t.Run(name+" "+database.name, func(t *testing.T) {
				d := openSeed(t, database.address)
				if err := fill(t.Context(), d); err != nil {
					t.Fatal(err)
				}
				want := map[*orm.Table]int64{}
				for _, table := range db.Model.Tables() {
					rows := seedRows(t, d, table)
					want[table] = int64(len(rows)) + 1
					for i, row := range rows {
						if row[0] != int64(i+1) {
							t.Fatalf("row %d of %s has key %v", i+1, table.Name, row[0])
						}
					}
				}
				user := createSeed(t, d, db.Users.Table, orm.Input{
					{Name: "username", Value: "hedy"},
					{Name: "profile", Value: orm.Input{{Name: "fullName", Value: "Hedy Lamarr"}}},
					{Name: "address", Value: orm.Input{{Name: "emailAddress", Value: "hedy@example.com"}}},
					{Name: "posts", Value: []any{orm.Input{
						{Name: "title", Value: "Hopping"}, {Name: "content", Value: "From one frequency to the next."},
						{Name: "tags", Value: []any{"brand new"}},
					}}},
				})
				if user != want[db.Users.Table] {
					t.Errorf("the next user has key %d, want %d", user, want[db.Users.Table])
				}
				for table, key := range want {
					if key == 1 {
						continue // nobody has seeded it
					}
					rows := seedRows(t, d, table)
					if last := rows[len(rows)-1][0]; last != key {
						t.Errorf("the next row of %s has key %v, want %d", table.Name, last, key)
					}
				}
			})
		}
	}
}

// TestSeedKeepsTheRules writes every row again as a client would have to write it.
func TestSeedKeepsTheRules(t *testing.T) {
	seeded, demo := openSeed(t, "sqlite::memory:"), openSeed(t, "sqlite::memory:")
	if err := seed.Fill(t.Context(), seeded, seed.Options{Users: 500, Posts: 1000}); err != nil {
		t.Fatal(err)
	}
	if err := seed.Demo(t.Context(), demo); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*db.DB{seeded, demo} {
		for _, table := range db.Model.Tables() {
			last, ties := time.Time{}, 0
			for _, row := range seedRows(t, d, table) {
				var input orm.Input
				var created, updated time.Time
				for i, c := range table.Columns {
					switch at, _ := row[i].(time.Time); {
					case c.Name == "created_at":
						created = at
					case c.Name == "updated_at":
						updated = at
					case c.Kind == orm.Text:
						input = append(input, orm.InputField{Name: c.Field, Value: row[i]})
						if text, ok := row[i].(string); ok && c.Name != "bio" && strings.TrimSpace(text) != text {
							t.Errorf("%s %v: %s is %q", table.Name, row[0], c.Name, text)
						}
					}
				}
				draft, faults := orm.NewDraft(table, input, nil, true)
				if len(faults) > 0 {
					t.Errorf("%s %v: %v", table.Name, row[0], faults)
					continue
				}
				for i, c := range table.Columns {
					if v, _ := draft.Value(c.Name); c.Kind == orm.Text && v != row[i] {
						t.Errorf("%s %v: %s is %q, a client's would be %q", table.Name, row[0], c.Name, row[i], v)
					}
				}
				switch {
				case created.Before(last):
					t.Errorf("%s %v: created before the row ahead of it", table.Name, row[0])
				case created.Equal(last):
					ties++
				}
				last = created
				if updated.Before(created) || updated.After(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) {
					t.Errorf("%s %v: created %v, updated %v", table.Name, row[0], created, updated)
				}
				if version := row[len(row)-1].(int64); (version > 1) != updated.After(created) {
					t.Errorf("%s %v: version %d, created %v, updated %v", table.Name, row[0], version, created, updated)
				}
			}
			if d == seeded && table != db.Tags.Table && ties == 0 {
				t.Errorf("no two rows of %s were created at the same time", table.Name)
			}
		}
	}
}

func TestSeedIsUneven(t *testing.T) {
	d := openSeed(t, "sqlite::memory:")
	const users, posts = 300, 2000
	if err := seed.Fill(t.Context(), d, seed.Options{Users: users, Posts: posts, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	between := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %d, want %d to %d", what, got, low, high)
		}
	}

	profiles, noName, noBio, sameKey := seedEntities(t, d, db.Profiles), 0, 0, 0
	for _, p := range profiles {
		if p.FullName == nil {
			noName++
		}
		if p.Bio == nil {
			noBio++
		}
		if p.Key == p.UserKey {
			sameKey++
		}
	}
	between("profiles", len(profiles), users, users)
	between("profiles without a full name", noName, users/50, users/8)
	between("profiles without a bio", noBio, users/20, users/6)
	between("profiles with the key of their user", sameKey, 0, 5)

	owned, detached := 0, 0
	for _, a := range seedEntities(t, d, db.Addresses) {
		if a.UserKey == nil {
			detached++
		} else {
			owned++
		}
	}
	between("users with an address", owned, users*85/100, users*95/100)
	between("addresses of nobody", detached, 2, users/20)

	perAuthor := map[int64]int{}
	scripts := map[string]int{}
	for _, p := range seedEntities(t, d, db.Posts) {
		perAuthor[p.AuthorKey]++
		if n := utf8.RuneCountInString(p.Content); n < 200 || n > 400 {
			t.Errorf("post %d has %d characters", p.Key, n)
		}
		for script, letters := range map[string]string{"Cyrillic": "жщё", "Greek": "ξθω", "Turkish": "ğış", "emoji": "🚲🍵☀🎒"} {
			if strings.ContainsAny(p.Content, letters) {
				scripts[script]++
			}
		}
	}
	most := 0
	for _, n := range perAuthor {
		most = max(most, n)
	}
	between("posts of the busiest author", most, posts/100, posts/10)
	between("users without a post", users-len(perAuthor), 10, users/2)
	for _, script := range []string{"Cyrillic", "Greek", "Turkish", "emoji"} {
		between("posts with "+script, scripts[script], posts/100, posts/5)
	}

	links := seedLinks(t, d)
	perCount, perTag := map[int]int{}, map[int64]int{}
	for key := int64(1); key <= posts; key++ {
		perCount[len(links[key])]++
		for _, tag := range links[key] {
			perTag[tag]++
		}
	}
	for n := range 6 {
		between(fmt.Sprintf("posts with %d tags", n), perCount[n], posts/50, posts/2)
	}
	most = 0
	for _, n := range perTag {
		most = max(most, n)
	}
	tags := len(seedRows(t, d, db.Tags.Table))
	between("tags", tags, 50, 100)
	between("tags with posts", len(perTag), tags/2, tags-1)
	between("posts of the commonest tag", most, posts/4, posts*3/4)
}

func TestSeededUsersLogIn(t *testing.T) {
	for name, fill := range map[string]func(*db.DB) error{
		"seed": func(d *db.DB) error { return seed.Fill(t.Context(), d, seed.Options{Users: 5}) },
		"demo": func(d *db.DB) error { return seed.Demo(t.Context(), d) },
	} {
		for driver, address := range map[string]string{
			"sqlite": filepath.Join(t.TempDir(), "kith.db"), "postgres": dbtest.Postgres(t),
		} {
			d := openSeed(t, map[string]string{"sqlite": "sqlite:"}[driver]+address)
			if err := fill(d); err != nil {
				t.Fatal(err)
			}
			raw, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			var hash string
			var hashes, users int
			err = errors.Join(
				raw.QueryRowContext(t.Context(), "SELECT min(password_hash), count(DISTINCT password_hash), count(password_hash) FROM users").Scan(&hash, &hashes, &users),
				raw.Close())
			if err != nil {
				t.Fatal(err)
			}
			if hashes != 1 || users != len(seedRows(t, d, db.Users.Table)) || !db.MatchPassword(hash, "demo-password") {
				t.Errorf("%s, %s: %d users have %d hashes such as %s, want one that matches demo-password", name, driver, users, hashes, hash)
			}
		}
	}
}

func TestSeedTellsProgressAndStops(t *testing.T) {
	for _, database := range seedDatabases(t) {
		t.Run(database.name, func(t *testing.T) {
			d := openSeed(t, database.address)
			ctx, cancel := context.WithCancel(t.Context())
			stopping := seed.Options{Users: 100, Posts: 4000, Progress: func(done, _ int) {
				if done > 1500 {
					cancel()
				}
			}}
			if err := seed.Fill(ctx, d, stopping); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			if dump := dumpSeed(t, d); dump != "" {
				t.Errorf("a cancelled seed left %d bytes of rows", len(dump))
			}
			var told []int
			telling := seed.Options{Users: 100, Posts: 2500, Progress: func(done, total int) {
				told = append(told, done)
				if total != 2600 {
					t.Errorf("%d of %d, want 2600", done, total)
				}
			}}
			if err := seed.Fill(t.Context(), d, telling); err != nil {
				t.Fatal(err)
			}
			if len(told) < 3 || !slices.IsSorted(told) || told[len(told)-1] != 2600 {
				t.Errorf("progress was %v", told)
			}
		})
	}
}

func TestDemo(t *testing.T) {
	var first string
	for _, database := range seedDatabases(t) {
		d := openSeed(t, database.address)
		for range 2 { // the second time it does nothing
			if err := seed.Demo(t.Context(), d); err != nil {
				t.Fatalf("%s: %v", database.name, err)
			}
		}
		dump := dumpSeed(t, d)
		if first == "" {
			first = dump
		} else if line := firstDifference(first, dump); line != "" {
			t.Errorf("%s differs from the first database: %s", database.name, line)
		}
	}

	d := openSeed(t, "sqlite::memory:")
	if err := seed.Demo(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	withAddress, detached := map[int64]bool{}, 0
	for _, a := range seedEntities(t, d, db.Addresses) {
		if a.UserKey == nil {
			detached++
		} else {
			withAddress[*a.UserKey] = true
		}
	}
	users := seedEntities(t, d, db.Users)
	var names []string
	for _, u := range users {
		names = append(names, u.Username)
	}
	if want := []string{"ada", "grace", "alan", "linus", "margaret", "barbara"}; !slices.Equal(names, want) {
		t.Errorf("users %v, want %v", names, want)
	}
	if len(withAddress) != len(users)-1 || detached != 1 {
		t.Errorf("%d of %d users have an address, and %d are detached; want all but one, and one", len(withAddress), len(users), detached)
	}
	if strings.Contains(first, "hedy") {
		t.Error("hedy is there, whom examples create")
	}
	perTag, untagged := map[int64]int{}, 0
	links := seedLinks(t, d)
	for _, p := range seedEntities(t, d, db.Posts) {
		if len(links[p.Key]) == 0 {
			untagged++
		}
		for _, tag := range links[p.Key] {
			perTag[tag]++
		}
	}
	if tags := len(seedRows(t, d, db.Tags.Table)); tags != 8 || len(perTag) != tags || untagged == 0 {
		t.Errorf("%d of %d tags have posts, %d posts have none; want all 8, and some", len(perTag), tags, untagged)
	}
}

// TestSeedersCompete runs two at once: one fills the database, the other is refused.
func TestSeedersCompete(t *testing.T) {
	for _, database := range seedDatabases(t) {
		t.Run(database.name, func(t *testing.T) {
			d := openSeed(t, database.address)
			errs := make(chan error, 2)
			for range cap(errs) {
				go func() { errs <- seed.Fill(t.Context(), d, seed.Options{Users: 50, Posts: 500}) }()
			}
			var codes []orm.Code
			for range cap(errs) {
				codes = append(codes, orm.CodeOf(<-errs))
			}
			slices.Sort(codes)
			if !slices.Equal(codes, []orm.Code{"", orm.Conflict}) {
				t.Errorf("the two ended %q, want one done and one CONFLICT", codes)
			}
			if posts := len(seedRows(t, d, db.Posts.Table)); posts != 500 {
				t.Errorf("%d posts, want 500", posts)
			}
		})
	}
}
