package orm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// What is written is recorded by triggers, which follow from the page: whatever way a row is written, by whichever
// statement or program, it is recorded in the same transaction. They are made when the database is migrated.

// recorder is what the names of triggers and of their functions begin with.
const recorder = "kith_record_"

// carrier is what the names of those triggers begin with that keep what links carry.
const carrier = "kith_carry_"

// beginAnew records that not all is recorded.
const beginAnew = "INSERT INTO changes (place, key, verb) VALUES ('', 0, 'R')"

// longValue is how many characters of a text may be, for its value to be recorded: of a longer one it is recorded whether it changed.
const longValue = 256

// recorded tells whether a column's value is recorded.
func (c *Column) recorded() bool {
	return c.Kind != Document && (c.Kind != Text || c.rule.max > 0 && c.rule.max <= longValue)
}

// makeChanges tells whether the migrations make a place for what is recorded.
func makeChanges(files fs.FS) bool {
	names, _ := fs.Glob(files, "*.sql") // the pattern is right
	for _, name := range names {
		if text, err := fs.ReadFile(files, name); err == nil && strings.Contains(string(text), "CREATE TABLE changes (") {
			return true
		}
	}
	return false
}

// A recording is what is recorded of a table, or of one of links.
type recording struct {
	table   string
	key     []string // the primary key
	value   string   // what is recorded as the row's key
	columns []string // whose change is recorded
	values  []string // whose values are
	hidden  []string // of which it is recorded that they changed, and not from what to what
	part    string   // by which it is distributed on a cluster, if it is
}

func (m *Model) recordings() (all []recording) {
	for _, t := range m.tables {
		r := recording{table: t.Name, key: []string{"id"}, value: "id"}
		if t.shard != nil {
			r.part = t.shard.Name
		}
		for _, c := range t.Columns {
			r.columns = append(r.columns, c.Name)
			if c.recorded() {
				r.values = append(r.values, c.Name)
			} else {
				r.hidden = append(r.hidden, c.Name)
			}
		}
		all = append(all, r)
	}
	for r := range m.links() {
		both := []string{r.Link.From, r.Link.To}
		all = append(all, recording{table: r.Link.Table, key: both, value: r.Link.From, columns: both, values: both, part: r.Link.shard})
	}
	return all
}

// object is a row's values as an object of JSON; row goes before each column.
func (r recording) object(function, row string) string {
	parts := make([]string, len(r.values))
	for i, name := range r.values {
		parts[i] = "'" + name + "', " + row + name
	}
	return function + "(" + strings.Join(parts, ", ") + ")"
}

// changed are the names of the columns in which two rows differ though what is recorded of their values does not show it, each behind a space.
func (r recording) changed(before, after string) string {
	parts := []string{"''"}
	for _, name := range r.hidden {
		parts = append(parts, "CASE WHEN "+before+name+" IS DISTINCT FROM "+after+name+" THEN ' "+name+"' ELSE '' END")
	}
	return strings.Join(parts[min(1, len(parts)-1):], " || ")
}

