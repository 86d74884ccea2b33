package orm

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// On a server with the extension Citus the tables of a page are on all of its nodes, of which kith talks to the coordinator. Migrate
// sees to it: tables are reference tables, which every node has whole, but those that the page distributes by a column.

// citusDialect is PostgreSQL's but for what holds on one node alone.
var citusDialect = func() *dialect {
	d := *postgresDialect
	d.distributed, d.writesWithin, d.turn = true, false, takeTurn
	d.recording = func(r recording) []string {
		if r.part == "" {
			return recordPostgres(r, logged(onCoordinator))
		}
		const before, after = "($1).", "($2)." // the rows themselves are not known to what EXECUTE runs
		return recordPostgres(r, logging{setting: manualChanges, before: before, after: after, add: func(columns, selected, row string) string {
			using := ""
			if row == before || row == after {
				using = " USING OLD, NEW"
			}
			return "EXECUTE 'INSERT INTO ' || " + alongside(logOfParts) + " || $r$ (part, n, at, place, key, verb, " + columns + ") SELECT " + row + r.part +
				", nextval('" + logOfParts + "_n_seq'), clock_timestamp(), " + selected + "$r$" + using + ";\n"
		}})
	}
	d.carrying = func(c carrying) []string {
		carry := "NEW." + c.name + " := " + c.value("NEW.") + ";\n"
		if c.part[0] != "" {
			carry = "EXECUTE 'SELECT " + c.of + " FROM ' || " + alongside(c.table) + " || ' WHERE " + c.part[1] + " = $1 AND id = $2' INTO NEW." + c.name + " USING NEW." + c.part[0] + ", NEW." + c.key + ";\n"
		}
		return carryPostgres(c, carry, "EXECUTE 'UPDATE ' || "+alongside(c.link)+" || ' SET "+c.name+" = $1 WHERE "+c.key+" = $2' USING NEW."+c.of+", NEW.id;\n", manualChanges)
	}
	d.vectors = func(table string, words []string) []string { return searchPostgres(table, words)[1:] }
	return &d
}()

// partsDialect is that of a page which has tables that are distributed by a column. Who writes has a turn, and rows are not locked; what was
// committed is numbered in a turn as well, when every node shows it.
var partsDialect = func() *dialect {
	d := *citusDialect
	d.divided = true
	d.locks = [3]string{}
	d.quiet = [2]string{"SET LOCAL kith.quiet TO 'on'", "SET LOCAL kith.quiet TO ''"} // which goes to all nodes
	d.sequence = strings.Replace(d.sequence, "; ", "; "+takeTurn+"; ", 1)
	d.still = "LOCK TABLE goose_db_version IN SHARE MODE" // while nobody has a turn: each node shows what it has when it is first asked
	return &d
}()

// onCoordinator begins a trigger's function: a table's triggers run on every node that has rows of it, and the log of changes is the
// coordinator's.
const onCoordinator = "IF (SELECT groupid FROM pg_dist_local_group) <> 0 THEN RETURN NULL; END IF;\n"

// takeTurn is what transactions that write begin with: the engine locks a table that every node has, and not its rows, so those at once
// would wait for each other in circles, a second each time. The lock is the coordinator's, and kept until every node has committed.
const takeTurn = "LOCK TABLE goose_db_version IN SHARE UPDATE EXCLUSIVE MODE" // which is read and written all the same

// manualChanges lets a trigger's function write to what its node has of a table, by its name there.
const manualChanges = " SET citus.enable_manual_changes_to_shards TO on"

// alongside is, in a trigger's function, the name of what the node has of a table, with the same part of the rows as that of the trigger.
func alongside(table string) string {
	return "(SELECT l.logicalrelid || '_' || l.shardid FROM pg_dist_shard AS l JOIN pg_dist_shard AS own" +
		" ON own.shardminvalue IS NOT DISTINCT FROM l.shardminvalue WHERE l.logicalrelid = '" + table + "'::regclass AND own.shardid = substring(TG_TABLE_NAME from '\\d+$')::bigint)"
}

