package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/migrations"
)

// searchedTables are the names of the tables with an index of words, as alternatives.
var searchedTables = func() string {
	var names []string
	for _, t := range db.Model.Searched() {
		names = append(names, t.Name)
	}
	return strings.Join(names, "|")
}()

// oneSided are what one database has and the other does without, on purpose: the two ways of searching, and indexes of
// folded texts, which SQLite would be locked out of by every other program.
var oneSided = []*regexp.Regexp{
	regexp.MustCompile(`^index \w+_fold_idx `),
	regexp.MustCompile(`^index \w+_trgm_idx `),
	regexp.MustCompile(`^index (` + searchedTables + `)_search_idx `),
	regexp.MustCompile(`^column (` + searchedTables + `)\.search `),
	// SQLite has one transaction at a time, and what it has recorded ends with its position.
	regexp.MustCompile(`^column changes\.(xid|mark|at) `),
	regexp.MustCompile(`^column change_head\.(position|mark|next|seen) `),
	regexp.MustCompile(`^(column|unique) change_positions\b`),
	regexp.MustCompile(`^index changes_xid_idx `),
	regexp.MustCompile(`^unique changes id`),
	// Made beside the migrations, where tables are distributed over nodes; and the engine's own.
	regexp.MustCompile(`^(column|unique|index) changes_on_nodes\b`),
	regexp.MustCompile(`^reference pg_dist_\w+\.`),
}

// migrated is a migrated database, with a way around db.
type migrated struct {
	*db.DB
	raw *sql.DB
	url string
}