// differ is the condition that two rows do.
func (r recording) differ(before, after string) string {
	parts := make([]string, len(r.columns))
	for i, name := range r.columns {
		parts[i] = before + name + " IS DISTINCT FROM " + after + name
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// A link that leads elsewhere is one that went and one that was made.
func (r recording) link() bool { return len(r.key) > 1 }

// recordSQLite makes the triggers of a table, which are of each row. What they record has the next key, and with it its position.
func recordSQLite(r recording) []string {
	insert := func(columns, values string) string {
		return " INSERT INTO changes (place, key, verb, " + columns + ") SELECT '" + r.table + "', " + values + " FROM change_head WHERE NOT quiet;"
	}
	before, after := r.object("json_object", "OLD."), r.object("json_object", "NEW.")
	made, gone := insert("after", "NEW."+r.value+", 'C', "+after), insert("before", "OLD."+r.value+", 'D', "+before)
	changed := insert("fields, before, after", "NEW."+r.value+", 'U', "+r.changed("OLD.", "NEW.")+", "+before+", "+after)
	if r.link() {
		changed = gone + made
	}
	trigger := func(event, condition, body string) string {
		name := recorder + strings.ToLower(event) + "_" + r.table
		return "DROP TRIGGER IF EXISTS " + name + ";\nCREATE TRIGGER " + name + " AFTER " + event + " ON " + r.table + condition + " BEGIN" + body + " END;\n"
	}
	return []string{trigger("INSERT", "", made), trigger("UPDATE", " WHEN "+r.differ("OLD.", "NEW."), changed), trigger("DELETE", "", gone)}
}

// A logging is where the function of triggers writes what it records: what it begins with, a setting that it needs, what the row is called there as
// it was and as it is, and how a statement adds columns, which a SELECT has, of rows with a name.
type logging struct {
	begin, setting string
	before, after  string
	add            func(columns, selected, row string) string
}

// logged is the log of the server; what writes to it begins with something.
func logged(begin string) logging {
	return logging{begin: begin, before: "OLD.", after: "NEW.", add: func(columns, selected, _ string) string {
		return "INSERT INTO changes (place, key, verb, " + columns + ") SELECT " + selected + ";\n"
	}}
}

// recordPostgres makes the triggers of a table. What is made or deleted together is recorded together.
// What is changed is recorded row by row: a statement's rows as they were and as they are would have to be joined, also by an INSERT that
// only would change what is there.
func recordPostgres(r recording, log logging) []string {
	function := recorder + r.table
	image := func(row string) string { return r.object("json_build_object", row) }
	made := func(row, from string) string {
		return log.add("after", "'"+r.table+"', "+row+r.value+", 'C', "+image(row)+from, row)
	}
	gone := func(row, from string) string {
		return log.add("before", "'"+r.table+"', "+row+r.value+", 'D', "+image(row)+from, row)
	}
	changed := "IF " + r.differ("OLD.", "NEW.") + " THEN\n"
	replaced := gone(log.before, "") + made(log.after, "")
	if r.link() {
		changed += replaced
	} else {
		changed += "IF OLD." + r.value + " <> NEW." + r.value + " THEN\n" + replaced + "ELSE\n" + log.add("fields, before, after", "'"+r.table+"', "+log.after+r.value+", 'U', "+
			r.changed(log.before, log.after)+", "+image(log.before)+", "+image(log.after), log.after) + "END IF;\n"
	}
	statements := []string{"CREATE OR REPLACE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT" + log.setting + " AS $$ BEGIN\n" + log.begin +
		"IF current_setting('kith.quiet', TRUE) = 'on' THEN RETURN NULL; END IF;\n" +
		"IF TG_OP = 'UPDATE' THEN\n" + changed + "END IF;\n" +
		"ELSIF TG_OP = 'INSERT' THEN\n" + made("n.", " FROM inserted AS n") +
		"ELSE\n" + gone("o.", " FROM deleted AS o") +
		"END IF; RETURN NULL; END $$;\n"}
	for _, of := range [][2]string{
		{"INSERT", "REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT"}, {"UPDATE", "FOR EACH ROW"}, {"DELETE", "REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT"},
	} {
		name := recorder + strings.ToLower(of[0]) + "_" + r.table
		statements = append(statements, "DROP TRIGGER IF EXISTS "+name+" ON "+r.table+";\n",
			"CREATE TRIGGER "+name+" AFTER "+of[0]+" ON "+r.table+" "+of[1]+" EXECUTE FUNCTION "+function+"();\n")
	}
	return statements
}

// A carrying is a column of links that holds one of the rows they lead to. Triggers keep it true, whoever writes.
type carrying struct {
	link, key string    // the link table, and its key of the row
	keys      []string  // its primary key
	name      string    // in the link
	table, of string    // the table and the column that it is of
	part      [2]string // columns of both by which they are distributed; empty if the table is not
}

// carryings are those of the page, as they are where tables are distributed or not.
func (m *Model) carryings(distributed bool) (all []carrying) {
	for _, t := range m.tables {
		for _, r := range t.Relations {
			if r.Link == nil || !r.first {
				continue
			}
			columns, from := r.carriedBy()
			for i, c := range columns {
				key := [2]string{r.Link.To, r.Link.From}[btoi(from[i])]
				add := carrying{r.Link.Table, key, []string{r.Link.From, r.Link.To}, c.name, c.column.Table.Name, c.column.Name, [2]string{}}
				if by := c.column.Table.shard; distributed && by != nil {
					add.part = [2]string{r.Link.shard, by.Name}
				}
				all = append(all, add)
			}
		}
	}
	return all
}

// value is what a link is to carry; row goes before its key.
func (c carrying) value(row string) string { return c.from(c.table, row) }

// from is the same, of a table that has those of its rows.
func (c carrying) from(table, row string) string {
	with := ""
	if c.part[0] != "" {
		with = " AND " + c.part[1] + " = " + row + c.part[0]
	}
	return "(SELECT " + c.of + " FROM " + table + " WHERE id = " + row + c.key + with + ")"
}

func carrySQLite(c carrying) []string {
	trigger := func(name, on, condition, body string) string {
		name = carrier + name + "_" + c.link + "_" + c.name
		return "DROP TRIGGER IF EXISTS " + name + ";\nCREATE TRIGGER " + name + " AFTER " + on + " WHEN " + condition + " BEGIN UPDATE " + c.link + " SET " + c.name + " = " + body + "; END;\n"
	}
	wrong := "NEW." + c.name + " IS NOT " + c.value("NEW.")
	right := c.value("NEW.") + " WHERE " + c.keys[0] + " = NEW." + c.keys[0] + " AND " + c.keys[1] + " = NEW." + c.keys[1]
	return []string{trigger("insert", "INSERT ON "+c.link, wrong, right),
		trigger("update", "UPDATE ON "+c.link, wrong, right),
		trigger("source", "UPDATE OF "+c.of+" ON "+c.table, "OLD."+c.of+" IS NOT NEW."+c.of, "NEW."+c.of+" WHERE "+c.key+" = NEW.id")}
}

// carryPostgres leaves alone what is loaded with the value. carry gives the link its value; follow is what follows from another value of the
// row, with a setting that it needs.
func carryPostgres(c carrying, carry, follow, setting string) []string {
	name := carrier + c.link + "_" + c.name
	function := func(name, setting, body string) string {
		return "CREATE OR REPLACE FUNCTION " + name + "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT" + setting + " AS $$ BEGIN\n" + body + "RETURN NEW; END $$;\n"
	}
	return []string{
		function(name, "", "IF NEW."+c.name+" IS NULL OR current_setting('kith.quiet', TRUE) IS DISTINCT FROM 'on' THEN\n"+carry+"END IF; "),
		function(name+"_source", setting, follow),
		"DROP TRIGGER IF EXISTS " + name + " ON " + c.link + ";\n", "DROP TRIGGER IF EXISTS " + name + "_source ON " + c.table + ";\n",
		"CREATE TRIGGER " + name + " BEFORE INSERT OR UPDATE ON " + c.link +
			" FOR EACH ROW EXECUTE FUNCTION " + name + "();\n",
		"CREATE TRIGGER " + name + "_source AFTER UPDATE OF " + c.of + " ON " + c.table +
			" FOR EACH ROW WHEN (OLD." + c.of + " IS DISTINCT FROM NEW." + c.of + ") EXECUTE FUNCTION " + name + "_source();\n",
	}
}

// searcher is what the names of those triggers begin with that keep what is searched.
const searcher = "kith_search_"

// words are the columns of the words that are searched; the first weighs most.
func (t *Table) words() (names []string) {
	for _, c := range t.searched {
		names = append(names, c.words.Name)
	}
	return names
}

// vectorOf is what is searched of columns of words; row goes before each.
func vectorOf(words []string, row string) string {
	parts := make([]string, len(words))
	for i, name := range words {
		parts[i] = "kith_vector(" + row + name + ")"
	}
	parts[0] = "setweight(" + parts[0] + ", 'A')"
	return strings.Join(parts, " || ")
}

// searchPostgres makes the triggers that keep the column search. Migrations generate it, but PostgreSQL prepares what generates a column
// anew for each statement, which takes longer than all else that it does for a row, and lets no load give it.
func searchPostgres(table string, words []string) []string {
	name := searcher + table
	return []string{"ALTER TABLE " + table + " ALTER COLUMN search DROP EXPRESSION IF EXISTS, ALTER COLUMN search SET DEFAULT '';\n",
		"CREATE OR REPLACE FUNCTION " + name + "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n" +
			"IF TG_OP = 'UPDATE' THEN IF NOT " + recording{columns: words}.differ("OLD.", "NEW.") + " THEN RETURN NEW; END IF; END IF;\n" +
			"NEW.search := " + vectorOf(words, "NEW.") + "; RETURN NEW; END $$;\n",
		"DROP TRIGGER IF EXISTS " + name + " ON " + table + ";\n",
		"CREATE TRIGGER " + name + " BEFORE INSERT OR UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION " + name + "();\n"}
}

// carry gives links that are there what they carry.
func (db *DB) carry(ctx context.Context, tx *sqlx.Tx) error {
	if len(db.model.carryings(db.distributed)) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, db.quiet[0]); err != nil {
		return err
	}
	for _, c := range db.model.carryings(db.distributed) {
		value := c.value(c.link + ".")
		if _, err := tx.ExecContext(ctx, "UPDATE "+c.link+" SET "+c.name+" = "+value+" WHERE "+c.name+" IS NULL OR "+c.name+" <> "+value); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, db.quiet[1])
	return err
}

// forgetRecording takes the triggers away: a migration cannot change a table of SQLite under them. What is written until
// record is not recorded, which is recorded.
func (db *DB) forgetRecording(ctx context.Context) error {
	if db.loosen[0] == "" {
		return nil
	}
	var names []string
	if err := db.write.SelectContext(ctx, &names, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND (substr(name, 1, ?) = ? OR substr(name, 1, ?) = ?)",
		len(recorder), recorder, len(carrier), carrier); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := db.write.ExecContext(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	_, err := db.write.ExecContext(ctx, "UPDATE change_head SET recorded = ''")
	return err
}

// triggers are those that the page says, as SQL, and a hash of it.
func (db *DB) triggers() (statements []string, hash string) {
	for _, r := range db.model.recordings() {
		statements = append(statements, db.recording(r)...)
	}
	for _, c := range db.model.carryings(db.distributed) {
		statements = append(statements, db.carrying(c)...)
	}
	for _, t := range db.model.tables {
		if len(t.searched) > 0 && db.vectors != nil {
			statements = append(statements, db.vectors(t.Name, t.words())...)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(statements, "")))
	return statements, hex.EncodeToString(sum[:])
}

// Recorded tells whether what is recorded of changes is what the page says. Migrate sees to it.
func (db *DB) Recorded(ctx context.Context) (bool, error) {
	if !db.model.follows() {
		return true, nil
	}
	var made string
	err := db.write.GetContext(ctx, &made, "SELECT recorded FROM change_head")
	_, wanted := db.triggers()
	return made == wanted, db.classify(ctx, err)
}

// record makes the triggers what the page says. If they were not, what was written before has not been recorded so, and
// whoever follows begins anew.
func (db *DB) record(ctx context.Context) error {
	if done, err := db.Recorded(ctx); err != nil || done {
		return err
	}
	statements, wanted := db.triggers()
	var made string
	tx, err := db.write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := tx.GetContext(ctx, &made, "SELECT recorded FROM change_head"+db.locks[lockChange]); err != nil || made == wanted {
		return err
	}
	if db.distributed { // it sends the text to all nodes as it came, and they take one statement at a time
		statements = append(slices.Clone(distributing), statements...)
	} else {
		statements = []string{strings.Join(statements, "")}
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	if err := db.carry(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE change_head SET recorded = '"+wanted+"'"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, beginAnew); err != nil {
		return err
	}
	if err := db.moveHead(ctx, &transaction{tx: tx, pool: db.write}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil || db.sequence == "" {
		return err
	}
	return db.numberCommitted(ctx) // so that the newest place is behind it
}