// settleDialect looks whether the server is a cluster's coordinator.
func (db *DB) settleDialect(ctx context.Context) error {
	if db.dialect != postgresDialect {
		return nil
	}
	var there bool
	err := db.write.GetContext(ctx, &there, "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')")
	if there {
		db.dialect = citusDialect
		if db.model.firstPart() != "" {
			db.dialect = partsDialect
		}
	}
	return err
}

// beginning makes a transaction begin with a statement, if there is one.
func beginning(with string, f func(context.Context) error) func(context.Context) error {
	if with == "" {
		return f
	}
	return func(ctx context.Context) error {
		t, err := transactionOf(ctx)
		if err == nil {
			_, err = t.tx.ExecContext(ctx, with)
		}
		if err != nil {
			return err
		}
		return f(ctx)
	}
}

// distributing lets a transaction change tables that are on several nodes, and give them triggers.
var distributing = []string{
	"SET LOCAL citus.multi_shard_modify_mode TO 'sequential'",
	"SET LOCAL citus.enable_unsafe_triggers TO on",
	"SET LOCAL client_min_messages TO warning",
}

// A placed table is one of the page, or of its links, and the column by which it is distributed; "" if every node has all of it.
type placedTable struct{ Name, By string }

// placedTables are all of them, those that others are placed with first.
func (m *Model) placedTables() (all []placedTable) {
	for _, t := range m.tables {
		p := placedTable{Name: t.Name}
		if t.shard != nil {
			p.By = t.shard.Name
		}
		all = append(all, p)
	}
	for r := range m.links() {
		all = append(all, placedTable{r.Link.Table, r.Link.shard})
	}
	return all
}

