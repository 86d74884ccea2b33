package graph_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/graph"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

// A golden case is three files in testdata/<noun>: a question, the answer, and the statements it takes. The question is
// asked on both databases, by plan and by resolvers: the answer is the same to the byte. Comments at its head say what it
// shows, and
//
//	# as: ada                a username, anonymous, or admin, which is the default
//	# variables: {"a": 1}    what is sent with it
//	# header: Name: value
//
// A document of several operations is sent once for each of them, in their order.
type goldenCase struct {
	name       string
	document   string
	as         string
	header     http.Header
	variables  map[string]any
	operations []goldenOperation
}

type goldenOperation struct {
	name     string
	mutation bool
	dryRun   bool
}

func readCase(t *testing.T, path string) *goldenCase {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &goldenCase{name: strings.TrimSuffix(path, ".graphql"), document: string(text), as: "admin", header: http.Header{}}
	described := false
	for line := range strings.Lines(c.document) {
		line, isComment := strings.CutPrefix(line, "#")
		if !isComment {
			break
		}
		directive, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch directive {
		case "as":
			c.as = value
		case "variables":
			if err := json.Unmarshal([]byte(value), &c.variables); err != nil {
				t.Fatalf("%s: variables: %v", path, err)
			}
		case "header":
			name, value, _ := strings.Cut(value, ": ")
			c.header.Add(name, value)
		default:
			described = true
		}
	}
	if !described {
		t.Errorf("%s does not say what it shows", path)
	}
	c.operations = []goldenOperation{{}}
	document, err := parser.ParseQuery(&ast.Source{Input: c.document})
	if err == nil {
		c.operations = nil
		for _, o := range document.Operations {
			operation := goldenOperation{mutation: o.Operation == ast.Mutation, dryRun: c.dry(o.Directives.ForName("dryRun"))}
			if len(document.Operations) > 1 {
				operation.name = o.Name
			}
			c.operations = append(c.operations, operation)
		}
	}
	return c
}

func (c *goldenCase) dry(directive *ast.Directive) bool {
	if directive == nil || directive.Arguments.ForName("if") == nil {
		return directive != nil
	}
	on, err := directive.Arguments.ForName("if").Value.Value(c.variables)
	return err == nil && on == true
}

func (c *goldenCase) mutates() bool {
	return slices.ContainsFunc(c.operations, func(o goldenOperation) bool { return o.mutation })
}

// A goldenAnswer is what one operation of a case came to.
type goldenAnswer struct {
	status     int
	body       []byte
	statements []*orm.Statement
}

// TestGolden holds every case's answer and statements against its files.
func TestGolden(t *testing.T) {
	sources := map[string]*goldenSource{}
	for _, database := range databases {
		sources[database] = newGoldenSource(t, database)
	}
	var paths []string
	err := filepath.WalkDir("testdata", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".graphql") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		c := readCase(t, path)
		t.Run(strings.TrimPrefix(filepath.ToSlash(c.name), "testdata/"), func(t *testing.T) {
			t.Parallel()
			planned, resolved := map[string][]goldenAnswer{}, map[string][]goldenAnswer{}
			for _, database := range databases {
				source := sources[database]
				planned[database], resolved[database] = source.run(t, c, true), source.run(t, c, false)
			}
			compareGolden(t, c, planned, resolved)
		})
	}
}