func migrateNew(t *testing.T, name string) migrated {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kith.db")
	address, driver, source := "sqlite:"+path, "sqlite", path
	if name == "postgres" {
		address = dbtest.Postgres(t)
		driver, source = "postgres", address
	}
	m := migrated{url: address}
	var err error
	if m.DB, err = db.Open(t.Context(), address, orm.Options{}); err != nil {
		t.Fatal(err)
	}
	if m.raw, err = sql.Open(driver, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.raw.Close(), m.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := m.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m
}

// lines are the rows of a query, their columns between spaces.
func (m migrated) lines(t *testing.T, query string) []string {
	t.Helper()
	rows, err := m.raw.Query(query)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, v := range values {
			words = append(words, v.String)
		}
		out = append(out, strings.Join(words, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

const sqliteTables = `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'goose_db_version'`

// schemas are what a database's schema is, a sentence each, in the same words for both.
var schemas = map[string][]string{
	"sqlite": {
		`SELECT 'column', t.name || '.' || c.name, lower(c.type), CASE WHEN c."notnull" OR c.pk THEN 'required' END,
			CASE WHEN c.dflt_value IS NOT NULL THEN 'default ' || lower(c.dflt_value) END
			FROM (` + sqliteTables + `) AS t, pragma_table_xinfo(t.name) AS c WHERE c.hidden = 0`,
		`SELECT 'unique', t.name, (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
			FROM (` + sqliteTables + `) AS t, pragma_index_list(t.name) AS i WHERE i.origin <> 'c'`,
		`SELECT 'unique', t.name, c.name FROM (` + sqliteTables + `) AS t, pragma_table_xinfo(t.name) AS c WHERE c.pk AND c.type = 'INTEGER'`,
		`SELECT 'index', i.name, t.name, CASE WHEN i."unique" THEN 'unique' END, (SELECT group_concat(coalesce(name, 'expression')) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
			FROM (` + sqliteTables + `) AS t, pragma_index_list(t.name) AS i WHERE i.origin = 'c'`,
		`SELECT 'reference', t.name || '.' || f."from", f."table" || '.' || f."to", lower(f.on_delete) FROM (` + sqliteTables + `) AS t, pragma_foreign_key_list(t.name) AS f`,
	},
	"postgres": {
		`SELECT 'column', c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'required' END,
			CASE WHEN d.adbin IS NOT NULL THEN 'default ' || lower(pg_get_expr(d.adbin, d.adrelid)) END
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'goose_db_version'`,
		`SELECT 'unique', c.relname, (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(n.conkey) WITH ORDINALITY AS k(num, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num)
			FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE n.contype IN ('p', 'u') AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'goose_db_version'`,
		`SELECT 'index', i.relname, c.relname, CASE WHEN x.indisunique THEN 'unique' END, (SELECT string_agg(coalesce(a.attname, 'expression'), ',' ORDER BY k.place) FROM unnest(x.indkey) WITH ORDINALITY AS k(num, place) LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num)
			FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
			WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'goose_db_version' AND NOT EXISTS (SELECT 1 FROM pg_constraint n WHERE n.conindid = i.oid AND n.contype IN ('p', 'u'))`,
		`SELECT 'reference', c.relname || '.' || a.attname, o.relname || '.' || b.attname, CASE n.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' END
			FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid JOIN pg_class o ON o.oid = n.confrelid
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.conkey[1] JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = n.confkey[1] WHERE n.contype = 'f'`,
	},
}

// spellings are the names that one thing has in the two databases.
var spellings = strings.NewReplacer(" integer ", " bigint ", "timestamp without time zone", "timestamp", "''::text", "''")

func (m migrated) schema(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, query := range schemas[m.Name()] {
		for _, line := range m.lines(t, query) {
			line = strings.TrimSpace(spellings.Replace(line))
			if !slices.ContainsFunc(oneSided, func(r *regexp.Regexp) bool { return r.MatchString(line + " ") }) {
				out = append(out, line)
			}
		}
	}
	slices.Sort(out)
	return out
}

// The migrations make the same tables on both databases: columns with their types and defaults, what is unique, what
// refers to what and goes with it, and the indexes.
func TestSchemasAgree(t *testing.T) {
	schemas := map[string][]string{}
	for _, name := range []string{"sqlite", "postgres"} {
		m := migrateNew(t, name)
		schemas[name] = m.schema(t)
		if name == "postgres" && inParts() { // keys of what is in parts begin with another column
			for name, schema := range schemas {
				schemas[name] = slices.DeleteFunc(schema, ofParts.MatchString)
			}
			continue
		}
		checkReferences(t, name, schemas[name])
	}
	for _, line := range schemas["sqlite"] {
		if !slices.Contains(schemas["postgres"], line) {
			t.Errorf("only SQLite has: %s", line)
		}
	}
	for _, line := range schemas["postgres"] {
		if !slices.Contains(schemas["sqlite"], line) {
			t.Errorf("only PostgreSQL has: %s", line)
		}
	}
	for kind, least := range map[string]int{"column": 40, "unique": 10, "index": 20, "reference": 6} {
		n := 0
		for _, line := range schemas["sqlite"] {
			if strings.HasPrefix(line, kind+" ") {
				n++
			}
		}
		if n < least {
			t.Errorf("only %d of %s were found: a comparison of nothing always holds", n, kind)
		}
	}
}

// ofParts finds what is said of the tables that are distributed.
var ofParts = regexp.MustCompile(`\bpost(s|_tags)\b`)

// checkReferences holds the foreign keys against the relations page, and demands an index that begins with each.
func checkReferences(t *testing.T, name string, schema []string) {
	t.Helper()
	indexed := map[string]bool{}
	actions := map[string]string{}
	for _, line := range schema {
		words := strings.Fields(line)
		switch words[0] {
		case "unique":
			first, _, _ := strings.Cut(words[2], ",")
			indexed[words[1]+"."+first] = true
		case "index":
			first, _, _ := strings.Cut(words[len(words)-1], ",")
			indexed[words[2]+"."+first] = true
		case "reference":
			actions[words[1]] = words[2] + " " + strings.Join(words[3:], " ")
		}
	}
	for column := range actions {
		if !indexed[column] {
			t.Errorf("%s: no index begins with %s, which refers to %s", name, column, actions[column])
		}
	}
	for _, table := range db.Model.Tables() {
		for _, r := range table.Relations {
			wanted := map[string]string{}
			switch {
			case r.Theirs != nil && r.Theirs.Nullable:
				wanted[r.To.Name+"."+r.Theirs.Name] = table.Name + ".id set null"
			case r.Theirs != nil:
				wanted[r.To.Name+"."+r.Theirs.Name] = table.Name + ".id cascade"
			case r.Link != nil:
				wanted[r.Link.Table+"."+r.Link.From] = table.Name + ".id cascade"
			}
			for column, want := range wanted {
				if actions[column] != want {
					t.Errorf("%s: %s refers to %q, and %s wants %q", name, column, actions[column], r.Coordinate(), want)
				}
			}
		}
		for _, c := range table.Columns {
			line := fmt.Sprintf("unique %s %s", table.Name, c.Name)
			if c.Unique != slices.Contains(schema, line) {
				t.Errorf("%s: that %s.%s is unique: the page says %v, the database %v", name, table.Name, c.Name, c.Unique, !c.Unique)
			}
			required := slices.ContainsFunc(schema, func(line string) bool {
				return strings.HasPrefix(line, "column "+table.Name+"."+c.Name+" ") && strings.Contains(line, " required")
			})
			if required == c.Nullable {
				t.Errorf("%s: that %s.%s may be null: the page says %v, the database %v", name, table.Name, c.Name, c.Nullable, !required)
			}
		}
	}
}

// Texts compare by code point on both databases, whatever the server's locale.
func TestTextsCompareByCodePoint(t *testing.T) {
	m := migrateNew(t, "postgres")
	for _, table := range db.Model.Tables() {
		for _, c := range table.Columns {
			if c.Kind != orm.Text {
				continue
			}
			collation := m.lines(t, fmt.Sprintf(`SELECT collation_name FROM information_schema.columns WHERE table_name = '%s' AND column_name = '%s'`, table.Name, c.Name))
			if !slices.Equal(collation, []string{"C"}) {
				t.Errorf("%s.%s has the collation %q", table.Name, c.Name, collation)
			}
		}
	}
}

// What the migrations make they take away again, and make once more.
func TestMigrationsGoBack(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			before := m.schema(t)
			dialect, others := goose.DialectSQLite3, "*.postgres.sql"
			if name == "postgres" {
				dialect, others = goose.DialectPostgres, "*.sqlite.sql"
			}
			excluded, err := fs.Glob(migrations.Files, others)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := goose.NewProvider(dialect, m.raw, migrations.Files, goose.WithExcludeNames(excluded))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := provider.DownTo(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if left := m.schema(t); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if err := m.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after := m.schema(t); !slices.Equal(before, after) {
				t.Errorf("made again it is\n%q\nand not\n%q", after, before)
			}
		})
	}
}

// A program does not touch a database that a newer one has migrated.
func TestNewerDatabaseIsRefused(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			m := migrateNew(t, name)
			if pending, err := m.Pending(t.Context()); pending != 0 || err != nil {
				t.Fatalf("after migrating %d are pending, error %v", pending, err)
			}
			if _, err := m.raw.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`); err != nil {
				t.Fatal(err)
			}
			_, pending := m.Pending(t.Context())
			_, status := m.Migrations(t.Context())
			for what, err := range map[string]error{"Migrate": m.Migrate(t.Context()), "Pending": pending, "Migrations": status} {
				if !errors.Is(err, orm.ErrNewer) {
					t.Errorf("%s answers %v", what, err)
				}
			}
		})
	}
}
