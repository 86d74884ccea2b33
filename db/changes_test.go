package db_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// following is a follower of a database, and what it has heard.
type following struct {
	*db.DB
	at orm.Cursor
}

func follow(t *testing.T, database *db.DB) *following {
	t.Helper()
	begin, leave, err := database.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return &following{database, begin}
}

// next are the next transactions' changes, as text.
func (f *following) next(t *testing.T, viewer orm.Viewer) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	sets, err := f.Next(ctx, f.at)
	if err != nil {
		return string(orm.CodeOf(err))
	}
	f.at = sets[0].Cursor
	return told(sets[0], viewer)
}

func told(c *orm.Committed, viewer orm.Viewer) string {
	var out []string
	for change, verb := range c.For(viewer) {
		if change.Link != nil {
			out = append(out, fmt.Sprint(verb, " ", change.Link.Coordinate(), " ", change.Keys))
			continue
		}
		text := fmt.Sprint(verb, " ", change.Table.Type, " ", change.Keys[0])
		for _, column := range change.Columns {
			text += " " + column.Name
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func inAnyOrder(told string) string {
	parts := strings.Split(told, "; ")
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func draft(t *testing.T, table *orm.Table, isNew bool, in orm.Input) *orm.Draft {
	t.Helper()
	d, faults := orm.NewDraft(table, in, nil, isNew)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return d
}

// Whatever way a row is written, it is recorded in its transaction, with what each viewer may know of it.
func TestChangesAreRecorded(t *testing.T) {
	admin := orm.Viewer{Admin: true}
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			f := follow(t, m.DB)
			write := func(w func(context.Context) error) {
				t.Helper()
				ctx := orm.WithViewer(t.Context(), admin)
				if err := m.Write(ctx, w); err != nil {
					t.Fatal(err)
				}
			}
			parts := name == "postgres" && inParts()
			byHand := func(text string) {
				t.Helper()
				if _, err := m.raw.Exec(text); err != nil {
					t.Fatal(err)
				}
				if parts { // what others write to a part is told when kith next writes there
					write(func(ctx context.Context) error {
						_, err := m.Exec(ctx, "test", "UPDATE posts SET title = title")
						return err
					})
				}
			}
			expect := func(viewer orm.Viewer, want string) {
				t.Helper()
				got := f.next(t, viewer)
				if parts { // several nodes record what one transaction does
					got, want = inAnyOrder(got), inAnyOrder(want)
				}
				if got != want {
					t.Fatalf("%+v:\n got: %s\nwant: %s", viewer, got, want)
				}
			}
			ada := orm.Input{{Name: "username", Value: "ada"}, {Name: "password", Value: "a long password"}, {Name: "posts", Value: []any{
				orm.Input{{Name: "title", Value: "One"}, {Name: "content", Value: strings.Repeat("long ", 4000)}, {Name: "tags", Value: []any{"go", "sql"}}},
			}}}
			write(func(ctx context.Context) error {
				_, _, err := m.Create(ctx, draft(t, db.Users.Table, true, ada))
				return err
			})
			expect(orm.Viewer{}, "CREATED User 1; CREATED Post 1; CREATED Tag 1; CREATED Tag 2; CREATED Post.tags [1 1]; CREATED Post.tags [1 2]")

			write(func(ctx context.Context) error {
				_, _, err := m.Update(ctx, draft(t, db.Posts.Table, false, orm.Input{{Name: "content", Value: "short"},
					{Name: "tags", Value: orm.Input{{Name: "set", Value: []any{"sql", "new"}}}}}), 1, nil)
				return err
			})
			expect(orm.Viewer{}, "UPDATED Post 1 content updated_at version; DELETED Post.tags [1 1]; CREATED Tag 3; CREATED Post.tags [1 3]")

			// An address is its user's, and when it moves it goes for one and comes for the other.
			write(func(ctx context.Context) error {
				for _, owner := range []int64{1, 0} {
					in := orm.Input{{Name: "city", Value: "Turin"}}
					if owner != 0 {
						in = append(in, orm.InputField{Name: "userId", Value: orm.GlobalID(db.Users.Table, owner)})
					}
					d := draft(t, db.Addresses.Table, true, fullAddress(in))
					if _, faults, err := m.Create(ctx, d); err != nil || len(faults) > 0 {
						return fmt.Errorf("%w %v", err, faults)
					}
				}
				_, _, err := m.Create(ctx, draft(t, db.Users.Table, true, orm.Input{{Name: "username", Value: "bob"}, {Name: "password", Value: "a long password"}}))
				return err
			})
			begin := f.at
			expect(orm.Viewer{Key: 1}, "CREATED Address 1; CREATED User 2")
			f.at = begin
			expect(orm.Viewer{}, "CREATED User 2")
			f.at = begin
			expect(admin, "CREATED Address 1; CREATED Address 2; CREATED User 2")
			write(func(ctx context.Context) error {
				_, _, err := m.Update(ctx, draft(t, db.Addresses.Table, false, orm.Input{{Name: "userId", Value: orm.GlobalID(db.Users.Table, 2)}}), 1, nil)
				return err
			})
			begin = f.at
			for want, viewer := range map[string]orm.Viewer{
				"DELETED Address 1 user_id updated_at version": {Key: 1}, "CREATED Address 1 user_id updated_at version": {Key: 2},
				"": {}, "UPDATED Address 1 user_id updated_at version": admin,
			} {
				f.at = begin
				expect(viewer, want)
			}

			// What is rolled back is not, nor what ends as it began, nor what no column shows.
			_ = m.Write(orm.WithViewer(t.Context(), admin), func(ctx context.Context) error {
				if _, err := m.Exec(ctx, "test", "DELETE FROM posts"); err != nil {
					return err
				}
				return fmt.Errorf("no")
			})
			write(func(ctx context.Context) error {
				_, err := m.Exec(ctx, "test", "UPDATE users SET password_hash = 'x'")
				return err
			})
			// Somebody else's program, in one statement.
			byHand("UPDATE posts SET title = 'By hand'")
			expect(orm.Viewer{}, "UPDATED Post 1 title")
			texts := map[string]string{
				"UPDATE post_tags SET tag_id = 1 WHERE tag_id = 3": "DELETED Post.tags [1 3]; CREATED Post.tags [1 1]",
				"UPDATE post_tags SET tag_id = 3 WHERE tag_id = 1": "DELETED Post.tags [1 1]; CREATED Post.tags [1 3]",
			}
			if name == "postgres" && !dbtest.OnCitus() { // elsewhere a new key is a change of the row that has it, or not to be had
				texts["UPDATE tags SET id = DEFAULT WHERE id = 1"] = "DELETED Tag 1; CREATED Tag 4"
			}
			for _, text := range slices.Sorted(maps.Keys(texts)) {
				byHand(text)
				expect(orm.Viewer{}, texts[text])
			}

			write(func(ctx context.Context) error {
				_, _, _, err := m.Delete(ctx, db.Users.Table, 1, nil, false)
				return err
			})
			expect(orm.Viewer{}, "DELETED Post.tags [1 2]; DELETED Post.tags [1 3]; DELETED Post 1; DELETED User 1")
		})
	}
}

// fullAddress gives what every address needs.
func fullAddress(in orm.Input) orm.Input {
	for _, c := range db.Addresses.Columns {
		if _, given := in.Get(c.Field); c.Writable(true) && !c.Nullable && c.Shown() && !given {
			in = append(in, orm.InputField{Name: c.Field, Value: "x@example.com"})
		}
	}
	return in
}

// A place that is not in the log any more, or not of this history, is told to begin anew: it never goes on behind a gap.
func TestResync(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			f := follow(t, m.DB)
			tag := func(name string) {
				t.Helper()
				err := m.Write(t.Context(), func(ctx context.Context) error {
					_, err := m.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", name, m.Now(), m.Now())
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			begin := f.at
			for i := range 3 {
				tag(fmt.Sprint("t", i))
			}
			for i := range 3 {
				if got, want := f.next(t, orm.Viewer{}), fmt.Sprint("CREATED Tag ", i+1); got != want {
					t.Fatalf("%s, want %s", got, want)
				}
			}
			end := f.at
			parsed, ok := orm.ParseCursor(end.String())
			if !ok || parsed != end {
				t.Fatal("a cursor is not what it was")
			}
			m.forget(t, 2)
			other, err := db.Open(t.Context(), m.url, orm.Options{}) // which has nothing in memory
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			g := follow(t, other)
			if g.at != end {
				t.Errorf("a new follower begins at %v, not at %v", g.at, end)
			}
			if g.at = begin; g.next(t, orm.Viewer{}) != string(orm.Resync) {
				t.Error("what was removed is not missed")
			}
			tag("after")
			m.forget(t, math.MaxInt32)
			third, err := db.Open(t.Context(), m.url, orm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer third.Close()
			if g = follow(t, third); g.at.Position != end.Position+1 {
				t.Errorf("behind all that was removed a new follower begins at %v", g.at)
			}
			g.at = end
			if got := g.next(t, orm.Viewer{}); got != string(orm.Resync) {
				t.Errorf("behind all that was removed comes %s", got)
			}
			// A backup is restored: the same positions are given again, also that of the last transaction, of which nothing is kept.
			h := follow(t, m.DB)
			m.forget(t, math.MaxInt32)
			if _, err := m.raw.Exec(map[string]string{"sqlite": "UPDATE changes SET mark = 7", "postgres": "UPDATE change_head SET mark = 7"}[name]); err != nil {
				t.Fatal(err)
			}
			fourth, err := db.Open(t.Context(), m.url, orm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer fourth.Close()
			if g = follow(t, fourth); g.at.Position != h.at.Position {
				t.Errorf("a new follower begins at %v", g.at)
			}
			if g.at = h.at; g.next(t, orm.Viewer{}) != string(orm.Resync) {
				t.Error("a place of another history is gone on from")
			}
			again := map[string]string{"sqlite": "UPDATE changes SET id = (%d << 30) - 1, mark = 77", "postgres": "UPDATE change_head SET position = %d - 1, mark = 77"}[name]
			if _, err := m.raw.Exec(fmt.Sprintf(again, h.at.Position)); err != nil {
				t.Fatal(err)
			}
			tag("another history")
			if got := h.next(t, orm.Viewer{}); got != string(orm.Resync) {
				t.Errorf("of another history %s is told", got)
			}
		})
	}
}

// forget removes what was told up to a position, but for where the last transaction ends.
func (m migrated) forget(t *testing.T, position int64) {
	t.Helper()
	text := map[string]string{"sqlite": "DELETE FROM changes WHERE id < (SELECT max(id) FROM changes) AND id >> 30 <= ", "postgres": "DELETE FROM change_positions WHERE position <= "}[m.Name()]
	if _, err := m.raw.Exec(fmt.Sprint(text, position)); err != nil {
		t.Fatal(err)
	}
}

// What is older than it has to be kept, or too much, is removed up to a transaction.
func TestPruning(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			begin := follow(t, m.DB).at
			for i := range 3 {
				err := m.Write(t.Context(), func(ctx context.Context) error {
					_, err := m.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?), (?, ?, ?)", fmt.Sprint("a", i), m.Now(), m.Now(), fmt.Sprint("b", i), m.Now(), m.Now())
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			follow(t, m.DB) // which gives the last its position
			left := func(options orm.Options) string {
				t.Helper()
				other, err := db.Open(t.Context(), m.url, options)
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				if err := other.PruneChanges(t.Context()); err != nil {
					t.Fatal(err)
				}
				return m.lines(t, "SELECT count(*) FROM changes WHERE verb <> 'E'")[0]
			}
			all := left(orm.Options{})
			if got := left(orm.Options{MaxChanges: 1000}); all != "7" || got != "2" {
				t.Errorf("of %s rows %s are left, not those of the last transaction", all, got)
			}
			other, err := db.Open(t.Context(), m.url, orm.Options{}) // which has nothing in memory
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if got := (&following{other, begin}).next(t, orm.Viewer{}); got != string(orm.Resync) {
				t.Errorf("behind what was removed comes %s", got)
			}
			if got := left(orm.Options{Clock: func() time.Time { return time.Now().Add(25 * time.Hour) }}); got != map[string]string{"sqlite": "0", "postgres": "2"}[name] { // those of the last
				t.Errorf("a day later %s rows are left", got)
			}
			// Who stands at the end has missed nothing.
			f := follow(t, m.DB)
			if err := m.Write(t.Context(), func(ctx context.Context) error {
				_, err := m.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES ('c', ?, ?)", m.Now(), m.Now())
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if got := f.next(t, orm.Viewer{}); got != "CREATED Tag 7" {
				t.Errorf("behind the end comes %s", got)
			}
		})
	}
}

// A dump may be restored on a server that has had fewer transactions, whose numbers come again: everybody begins anew, and nothing is missed.
func TestDumpElsewhereResyncs(t *testing.T) {
	m := migrateNew(t, "postgres")
	write := func(name string) {
		t.Helper()
		err := m.Write(t.Context(), func(ctx context.Context) error {
			_, err := m.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", name, m.Now(), m.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f := follow(t, m.DB)
	write("one")
	if got := f.next(t, orm.Viewer{}); got != "CREATED Tag 1" {
		t.Fatal(got)
	}
	if _, err := m.raw.Exec("UPDATE change_head SET seen = '900000000000:900000000000:'"); err != nil {
		t.Fatal(err)
	}
	write("two")
	if got := f.next(t, orm.Viewer{}); got != string(orm.Resync) {
		t.Errorf("elsewhere %s is told", got)
	}
	g := follow(t, m.DB)
	write("three")
	if got := g.next(t, orm.Viewer{}); got != "CREATED Tag 3" {
		t.Errorf("after it %s is told", got)
	}
}

// Looking for what has no position takes no longer for what has one, however long nobody has vacuumed.
func TestNumberingDoesNotGrow(t *testing.T) {
	m := migrateNew(t, "postgres")
	looked := func() (buffers int64) {
		t.Helper()
		var text string
		for _, line := range m.lines(t, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT kith_number_changes(7, '2026-01-01')") {
			text += line
		}
		found := regexp.MustCompile(`"Shared Hit Blocks": (\d+),\s+"Shared Read Blocks": (\d+)`).FindStringSubmatch(text)
		if found == nil {
			t.Fatal(text)
		}
		for _, n := range found[1:] {
			n, _ := strconv.ParseInt(n, 10, 64)
			buffers += n
		}
		return buffers
	}
	numbered := func(tags int) int64 {
		t.Helper()
		_, err := m.raw.Exec(fmt.Sprint("INSERT INTO tags (name, created_at, updated_at) SELECT gen_random_uuid(), now(), now() FROM generate_series(1, ", tags, ")"))
		if err != nil {
			t.Fatal(err)
		}
		follow(t, m.DB) // which numbers
		return looked()
	}
	numbered(1)
	numbered(1) // which has its plans
	few, many := numbered(1), numbered(20_000)
	for tries := 0; dbtest.OnCitus() && many > few+20 && tries < 10; tries++ { // where the engine's own processes may still see them as they were
		time.Sleep(200 * time.Millisecond)
		many = looked()
	}
	if many > few+20 {
		t.Errorf("with 20,000 rows recorded %d pages are looked at, with few %d", many, few)
	}
}

// What is loaded in bulk is not recorded, and everybody begins anew.
func TestLoadResyncs(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			f := follow(t, m.DB)
			if err := seed.Demo(t.Context(), m.DB); err != nil {
				t.Fatal(err)
			}
			if got := f.next(t, orm.Viewer{}); got != string(orm.Resync) {
				t.Errorf("loading is told as %s", got)
			}
			if rows := m.lines(t, "SELECT count(*) FROM changes WHERE verb NOT IN ('R', 'E')"); !slices.Equal(rows, []string{"0"}) {
				t.Errorf("%v rows are recorded", rows)
			}
			g := follow(t, m.DB)
			begin := g.at
			exec := func(text string) {
				t.Helper()
				err := m.Write(t.Context(), func(ctx context.Context) error {
					_, err := m.Exec(ctx, "test", text)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			exec("UPDATE tags SET name = 'x' WHERE id = 1")
			if got := g.next(t, orm.Viewer{}); got != "UPDATED Tag 1 name" {
				t.Errorf("after it comes %s", got)
			}
			// Who is behind is told what came before another load, and then of that.
			exec("INSERT INTO changes (place, key, verb) VALUES ('', 0, 'R')")
			other, err := db.Open(t.Context(), m.url, orm.Options{}) // which has nothing in memory
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			g = follow(t, other)
			if sets, err := g.Next(t.Context(), begin); err != nil || len(sets) != 1 || told(sets[0], orm.Viewer{}) != "UPDATED Tag 1 name" {
				t.Errorf("%d transactions are told with the one before a load: %v", len(sets), err)
			} else if g.at = sets[0].Cursor; g.next(t, orm.Viewer{}) != string(orm.Resync) {
				t.Error("it is not told that there was a load")
			}
		})
	}
}

var stormChanges = flag.Duration("changes", 2*time.Second, "how long TestChangesInOrder writes on each database")

// Sixteen writers on two instances, connections that are ended, and a transaction that commits late: who follows, on whichever
// instance and from wherever, is told of all that was committed, once, in one order.
func TestChangesInOrder(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			instances := []*db.DB{m.DB}
			if name == "postgres" { // a file of SQLite is one process's
				second, err := db.Open(t.Context(), m.url, orm.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer second.Close()
				instances = append(instances, second)
			}
			followers := []*following{follow(t, instances[0]), follow(t, instances[len(instances)-1])}
			var mu sync.Mutex
			acknowledged, uncertain := map[string]bool{}, map[string]bool{}
			insert := func(ctx context.Context, database *db.DB, name string) error {
				_, err := database.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", name, m.Now(), m.Now())
				return err
			}
			end := time.Now().Add(*stormChanges)
			var writers, killers sync.WaitGroup
			for w := range 16 {
				writers.Go(func() {
					database := instances[w%len(instances)]
					for i := 0; time.Now().Before(end); i++ {
						name := fmt.Sprintf("%d-%d", w, i)
						err := database.Write(t.Context(), func(ctx context.Context) error {
							for part := range 1 + i%3 { // which belong together
								if err := insert(ctx, database, fmt.Sprintf("%s-%d", name, part)); err != nil {
									return err
								}
							}
							return nil
						})
						mu.Lock()
						if err == nil {
							acknowledged[name] = true
						} else {
							uncertain[name] = true
						}
						mu.Unlock()
					}
				})
			}
			if name == "postgres" {
				killers.Go(func() {
					for time.Now().Before(end) {
						time.Sleep(50 * time.Millisecond)
						m.raw.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY random() LIMIT 2") //nolint:errcheck // it may end itself
					}
				})
				killers.Go(func() {
					for time.Now().Before(end) {
						if tx, err := m.raw.Begin(); err == nil {
							tx.Exec("INSERT INTO tags (name, created_at, updated_at) VALUES ('late-0' || random(), now(), now())") //nolint:errcheck // it may be ended
							time.Sleep(*stormChanges / 3)
							tx.Commit() //nolint:errcheck // it may be ended
						}
					}
				})
			}
			writers.Wait()
			killers.Wait()
			for {
				err := m.Write(t.Context(), func(ctx context.Context) error { return insert(ctx, m.DB, "end") })
				if err == nil {
					break
				}
			}
			last := int64(0)
			if err := m.raw.QueryRow("SELECT id FROM tags WHERE name = 'end'").Scan(&last); err != nil {
				t.Fatal(err)
			}
			names := map[int64]string{}
			for _, line := range m.lines(t, "SELECT id, name FROM tags") {
				var id int64
				var name string
				fmt.Sscan(line, &id, &name) //nolint:errcheck // they are these
				names[id] = name
			}
			var told [][]string
			for _, f := range followers {
				var order []string
				for done := false; !done; {
					sets, err := f.Next(t.Context(), f.at)
					if err != nil {
						t.Fatal(err)
					}
					for _, set := range sets {
						if set.Cursor.Position != f.at.Position+1 {
							t.Fatalf("behind %d comes %d", f.at.Position, set.Cursor.Position)
						}
						f.at = set.Cursor
						var parts []string
						for _, c := range set.Changes {
							parts = append(parts, names[c.Keys[0]])
							done = done || c.Keys[0] == last
						}
						order = append(order, strings.Join(parts, " "))
					}
				}
				told = append(told, order)
			}
			if !slices.Equal(told[0], told[1]) {
				t.Error("two followers were told different things")
			}
			seen := map[string]bool{}
			for _, set := range told[0] {
				parts := strings.Fields(set)
				if strings.HasPrefix(set, "late") || set == "end" {
					continue
				}
				name := parts[0][:strings.LastIndexByte(parts[0], '-')]
				i, _ := strconv.Atoi(name[strings.IndexByte(name, '-')+1:])
				if len(parts) != 1+i%3 {
					t.Errorf("a transaction of %d is told as %q", 1+i%3, set)
				}
				if seen[name] {
					t.Errorf("%s is told twice", name)
				}
				if seen[name] = true; !acknowledged[name] && !uncertain[name] {
					t.Errorf("%s is told and was not written", name)
				}
			}
			for name := range acknowledged {
				if !seen[name] {
					t.Errorf("%s is not told", name)
				}
			}
			t.Logf("%d transactions, %d uncertain", len(acknowledged), len(uncertain))
			// From the beginning, on an instance that has nothing in memory.
			if again, err := db.Open(t.Context(), m.url, orm.Options{}); err != nil {
				t.Error(err)
			} else {
				defer again.Close()
				if got := follow(t, again); got.at != followers[0].at {
					t.Errorf("the end is %v and %v", got.at, followers[0].at)
				}
			}
		})
	}
}

// Who follows goes on at a standby that has everything, and begins anew at one that lost what they were told of.
func TestChangesAfterAFailover(t *testing.T) {
	primary, standby := dbtest.Pair(t)
	first := openMigrated(t, primary)
	tag := func(database *db.DB, name string) {
		t.Helper()
		err := database.Write(t.Context(), func(ctx context.Context) error {
			_, err := database.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", name, database.Now(), database.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f := follow(t, first)
	for i := range 3 {
		tag(first, fmt.Sprint("kept", i))
	}
	f.next(t, orm.Viewer{})
	kept := f.at
	dbtest.CaughtUp(t, primary, standby)
	raw, err := sql.Open("postgres", standby)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	sender, err := sql.Open("postgres", primary)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	// A standby that has failed to follow twice waits for seconds before it tries again.
	for end, receiving := time.Now().Add(500*time.Millisecond), true; receiving || time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := sender.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_replication"); err != nil {
			t.Fatal(err)
		}
		if err := raw.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)").Scan(&receiving); err != nil {
			t.Fatal(err)
		}
		if time.Since(end) > 30*time.Second {
			t.Fatal("the standby follows still")
		}
	}
	for i := range 3 {
		tag(first, fmt.Sprint("lost", i))
	}
	for range 5 {
		f.next(t, orm.Viewer{})
	}
	lost := f.at
	if _, err := raw.Exec("SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	second, err := db.Open(t.Context(), standby, orm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for i := range 5 { // beyond where the lost ones were
		tag(second, fmt.Sprint("after", i))
	}
	g := follow(t, second)
	g.at = kept
	for i := range 7 {
		if got := g.next(t, orm.Viewer{}); !strings.HasPrefix(got, "CREATED Tag ") {
			t.Errorf("%d behind the cursor comes %s", i, got)
		}
	}
	g.at = lost
	if got := g.next(t, orm.Viewer{}); got != string(orm.Resync) {
		t.Errorf("behind what was lost comes %s", got)
	}
}

var manyRows = flag.Int("rows", 30_000, "how many rows TestManyRowsAreToldInParts writes in one transaction: so many tens of thousands")

// A transaction of very many rows is told in parts, the same everywhere, and from between two of them as from between two
// transactions: nobody has to hold all of it. One of a few hundred is told whole.
func TestManyRowsAreToldInParts(t *testing.T) {
	for name, text := range map[string]string{
		"sqlite":   "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < %d) INSERT INTO tags (name, created_at, updated_at) SELECT '%s' || n, '2026-01-01', '2026-01-01' FROM g",
		"postgres": "INSERT INTO tags (name, created_at, updated_at) SELECT '%[2]s' || n, now(), now() FROM generate_series(1, %[1]d) AS n",
	} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			f := follow(t, m.DB)
			begin := f.at
			for _, n := range []int{500, *manyRows, 1000, 1} {
				err := m.Write(t.Context(), func(ctx context.Context) error {
					_, err := m.Exec(ctx, "test", fmt.Sprintf(text, n, fmt.Sprint("n", n, "-")))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			// All that comes, by whole answers or each part as if one had come back with its cursor.
			all := func(database *db.DB, step bool) (told []string) {
				f := &following{database, begin}
				next := int64(1)
				for next <= int64(*manyRows)+1501 {
					sets, err := f.Next(t.Context(), f.at)
					if err != nil {
						t.Fatal(err)
					}
					if step {
						sets = sets[:1]
					}
					for _, set := range sets {
						if set.Cursor.Position != f.at.Position && f.at.Within() || set.Cursor.Position == f.at.Position && !f.at.Within() {
							t.Fatalf("behind %+v comes %+v", f.at, set.Cursor)
						}
						for _, c := range set.Changes {
							if c.Keys[0] != next || c.Verb != orm.RowCreated {
								t.Fatalf("%s of %d, not of %d", c.Verb, c.Keys[0], next)
							}
							next++
						}
						var ok bool
						if f.at, ok = orm.ParseCursor(set.Cursor.String()); !ok || f.at != set.Cursor {
							t.Fatalf("%+v is read as %+v", set.Cursor, f.at)
						}
						told = append(told, fmt.Sprint(f.at, len(set.Changes), f.at.Within()))
					}
				}
				return told
			}
			told := all(m.DB, false)
			parts := *manyRows / 10_000
			if len(told) != 1+parts+1+1 || !strings.HasSuffix(told[0], " 500 false") || !strings.HasSuffix(told[1], " 10000 true") || !strings.HasSuffix(told[parts], " 10000 false") {
				t.Fatalf("it is told as %d: %v", len(told), told)
			}
			other, err := db.Open(t.Context(), m.url, orm.Options{}) // which has nothing of it in memory
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			follow(t, other)
			if got := all(other, true); !slices.Equal(got, told) {
				t.Errorf("elsewhere it is told as %v, not %v", got, told)
			}
			if got := all(m.DB, true); !slices.Equal(got, told) {
				t.Errorf("again it is told as %v, not %v", got, told)
			}
			f.at, _ = orm.ParseCursor(strings.Fields(told[parts-1])[0])
			m.forget(t, begin.Position+2)
			if got := (&following{other, f.at}).next(t, orm.Viewer{}); got != string(orm.Resync) {
				t.Errorf("within what was removed comes %.100s", got)
			}
		})
	}
}

// However many are behind and read what is not in memory any more, they take turns: the connections are there for others.
func TestWhoIsBehindTakesTurns(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			begin := follow(t, m.DB).at
			const n = 2000
			for i := range n / 100 {
				err := m.Write(t.Context(), func(ctx context.Context) error {
					for j := range 100 {
						if _, err := m.Exec(ctx, "test", "INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", fmt.Sprint(i, "-", j), m.Now(), m.Now()); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			other, err := db.Open(t.Context(), m.url, orm.Options{}) // which has nothing of it in memory
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			follow(t, other)
			done := make(chan struct{})
			most := 0
			var watching, behind sync.WaitGroup
			watching.Go(func() {
				for {
					select {
					case <-done:
						return
					case <-time.After(100 * time.Microsecond):
					}
					pools := other.Pools()
					most = max(most, pools[len(pools)-1].InUse)
				}
			})
			for range 20 {
				behind.Go(func() {
					f := &following{other, begin}
					for told := 0; told < n; {
						sets, err := f.Next(t.Context(), f.at)
						if err != nil {
							t.Error(err)
							return
						}
						for _, set := range sets {
							told += len(set.Changes)
							f.at = set.Cursor
						}
					}
				})
			}
			behind.Wait()
			close(done)
			watching.Wait()
			if most > 3 || most == 0 { // two, and who reads for all
				t.Errorf("%d connections are in use", most)
			}
		})
	}
}