// compareGolden holds the answers of both ways on both databases against each other and against the case's files.
func compareGolden(t *testing.T, c *goldenCase, planned, resolved map[string][]goldenAnswer) {
	t.Helper()
	ofEngine := distributed() || dbtest.OnCitus() // as statements are then
	reference := planned[databases[0]]
	for _, database := range databases {
		for way, answers := range map[string][]goldenAnswer{"planned": planned[database], "resolved": resolved[database]} {
			for i, a := range answers {
				a.body, answers[i].body = plainIDs(a.body), plainIDs(a.body)
				if a.status != reference[i].status || !bytes.Equal(a.body, plainIDs(reference[i].body)) {
					t.Errorf("%s, %s answers status %d and\n%s\nbut %s, planned answers status %d and\n%s",
						database, way, a.status, a.body, databases[0], reference[i].status, reference[i].body)
				}
			}
		}
	}
	if t.Failed() {
		return
	}
	var answer, statements bytes.Buffer
	for i, o := range c.operations {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, reference[i].body, "", "  "); err != nil {
			t.Fatalf("%v: %s", err, reference[i].body)
		}
		text := pretty.String()
		if status := reference[i].status; status != http.StatusOK {
			text = fmt.Sprintf("{\n  \"status\": %d,\n  \"answer\": %s\n}", status, strings.ReplaceAll(text, "\n", "\n  "))
		}
		if o.name != "" {
			fmt.Fprintf(&answer, "%s  %q: %s", [2]string{",\n", "{\n"}[btoi(i == 0)], o.name, strings.ReplaceAll(text, "\n", "\n  "))
			fmt.Fprintf(&statements, "%s-- operation %s\n", [2]string{"\n", ""}[btoi(i == 0)], o.name)
		} else {
			answer.WriteString(text)
		}
		if !ofEngine {
			writeStatements(t, &statements, o, planned, resolved, i)
		}
	}
	if c.operations[0].name != "" {
		answer.WriteString("\n}")
	}
	answer.WriteString("\n")
	checkGolden(t, c.name+".json", answer.Bytes())
	if ofEngine {
		return
	}
	// A search over everything asks tables that have no cases as well.
	if filepath.Base(filepath.Dir(c.name)) != "search" || !slices.ContainsFunc(db.Model.Searched(), func(table *orm.Table) bool { return withoutCases().MatchString(table.Name) }) {
		checkGolden(t, c.name+".sql", statements.Bytes())
	}
}

// writeStatements writes the planned way's statements, and how many the resolvers take.
func writeStatements(t *testing.T, out *bytes.Buffer, o goldenOperation, planned, resolved map[string][]goldenAnswer, i int) {
	t.Helper()
	ours := inOrder(planned["sqlite"][i].statements, o)
	locks, others := withoutLocks(inOrder(planned["postgres"][i].statements, o))
	resolvedLocks, resolvedOthers := withoutLocks(resolved["postgres"][i].statements)
	if len(ours) < len(others) || len(resolved["sqlite"][i].statements) != len(resolvedOthers) || len(locks) != len(resolvedLocks) {
		t.Errorf("SQLite takes %d statements planned and %d resolved, PostgreSQL %d and %d, besides %d and %d locks", len(ours), len(resolved["sqlite"][i].statements),
			len(others), len(resolvedOthers), len(locks), len(resolvedLocks))
		return
	}
	for _, s := range locks {
		fmt.Fprintf(out, "-- %s\n-- postgres alone\n%s\n\n", s.Path, s.Text)
	}
	count := strconv.Itoa(len(ours))
	if len(others) != len(ours) {
		count += fmt.Sprintf(" (%d on postgres)", len(others))
	}
	for _, s := range ours {
		switch {
		case len(others) > 0 && s.Path == others[0].Path && s.Text == others[0].Text:
			fmt.Fprintf(out, "-- %s\n%s\n\n", s.Path, s.Text)
		case len(others) > 0 && s.Path == others[0].Path:
			fmt.Fprintf(out, "-- %s\n-- sqlite\n%s\n-- postgres\n%s\n\n", s.Path, s.Text, others[0].Text)
		default: // what was written answers on PostgreSQL
			fmt.Fprintf(out, "-- %s\n-- sqlite alone\n%s\n\n", s.Path, s.Text)
			continue
		}
		others = others[1:]
	}
	if len(others) > 0 {
		t.Errorf("PostgreSQL takes %s, SQLite does not", others[0].Path)
	}
	fmt.Fprintf(out, "-- %s planned, %d resolved\n", count, len(resolved["sqlite"][i].statements))
}

// withoutLocks parts the statements that lock rows, which SQLite has no need of, from the others.
func withoutLocks(statements []*orm.Statement) (locks, others []*orm.Statement) {
	for _, s := range statements {
		if strings.HasPrefix(s.Path, "lock ") {
			locks = append(locks, s)
		} else {
			others = append(others, s)
		}
	}
	return locks, others
}

