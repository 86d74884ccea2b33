package orm

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// On a server with the extension Citus the tables of a page are on all of its nodes, of which kith talks to the coordinator. Migrate
// sees to it: tables are reference tables, which every node has whole.

// citusDialect is PostgreSQL's but for what holds on one node alone.
var citusDialect = func() *dialect {
	d := *postgresDialect
	d.distributed = true
	d.recording = func(r recording) []string { return recordPostgres(r, onCoordinator) }
	d.carrying = func(c carrying) []string {
		return carryPostgres(c, "EXECUTE 'UPDATE ' || (SELECT l.logicalrelid || '_' || l.shardid FROM pg_dist_shard AS l JOIN pg_dist_shard AS own"+
			" ON own.shardminvalue IS NOT DISTINCT FROM l.shardminvalue WHERE l.logicalrelid = '"+c.link+"'::regclass AND own.shardid = substring(TG_TABLE_NAME from '\\d+$')::bigint)"+
			" || ' SET "+c.name+" = $1 WHERE "+c.key+" = $2' USING NEW."+c.of+", NEW.id;\n", " SET citus.enable_manual_changes_to_shards TO on")
	}
	d.vectors = func(table string, words []string) []string { return searchPostgres(table, words)[1:] }
	return &d
}()

// onCoordinator begins a trigger's function: a table's triggers run on every node that has rows of it, and the log of changes is the
// coordinator's.
const onCoordinator = "IF (SELECT groupid FROM pg_dist_local_group) <> 0 THEN RETURN NULL; END IF;\n"

// settleDialect looks whether the server is a cluster's coordinator.
func (db *DB) settleDialect(ctx context.Context) error {
	if db.dialect != postgresDialect {
		return nil
	}
	var there bool
	err := db.write.GetContext(ctx, &there, "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')")
	if there {
		db.dialect = citusDialect
	}
	return err
}

// inTurn makes transactions that write take turns. The engine locks a table that every node has, and not its rows, so those at once
// would wait for each other in circles, a second each time; what is written is right without it.
func (db *DB) inTurn(f func(context.Context) error) func(context.Context) error {
	if !db.distributed {
		return f
	}
	return func(ctx context.Context) error {
		t, err := transactionOf(ctx)
		if err == nil {
			_, err = t.tx.ExecContext(ctx, "LOCK TABLE goose_db_version IN SHARE UPDATE EXCLUSIVE MODE") // which is the coordinator's, and read and written all the same
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

// distribute gives the tables of the page, and those that link them, to all nodes. Their foreign keys are made again behind that: they
// may go in a circle, and as long as not both tables are everywhere the engine takes few of them.
func (db *DB) distribute(ctx context.Context) error {
	if !db.distributed {
		return nil
	}
	var tables []string
	for _, t := range db.model.tables {
		tables = append(tables, t.Name)
		for _, r := range t.Relations {
			if r.Link != nil && r.Link.Rows == nil && r.first {
				tables = append(tables, r.Link.Table)
			}
		}
	}
	tx, err := db.write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if left, err := db.undistributed(ctx, tx, tables); err != nil || len(left) == 0 {
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
	left, err := db.undistributed(ctx, tx, tables)
	if err != nil {
		return err
	}
	var before, keys []string
	among := "conrelid = ANY (SELECT t::regclass FROM unnest($1::text[]) AS t)"
	if err := tx.SelectContext(ctx, &before, "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint WHERE contype = 'f' AND "+among, db.bindTexts(left)); err != nil {
		return err
	}
	if err := tx.SelectContext(ctx, &keys, "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"+
		" WHERE contype = 'f' AND "+among+" ORDER BY conrelid::regclass::text, conname", db.bindTexts(left)); err != nil {
		return err
	}
	// What the engine cannot give to other nodes is made again by record.
	var triggers []string
	if err := tx.SelectContext(ctx, &triggers, "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal AND (starts_with(tgname, $2) OR starts_with(tgname, $3))"+
		" AND tgrelid = ANY (SELECT t::regclass FROM unnest($1::text[]) AS t)", db.bindTexts(left), recorder, carrier); err != nil {
		return err
	}
	if len(triggers) > 0 {
		triggers = append(triggers, "UPDATE change_head SET recorded = ''")
	}
	for _, t := range db.model.tables { // a table that is everywhere cannot lose how a column is generated
		if slices.Contains(left, t.Name) && len(t.searched) > 0 {
			before = append(before, searchPostgres(t.Name, t.words())[0])
		}
	}
	for _, name := range left {
		before = append(before, "SELECT create_reference_table('"+name+"')")
	}
	// What writes to many rows goes to one node after the other: at once it could not follow what the transaction has done before.
	var name string
	if err := tx.GetContext(ctx, &name, "SELECT quote_ident(current_database())"); err != nil {
		return err
	}
	settle := "ALTER DATABASE " + name + " SET citus.multi_shard_modify_mode TO sequential"
	if err := do(slices.Concat(triggers, before, keys, []string{settle})...); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	db.write.SetMaxIdleConns(0) // connections that do not know it yet
	db.write.SetMaxIdleConns(postgresConns)
	return nil
}

// undistributed are those of some tables that are there and not on all nodes, in their order.
func (db *DB) undistributed(ctx context.Context, tx *sqlx.Tx, tables []string) (left []string, err error) {
	err = tx.SelectContext(ctx, &left, "SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS t(name, place) WHERE to_regclass(name) IS NOT NULL"+
		" AND NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(name) AND repmodel = 't') ORDER BY place", db.bindTexts(tables))
	return left, err
}