// distribute gives the tables of the page, and those that link them, to the nodes. Their foreign keys are made again behind that: they
// may go in a circle, and as long as not both tables are there the engine takes few of them.
func (db *DB) distribute(ctx context.Context) error {
	if !db.distributed {
		return nil
	}
	tx, err := db.write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if left, err := db.undistributed(ctx, tx); err != nil || len(left) == 0 {
		return err
	}
	do := func(statements ...string) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	if err := do(append([]string{"LOCK TABLE goose_db_version IN SHARE ROW EXCLUSIVE MODE"}, distributing...)...); err != nil { // one process does it
		return err
	}
	left, err := db.undistributed(ctx, tx)
	if err != nil {
		return err
	}
	names, parts, all := make([]string, len(left)), []string{}, []string{} // all: that are in parts, these among them
	for i, t := range left {
		if names[i] = t.Name; t.By != "" {
			parts = append(parts, t.Name)
		}
	}
	for _, t := range db.model.placedTables() {
		if t.By != "" {
			all = append(all, t.Name)
		}
	}
	var before, keys []string
	among := "conrelid = ANY (SELECT t::regclass FROM unnest($1::text[]) AS t)"
	if err := tx.SelectContext(ctx, &before, "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint WHERE contype = 'f' AND "+among, db.bindTexts(names)); err != nil {
		return err
	}
	if err := tx.SelectContext(ctx, &keys, "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"+
		" WHERE contype = 'f' AND confrelid::regclass::text <> ALL ($2) AND "+among+" ORDER BY conrelid::regclass::text, conname", db.bindTexts(names), db.bindTexts(all)); err != nil {
		return err
	}
	// A table that refers to one which is everywhere is the engine's own already, and without its foreign keys it would be a plain one again,
	// which the engine refuses where keys are counted. It stays what it is if it is said to be wanted so.
	var wanted []string
	if err := tx.SelectContext(ctx, &wanted, "SELECT format('SELECT citus_add_local_table_to_metadata(%L)', logicalrelid) FROM pg_dist_partition WHERE autoconverted ORDER BY 1"); err != nil {
		return err
	}
	if err := do(wanted...); err != nil {
		return err
	}
	// What the engine cannot give to other nodes is made again by record.
	var triggers []string
	if err := tx.SelectContext(ctx, &triggers, "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal AND (starts_with(tgname, $2) OR starts_with(tgname, $3))"+
		" AND tgrelid = ANY (SELECT t::regclass FROM unnest($1::text[]) AS t)", db.bindTexts(names), recorder, carrier); err != nil {
		return err
	}
	if len(triggers) > 0 {
		triggers = append(triggers, "UPDATE change_head SET recorded = ''")
	}
	for _, t := range db.model.tables { // a table that is everywhere cannot lose how a column is generated
		if slices.Contains(names, t.Name) && len(t.searched) > 0 && db.model.follows() { // or nothing else would keep it
			before = append(before, searchPostgres(t.Name, t.words())[0])
		}
	}
	for _, t := range db.model.tables {
		if slices.Contains(parts, t.Name) {
			before = append(before, keyed(t.Name, t.shard.Name, "id")...)
		}
	}
	for r := range db.model.links() {
		if !slices.Contains(parts, r.Link.Table) {
			continue
		}
		key, of := r.distributed()
		before = append(before, "ALTER TABLE "+r.Link.Table+" ADD COLUMN "+r.Link.shard+" bigint",
			"UPDATE "+r.Link.Table+" SET "+r.Link.shard+" = t."+of.shard.Name+" FROM "+of.Name+" AS t WHERE t.id = "+key,
			"ALTER TABLE "+r.Link.Table+" ALTER COLUMN "+r.Link.shard+" SET NOT NULL")
		before = append(before, keyed(r.Link.Table, r.Link.shard, r.Link.From, r.Link.To)...)
		keys = append(keys, "ALTER TABLE "+r.Link.Table+" ADD CONSTRAINT "+r.Link.Table+"_"+key+"_fkey FOREIGN KEY ("+r.Link.shard+", "+key+") REFERENCES "+
			of.Name+" ("+of.shard.Name+", id) ON DELETE CASCADE")
	}
	first := db.model.firstPart() // so that rows of all tables with one key are together
	for _, t := range left {
		switch {
		case t.By == "":
			before = append(before, "SELECT create_reference_table('"+t.Name+"')")
		case t.Name == first:
			before = append(before, "SELECT create_distributed_table('"+t.Name+"', '"+t.By+"')")
		default:
			before = append(before, "SELECT create_distributed_table('"+t.Name+"', '"+t.By+"', colocate_with => '"+first+"')")
		}
	}
	// What writes to many rows goes to one node after the other: at once it could not follow what the transaction has done before.
	var name string
	if err := tx.GetContext(ctx, &name, "SELECT quote_ident(current_database())"); err != nil {
		return err
	}
	settle := []string{"ALTER DATABASE " + name + " SET citus.multi_shard_modify_mode TO sequential", "ALTER DATABASE " + name + " SET citus.propagate_set_commands TO local"}
	if first != "" && db.model.follows() {
		settle = append(settle, "CREATE TABLE IF NOT EXISTS "+logOfParts+" (part bigint NOT NULL, n bigint GENERATED BY DEFAULT AS IDENTITY, at timestamptz NOT NULL,"+
			" place text NOT NULL, key bigint NOT NULL, verb text NOT NULL, fields text, before text, after text)",
			"SELECT create_distributed_table('"+logOfParts+"', 'part', colocate_with => '"+first+"') WHERE NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = '"+logOfParts+"'::regclass)")
	}
	if err := do(slices.Concat(triggers, before, keys, settle)...); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	db.write.SetMaxIdleConns(0) // connections that do not know it yet
	db.write.SetMaxIdleConns(postgresConns)
	return nil
}

// firstPart is the first table that is distributed by a column; "" if none is.
func (m *Model) firstPart() string {
	for _, t := range m.placedTables() {
		if t.By != "" {
			return t.Name
		}
	}
	return ""
}

