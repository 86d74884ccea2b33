package orm

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kith/db/dbtest"
)

// orderedPage is a page of time-ordered tables: rows are made by names, alone and many at once, below others, and by upserts.
func orderedPage(m *Model) {
	type User struct {
		Row
		Name string `db:"name" rule:"1..50"`
	}
	type Note struct {
		Row
		UserKey int64  `db:"user_id"`
		Title   string `db:"title" rule:"1..50"`
	}
	type Tag struct {
		Row
		Word string `db:"word" rule:"1..20 unique"`
	}
	users := Declare[User](m, "users", OwnedBy("id"), TimeOrdered)
	notes := Declare[Note](m, "notes", TimeOrdered)
	tags := Declare[Tag](m, "tags", TimeOrdered)
	OneToMany(users, "notes", notes, "user", "user_id", Cascade)
	ManyToMany(notes, "tags", tags, "notes", "note_tags", "note_id", "tag_id")
}

// orderedModel is that page with migrations that were drafted for it.
func orderedModel(t *testing.T) *Model {
	t.Helper()
	files := functions(t)
	drafted(t, orderedPage, files, "all", false)
	return modelOf(files, orderedPage)
}

// A jumpingClock goes forward, and now and then somewhere else.
type jumpingClock struct {
	mu     sync.Mutex
	now    time.Time
	random *rand.Rand
}

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.random.IntN(40) {
	case 0:
		c.now = c.now.Add(-time.Duration(c.random.Int64N(int64(48 * time.Hour))))
	case 1:
		c.now = c.now.Add(time.Duration(c.random.Int64N(int64(48 * time.Hour))))
	case 2, 3, 4: // stands still
	default:
		c.now = c.now.Add(time.Duration(c.random.Int64N(int64(20 * time.Millisecond))))
	}
	return c.now
}

// Many processes make keys at once, whose clocks stand apart and jump. No key is made twice, and each process's grow, also when
// the database is put back to what it was, and when processes end and others begin.
func TestTimeOrderedKeys(t *testing.T) {
	model := orderedModel(t)
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "postgres": dbtest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			const processes, rounds = 6, 40
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
			var clocks []*jumpingClock
			begin := func(i int, after time.Duration) *DB {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				clock := &jumpingClock{now: start.Add(after + time.Duration(random.Int64N(int64(time.Hour)))), random: random}
				clocks = append(clocks, clock)
				d, err := Open(t.Context(), model, address, Options{Clock: clock.Now})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { d.Close() })
				return d
			}
			first := begin(0, 0)
			if err := first.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			all := map[int64]bool{}
			run := func(databases []*DB) {
				t.Helper()
				made := make([][]int64, len(databases))
				var work sync.WaitGroup
				for i, d := range databases {
					work.Go(func() {
						for round := range rounds {
							n := []int{1, 3, 100, 9000}[(i+round)%4]
							err := d.Write(t.Context(), func(context.Context) error {
								keys, err := d.newKeys(n)
								made[i] = append(made[i], keys...)
								return err
							})
							if err != nil {
								t.Errorf("process %d: %v", i, err)
							}
						}
					})
				}
				work.Wait()
				for i, keys := range made {
					if !slices.IsSorted(keys) {
						t.Errorf("the keys of process %d do not grow", i)
					}
					for _, key := range keys {
						if all[key] || key <= 0 {
							t.Fatalf("key %d is made twice", key)
						}
						all[key] = true
					}
				}
			}
			databases := []*DB{first}
			for i := 1; i < processes; i++ {
				databases = append(databases, begin(i, 0))
			}
			run(databases)
			// Some end, and others begin whose clocks have not yet come so far.
			run(append(slices.Clone(databases[:processes/2]), begin(processes, -24*time.Hour), begin(processes+1, 0)))
			// What the database knows is put back, while a process goes on and others begin, later by their clocks.
			if _, err := first.write.ExecContext(t.Context(), "UPDATE key_ranges SET ends = 0"); err != nil {
				t.Fatal(err)
			}
			later := 365 * 24 * time.Hour
			clocks[0].now = start.Add(later)
			run([]*DB{first, begin(processes+2, later), begin(processes+3, 2*later)})
		})
	}
}