// inOrder gives statements that ran side by side the order of their paths: those of different root fields of a query, and
// what the payloads of a mutation read between its writes.
func inOrder(statements []*orm.Statement, o goldenOperation) []*orm.Statement {
	out := slices.Clone(statements)
	root := func(s *orm.Statement) string {
		name, _, _ := strings.Cut(s.Path, ".")
		return name
	}
	if !o.mutation {
		slices.SortStableFunc(out, func(a, b *orm.Statement) int { return strings.Compare(root(a), root(b)) })
		return out
	}
	reads := func(s *orm.Statement) bool {
		return strings.HasPrefix(s.Text, "SELECT") && s.Path != "" && s.Path[0] >= 'a' && !strings.HasPrefix(s.Path, "lock ")
	}
	for i := 0; i < len(out); i++ {
		j := i
		for j < len(out) && reads(out[j]) {
			j++
		}
		slices.SortStableFunc(out[i:j], func(a, b *orm.Statement) int { return strings.Compare(a.Path, b.Path) })
		i = j
	}
	return out
}

func checkGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make golden writes it)", err)
	}
	if withoutCases().NumSubexp() > 0 { // what is locked follows from all that may hang on a row
		locks := regexp.MustCompile(`(?m)^-- lock .*\n-- postgres alone\n.*\n\n`)
		got, want = locks.ReplaceAll(got, nil), locks.ReplaceAll(want, nil)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed: %s\n%s", path, firstDifference(string(got), string(want)), got)
	}
}

// A goldenSource hands out databases with the small graph of the golden cases.
type goldenSource struct {
	shared *goldenDatabase      // for cases that only read
	own    chan *goldenDatabase // for those that write; one is put back as it was
}

// A goldenDatabase is one of them, behind both doors.
type goldenDatabase struct {
	*fixture
	viewers map[string]orm.Viewer
	reset   func(t *testing.T)
}

type goldenRecorder struct {
	mu         sync.Mutex
	statements []*orm.Statement
}

type goldenKey struct{}

// recordGolden notes a statement with the operation that it was sent for. Statements about tables that have no cases are left
// out: whoever declares a table need not write the others' cases anew because their rows have more to delete.
func recordGolden(ctx context.Context, s *orm.Statement) {
	if r, ok := ctx.Value(goldenKey{}).(*goldenRecorder); ok && !withoutCases().MatchString(s.Text) {
		r.mu.Lock()
		r.statements = append(r.statements, s)
		r.mu.Unlock()
	}
}

// withoutCases finds the names of tables, and of links to them, that have no directory of cases.
var withoutCases = sync.OnceValue(func() *regexp.Regexp {
	names := []string{`[^\s\S]`} // which is nowhere
	for _, table := range db.Model.Tables() {
		if _, err := os.Stat(filepath.Join("testdata", strings.ToLower(table.Type))); err == nil {
			continue
		}
		names = append(names, `\b(`+table.Name+`)\b`)
		for _, r := range table.Relations {
			if r.Link != nil {
				names = append(names, `\b`+r.Link.Table+`\b`)
			}
		}
	}
	return regexp.MustCompile(strings.Join(names, "|"))
})

func newGoldenSource(t *testing.T, database string) *goldenSource {
	t.Helper()
	const writers = 2
	s := &goldenSource{shared: newGoldenDatabase(t, database), own: make(chan *goldenDatabase, writers)}
	for range writers {
		s.own <- newGoldenDatabase(t, database)
	}
	return s
}

func newGoldenDatabase(t *testing.T, database string) *goldenDatabase {
	t.Helper()
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	if database == "postgres" {
		address = dbtest.Postgres(t)
	}
	now := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)}
	opened, err := db.Open(t.Context(), address, orm.Options{Clock: now.Now, Observe: recordGolden})
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
	fillSmall(t, opened, now)
	options := graph.Options{DB: opened, Introspection: true}
	d := &goldenDatabase{fixture: &fixture{DB: opened, Clock: now}, viewers: map[string]orm.Viewer{"admin": {Admin: true}, "anonymous": {}}}
	d.Resolved = graph.New(options)
	options.Plan = true
	d.Planned = graph.New(options)
	for _, user := range readWorld(t, opened).rows[db.Users.Table] {
		d.viewers[user.values["username"].(string)] = orm.Viewer{Key: user.key()}
	}
	d.reset = keepTables(t, database, address)
	return d
}