// keyed gives a table a primary key that begins with the column by which it is distributed, and an index of what it was before.
func keyed(table, by string, key ...string) []string {
	names := strings.Join(key, ", ")
	return []string{"ALTER TABLE " + table + " DROP CONSTRAINT " + table + "_pkey", "ALTER TABLE " + table + " ADD PRIMARY KEY (" + by + ", " + names + ")",
		"CREATE INDEX " + table + "_" + key[0] + "_idx ON " + table + " (" + names + ")"}
}

// undistributed are those of the page's tables that are there and not where the page says, in their order.
func (db *DB) undistributed(ctx context.Context, tx *sqlx.Tx) (left []placedTable, err error) {
	var names []string
	by := map[string]string{}
	for _, t := range db.model.placedTables() {
		names = append(names, t.Name)
		by[t.Name] = t.By
	}
	rows, err := tx.QueryxContext(ctx, "SELECT name, repmodel = 't', column_to_column_name(logicalrelid, partkey) FROM unnest($1::text[]) WITH ORDINALITY AS t(name, place)"+
		" LEFT JOIN pg_dist_partition ON logicalrelid = to_regclass(name) WHERE to_regclass(name) IS NOT NULL ORDER BY place", db.bindTexts(names))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var everywhere sql.NullBool
		var column sql.NullString
		if err := rows.Scan(&name, &everywhere, &column); err != nil {
			return nil, err
		}
		switch {
		case column.Valid && column.String != by[name]:
			return nil, fmt.Errorf("%s is distributed by %s, and the page does not say so: undo that in the database, or say DistributedBy(%q)", name, column.String, column.String)
		case everywhere.Bool && by[name] != "": // the engine does not undo what it has done to a table whose keys it counts
			return nil, fmt.Errorf("every node has all of %s, and the page distributes it by %s: promote what is there into a new database", name, by[name])
		case !column.Valid && !everywhere.Bool:
			left = append(left, placedTable{name, by[name]})
		}
	}
	return left, rows.Err()
}

// logOfParts is a table in which nodes record what becomes of their part of a table. It is empty between transactions.
const logOfParts = "changes_on_nodes"

// writtenParts are those that a transaction has written to since what nodes recorded was collected.
type writtenParts struct {
	any   bool // it is not known
	parts map[int64]bool
}

// note notes those of a statement that writes.
func (w *writtenParts) note(db *DB, s *Statement) {
	if !db.distributed || w.any || !slices.ContainsFunc(db.model.placedTables(), func(p placedTable) bool { return p.By != "" && strings.Contains(s.Text, p.Name) }) {
		return
	}
	if w.any = s.parts == nil; w.parts == nil {
		w.parts = map[int64]bool{}
	}
	for _, part := range s.parts {
		w.parts[part] = true
	}
}

// collect takes what nodes have recorded into the log, as what the transaction did now: in the order of each node, and between them about that of
// the time.
func (db *DB) collect(ctx context.Context, t *transaction) error {
	w := t.touched
	if t.touched = (writtenParts{}); !db.model.follows() || !w.any && len(w.parts) == 0 {
		return nil
	}
	q := &query{dialect: db.dialect}
	q.add("WITH gone AS (DELETE FROM ", logOfParts)
	if !w.any {
		q.add(" WHERE ")
		q.keysIn("part", slices.Sorted(maps.Keys(w.parts)))
	}
	// A table that the coordinator alone has: else a node of one part were to do all of it.
	q.add(" RETURNING *) INSERT INTO changes (place, key, verb, fields, before, after) SELECT place, key, verb, fields, before, after FROM gone CROSS JOIN change_head" +
		" ORDER BY max(at) OVER (PARTITION BY n >> 48 ORDER BY n), n")
	return db.sendTo(ctx, t.pool, t, &Statement{Text: q.String(), Args: q.args}, nil)
}