// Processes that have come to the same range have different parts of it, and the keys of each grow, though their clock goes back.
func TestTimeOrderedKeysOfOneRange(t *testing.T) {
	model := orderedModel(t)
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	var databases [3]*DB
	for i := range databases {
		var err error
		if databases[i], err = Open(t.Context(), model, address, Options{Clock: func() time.Time { return now }}); err != nil {
			t.Fatal(err)
		}
		defer databases[i].Close()
		if err := databases[i].Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := databases[i].write.ExecContext(t.Context(), "DELETE FROM key_ranges WHERE number > 0"); err != nil { // all come to the one that is left
			t.Fatal(err)
		}
	}
	seen, last := map[int64]bool{}, [len(databases)]int64{}
	for step := range 20 {
		for i, d := range databases {
			if err := d.reserveKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys, err := d.newKeys(10)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				if seen[key] || key <= last[i] || key>>countBits&(keyRanges-1) != 0 {
					t.Fatalf("step %d: process %d makes %d after %d: twice, or of another range", step, i, key, last[i])
				}
				seen[key], last[i] = true, key
			}
		}
		if now = now.Add(reservedFor * time.Millisecond / 3); step%7 == 6 {
			now = now.Add(-time.Hour)
		}
	}
}

// Every way of making rows gives them such keys, in the order of the input, and pages by id show them in that order; promoting goes on above
// all of them.
func TestTimeOrderedRows(t *testing.T) {
	model := orderedModel(t)
	users, notes, tags := model.TableOf("User"), model.TableOf("Note"), model.TableOf("Tag")
	var made []*DB
	for _, name := range []string{"sqlite", "postgres"} {
		d := opened(t, name, model)
		made = append(made, d)
		ctx := WithViewer(t.Context(), Viewer{Admin: true})
		write := func(f func(ctx context.Context) ([]Fault, error)) {
			t.Helper()
			if err := d.Write(ctx, func(ctx context.Context) error {
				faults, err := f(ctx)
				if len(faults) > 0 {
					return fmt.Errorf("%v", faults)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		draft := func(table *Table, input Input) *Draft {
			made, faults := NewDraft(table, input, nil, true)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			return made
		}
		note := func(title string, words ...any) Input { return Input{{"title", title}, {"tags", words}} }
		write(func(ctx context.Context) ([]Fault, error) { // one, nested ones, names that are made with them
			_, faults, err := d.Create(ctx, draft(users, Input{{"name", "Ada"}, {"notes", []any{note("a", "x", "y"), note("b", "y", "z"), note("c")}}}))
			return faults, err
		})
		write(func(ctx context.Context) ([]Fault, error) { // many
			keys, faults, err := d.CreateMany(ctx, []*Draft{draft(users, Input{{"name", "Bob"}}), draft(users, Input{{"name", "Cleo"}}), draft(users, Input{{"name", "Dan"}})})
			if err == nil && !slices.IsSorted(keys) {
				t.Errorf("%s: keys %v", name, keys)
			}
			return faults, err
		})
		write(func(ctx context.Context) ([]Fault, error) { // many with unique values, which go in by their order
			_, faults, err := d.CreateMany(ctx, []*Draft{draft(tags, Input{{"word", "w"}}), draft(tags, Input{{"word", "b"}}), draft(tags, Input{{"word", "a"}})})
			return faults, err
		})
		write(func(ctx context.Context) ([]Fault, error) {
			u, faults, err := NewUpsert(tags, Input{{"word", "upserted"}}, nil, Input{})
			if err == nil && len(faults) == 0 {
				_, _, faults, err = d.Upsert(ctx, u)
			}
			return faults, err
		})
		for table, want := range map[*Table][]string{users: {"Ada", "Bob", "Cleo", "Dan"}, notes: {"a", "b", "c"}, tags: {"w", "b", "a", "upserted"}} {
			c := table.Columns[len(table.Columns)-4]
			var got []string
			var keys []int64
			rows, err := d.read.QueryxContext(ctx, "SELECT id, "+c.Name+" FROM "+table.Name+" ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var key int64
				var value string
				if err := rows.Scan(&key, &value); err != nil {
					t.Fatal(err)
				}
				keys, got = append(keys, key), append(got, value)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if table == tags { // x, y and z are made in any order
				slices.Sort(got[:3])
				want = append([]string{"x", "y", "z"}, want...)
			}
			if !slices.Equal(got, want) || keyTime(keys[0]) == 0 {
				t.Errorf("%s: %s by id are %v with keys %v, want %v", name, table.Name, got, keys, want)
			}
			for _, key := range keys {
				if id := GlobalID(table, key); len(id) == 0 {
					t.Error(key)
				} else if again, ok := table.ParseGlobalID(id); !ok || again != key {
					t.Errorf("%s is %d, not %d", id, again, key)
				}
			}
		}
		rowsOf, err := d.readStatistics(ctx)
		if err != nil || rowsOf.rows[users] != 4 {
			t.Errorf("%s: users are taken for %v rows, error %v", name, rowsOf.rows[users], err)
		}
	}

	// The last keys of a database whose clock was ahead are below the first ones of that which it is promoted to.
	ahead := made[0]
	ahead.options.Clock = func() time.Time { return time.Now().Add(1000 * time.Hour) }
	ctx := WithViewer(t.Context(), Viewer{Admin: true})
	create := func(d *DB, name string) (key int64) {
		t.Helper()
		if err := d.Write(ctx, func(ctx context.Context) (err error) {
			draft, _ := NewDraft(users, Input{{"name", name}}, nil, true)
			key, _, err = d.Create(ctx, draft)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return key
	}
	last := create(ahead, "Eve")
	for _, name := range []string{"sqlite", "postgres"} {
		to := opened(t, name, model)
		if _, err := ahead.Promote(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if key := create(to, "Fay"); key <= last {
			t.Errorf("%s gives %d after %d", name, key, last)
		}
	}
}

// A table becomes time-ordered over rows that have counted keys, and goes back.
func TestTimeOrderedIsDrafted(t *testing.T) {
	counted := func(m *Model) {
		type User struct {
			Row
			Name string `db:"name" rule:"1..50"`
		}
		Declare[User](m, "users", OwnedBy("id"))
	}
	ordered := func(m *Model) {
		type User struct {
			Row
			Name string `db:"name" rule:"1..50"`
		}
		Declare[User](m, "users", OwnedBy("id"), TimeOrdered)
	}
	files := functions(t)
	drafted(t, counted, files, "counted", false)
	before, err := fs.ReadDir(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	whole := fstest.MapFS{}
	for _, entry := range before {
		whole[entry.Name()] = files[entry.Name()]
	}
	drafted(t, ordered, whole, "ordered", false)
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, name, modelOf(files, counted))
			if d.distributed {
				t.Skip("the engine leaves how keys are counted in its tables as it is")
			}
			ctx := WithViewer(t.Context(), Viewer{Admin: true})
			create := func(d *DB) (key int64) {
				t.Helper()
				if err := d.Write(ctx, func(ctx context.Context) (err error) {
					draft, _ := NewDraft(d.model.TableOf("User"), Input{{"name", "x"}}, nil, true)
					key, _, err = d.Create(ctx, draft)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return key
			}
			if key := create(d); key != 1 {
				t.Errorf("the first key is %d", key)
			}
			d.model = modelOf(whole, ordered)
			d.model.agreed()
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			first, last := create(d), create(d)
			if keyTime(first) == 0 || last <= first {
				t.Errorf("the first keys are %d, %d", first, last)
			}
			differ(t, name, catalog(t, d), atOnce(t, name, ordered))
			provider, err := d.migrations()
			if err != nil {
				t.Fatal(err)
			}
			if d.loosen[0] != "" { // as migrating does
				if _, err := d.write.ExecContext(ctx, d.loosen[0]); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := provider.Down(ctx); err != nil {
				t.Fatal(err)
			}
			d.model = modelOf(files, counted)
			d.model.agreed()
			if key := create(d); key != last+1 {
				t.Errorf("back, %d comes after %d", key, last)
			}
		})
	}
}