// keepTables copies all tables aside and answers what puts the copies back, counters included.
func keepTables(t *testing.T, database, address string) func(t *testing.T) {
	t.Helper()
	names, columns, counters := `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT IN ('sqlite_schema', 'changes', 'change_head')`,
		`SELECT group_concat(name) FROM pragma_table_xinfo(?) WHERE hidden = 0`, ""
	kept := "kept_"
	if database == "postgres" {
		names = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('changes', 'change_positions', 'change_head')
			ORDER BY (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = tablename::regclass)` // of several nodes not all forget about foreign keys
		columns = `SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`
		counters = `SELECT format('SELECT setval(%L, %s, %L);', schemaname||'.'||sequencename, coalesce(last_value, 1), last_value IS NOT NULL) FROM pg_sequences WHERE schemaname = 'public' AND sequencename <> 'changes_id_seq'`
		kept = "kept."
	} else {
		address = strings.TrimPrefix(address, "sqlite:")
	}
	pool, err := sql.Open(database, address)
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	list := func(query string, args ...any) (out []string) {
		rows, err := pool.Query(query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		return out
	}
	execute := func(t *testing.T, script string) {
		t.Helper()
		if _, err := pool.Exec(script); err != nil {
			t.Fatalf("%v: %s", err, script)
		}
	}
	var empty, fill strings.Builder
	if database == "postgres" {
		execute(t, "CREATE SCHEMA kept; SET session_replication_role = replica")
	} else {
		execute(t, "PRAGMA foreign_keys = 0; PRAGMA busy_timeout = 5000")
	}
	for _, table := range list(names) {
		columns := list(columns, table)[0]
		execute(t, fmt.Sprintf("CREATE TABLE %s%s AS SELECT %s FROM %s", kept, table, columns, table))
		fmt.Fprintf(&empty, "DELETE FROM %s;", table)
		overriding := ""
		if database == "postgres" {
			overriding = "OVERRIDING SYSTEM VALUE "
		}
		fmt.Fprintf(&fill, "INSERT INTO %s (%s) %sSELECT %s FROM %s%s;", table, columns, overriding, columns, kept, table)
	}
	script := "BEGIN;" + empty.String() + fill.String()
	if counters != "" {
		script += strings.Join(list(counters), "")
	}
	return func(t *testing.T) {
		t.Helper()
		execute(t, script+"COMMIT")
	}
}

// run asks a case's operations on a database of the source.
func (s *goldenSource) run(t *testing.T, c *goldenCase, planned bool) []goldenAnswer {
	t.Helper()
	if !c.mutates() {
		return s.shared.run(t, c, planned)
	}
	d := <-s.own
	defer func() { s.own <- d }()
	d.Clock.Add(time.Date(2026, 6, 7, 8, 9, 10, 0, time.UTC).Sub(d.Clock.Now()))
	answers := d.run(t, c, planned)
	d.reset(t)
	return answers
}

// run asks a case's operations, in turn. What is not committed must leave no trace.
func (d *goldenDatabase) run(t *testing.T, c *goldenCase, planned bool) []goldenAnswer {
	t.Helper()
	viewer, ok := d.viewers[c.as]
	if !ok {
		t.Fatalf("as: there is no user %s", c.as)
	}
	door := d.Resolved
	if planned {
		door = d.Planned
	}
	var answers []goldenAnswer
	for _, o := range c.operations {
		body, err := json.Marshal(map[string]any{"query": c.document, "variables": c.variables, "operationName": o.name})
		if err != nil {
			t.Fatal(err)
		}
		var before string
		if o.mutation {
			before = strings.Join(dumpWorld(readWorld(t, d.DB)), "\n")
		}
		recorder := &goldenRecorder{}
		ctx := context.WithValue(orm.WithViewer(t.Context(), viewer), goldenKey{}, recorder)
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)).WithContext(ctx)
		r.Header = c.header.Clone()
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/graphql-response+json")
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		answers = append(answers, goldenAnswer{w.Code, bytes.TrimSpace(w.Body.Bytes()), recorder.statements})
		if o.mutation {
			after := strings.Join(dumpWorld(readWorld(t, d.DB)), "\n")
			if (o.dryRun || failed(w.Body.Bytes())) && before != after {
				t.Errorf("%s on %s was not to write; before\n%s\nand after\n%s", o.name, d.DB.Name(), before, after)
			}
			d.Clock.Add(time.Second)
		}
	}
	return answers
}

// failed tells whether an answer to a mutation has errors of either kind.
func failed(answer []byte) bool {
	var parsed struct {
		Errors []any
		Data   map[string]any
	}
	if json.Unmarshal(answer, &parsed) != nil || len(parsed.Errors) > 0 {
		return true
	}
	return bytes.Contains(answer, []byte(`"userErrors":[{`))
}

// fillSmall writes the graph of the golden cases: nulls, ties in names and times, letters beyond ASCII, relations with
// nothing at the other end.
func fillSmall(t *testing.T, d *db.DB, now *clock) {
	t.Helper()
	ctx := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
	write := func(what func(ctx context.Context) ([]orm.Fault, error)) {
		t.Helper()
		var faults []orm.Fault
		err := d.Write(ctx, func(ctx context.Context) (err error) {
			faults, err = what(ctx)
			return err
		})
		if err != nil || len(faults) > 0 {
			t.Fatal(faults, err)
		}
	}
	create := func(table *orm.Table, input ...orm.InputField) {
		t.Helper()
		write(func(ctx context.Context) ([]orm.Fault, error) {
			draft, faults := orm.NewDraft(table, input, []string{"input"}, true)
			if len(faults) > 0 {
				return faults, nil
			}
			_, faults, err := d.Create(ctx, draft)
			return faults, err
		})
	}
	change := func(table *orm.Table, key int64, input ...orm.InputField) {
		t.Helper()
		write(func(ctx context.Context) ([]orm.Fault, error) {
			draft, faults := orm.NewDraft(table, input, []string{"input"}, false)
			if len(faults) > 0 {
				return faults, nil
			}
			faults, _, err := d.Update(ctx, draft, key, nil)
			return faults, err
		})
	}
	is := func(name string, value any) orm.InputField { return orm.InputField{Name: name, Value: value} }
	post := func(title, content string, tags ...any) orm.Input {
		return orm.Input{is("title", title), is("content", content), is("tags", tags)}
	}

	// Ada has everything; Bob came at the same instant, with a profile that says nothing.
	create(db.Users.Table, is("username", "ada"), is("name", "Ada Lovelace"),
		is("profile", orm.Input{is("fullName", "Augusta Ada King"), is("bio", "Notes on the “Analytical Engine”.\nG is the longest.")}),
		is("address", orm.Input{is("emailAddress", "ada@example.com")}),
		is("posts", []any{
			post("Note A", "The science of operations.", "engine", "mathematics"),
			post("Note G", "Bernoulli numbers.", "engine", "mathematics", "計算"),
			post("A reply", "<b>No</b> & \"yes\" \\ \t."),
			post("Note A", "The same title again.", "engine"),
		}))
	create(db.Users.Table, is("username", "bob"),
		is("profile", orm.Input{}),
		is("posts", []any{post("first", "Untagged.")}))
	now.Add(time.Second)
	create(db.Users.Table, is("username", "cléo"), is("name", "Cléo 日本 😀"),
		is("address", orm.Input{is("emailAddress", "cleo@example.com")}))
	create(db.Users.Table, is("username", "dan"), is("name", "Ada Lovelace"),
		is("profile", orm.Input{is("fullName", "Dan"), is("bio", nil)}),
		is("address", orm.Input{is("emailAddress", "ada@example.com")}),
		is("posts", []any{post("Éclair", "Short.", "計算"), post("zebra", "Stripes.", "engine")}))
	now.Add(time.Microsecond)
	create(db.Users.Table, is("username", "eve"))
	create(db.Addresses.Table, is("userId", nil), is("emailAddress", "nobody@example.com"))
	create(db.Tags.Table, is("name", "unused"))
	now.Add(time.Minute)
	change(db.Users.Table, 2, is("name", "Bob"))
	change(db.Posts.Table, 1, is("content", "The science of operations, revised."))
}
