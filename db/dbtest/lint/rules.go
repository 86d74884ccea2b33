package lint

import (
	"slices"
	"strings"
)

// A Rule is what a statement may not do on engines that speak PostgreSQL's protocol.
type Rule struct {
	Name    string
	Sources []Source
	Says    string
	// breaks are the shapes of a level that breaks it.
	breaks func(*level) []string
}

// A Source is where an engine's rule is written: a page, or a file and the place in it.
type Source struct{ Engine, URL, Place string }

func (r Rule) engines() string {
	var all []string
	for _, s := range r.Sources {
		all = append(all, s.Engine+" ("+strings.TrimSpace(s.URL+" "+s.Place)+")")
	}
	return strings.Join(all, ", ")
}

const (
	citus       = "https://github.com/citusdata/citus/blob/a3d5708a6ae8bc8ed7129f8256b4585c01b917f3/src/backend/distributed/"
	citusLimits = "https://docs.citusdata.com/en/stable/develop/reference_workarounds.html#limitations"
	cockroach   = "https://github.com/cockroachdb/docs/blob/79e9a5d03f4b01203131e71af49a6f2eaae9ff63/src/current/_includes/v26.2/known-limitations/"
	cockroachDB = "https://www.cockroachlabs.com/docs/v26.2/"
	yugabyte    = "https://github.com/yugabyte/yugabyte-db/"
)

// Rules are held by Main, and shown in docs/scaling.md. What follows from the columns by which tables are distributed is not
// among them: no statement tells.
var Rules = []Rule{
	{"lateral", []Source{{"Citus", citus + "planner/query_pushdown_planning.c", "DeferredErrorIfUnsupportedLateralSubquery"}},
		"A lateral subquery over a distributed table has no `LIMIT`, `OFFSET`, `DISTINCT`, aggregate or group of its own where it refers to a function's rows, a CTE's or a reference table's.",
		func(l *level) []string {
			if !strings.HasSuffix(l.in, "LATERAL") || !has(l.nodes, "FROM") {
				return nil
			}
			return when(len(l.merges()) > 0, l.lateral)
		}},
	{"correlated", []Source{{"Citus", citus + "planner/query_pushdown_planning.c", "DeferErrorIfFromClauseRecurs"}},
		"A subquery over a distributed table does not refer to rows of a function, a CTE or a subquery that all of the query around it comes from.",
		func(l *level) []string {
			if l.above == nil || strings.HasPrefix(l.in, "FROM") || !has(l.nodes, "FROM") {
				return nil
			}
			// Filters are as deep as somebody asks: where it stands in the statement says nothing.
			return when(l.above.comesFromFunctions(l.nodes), func() string { return l.place()[0] + " > SELECT" })
		}},
	{"locks", []Source{{"Citus", citusLimits, ""}},
		"`SELECT … FOR UPDATE` and its kin read one shard.",
		func(l *level) []string {
			locks := has(l.nodes, "FOR UPDATE") || has(l.nodes, "FOR SHARE") || has(l.nodes, "FOR NO") || has(l.nodes, "FOR KEY")
			return when(locks && l.verb() != "CREATE", l.lock)
		}},
	{"recursive", []Source{{"Citus", citusLimits, ""}},
		"A recursive CTE reads one shard.",
		func(l *level) []string {
			if l.above == nil {
				return once(has(l.nodes, "WITH RECURSIVE"), "WITH RECURSIVE")
			}
			return once(has(l.nodes, "WITH RECURSIVE"), l.place()[0]+" > WITH RECURSIVE")
		}},
	{"grouping sets", []Source{{"Citus", citusLimits, ""}},
		"`GROUPING SETS`, `CUBE` and `ROLLUP` read one shard.",
		func(l *level) []string {
			return when(has(l.nodes, "GROUPING SETS") || has(l.nodes, "CUBE") || has(l.nodes, "ROLLUP"), l.shape)
		}},
	{"sample", []Source{{"Citus", citusLimits, ""}},
		"`TABLESAMPLE` reads one shard.",
		func(l *level) []string { return when(has(l.nodes, "TABLESAMPLE"), l.shape) }},
	{"values", []Source{{"Citus", citus + "planner/multi_router_planner.c", "subqueries are not supported within INSERT queries"}},
		"The values of an `INSERT` are no subqueries.",
		func(l *level) []string {
			return when(l.above != nil && l.in == "VALUES" && l.above.verb() == "INSERT" && has(l.nodes, "SELECT"), l.shape)
		}},
	{"joined change", []Source{{"Citus", citus + "planner/multi_router_planner.c", "Functions must not appear in the FROM clause of a distributed modifications"}},
		"An `UPDATE`'s `FROM` and a `DELETE`'s `USING` name no function, and where it changes several shards no subquery.",
		func(l *level) []string {
			from := l.clause("USING")
			if strings.HasSuffix(l.verb(), "UPDATE") {
				from = l.clause("FROM")
			}
			changes := strings.HasSuffix(l.verb(), "UPDATE") || strings.HasSuffix(l.verb(), "DELETE")
			return when(changes && slices.ContainsFunc(from, func(n node) bool { return n.group }), l.shape)
		}},
	{"volatile", []Source{{"Citus", citusLimits, ""}},
		"An `UPDATE` calls no function that is volatile.",
		func(l *level) []string {
			volatile := slices.ContainsFunc([]string{"random", "nextval", "clock_timestamp", "gen_random_uuid"}, func(f string) bool { return calls(l.nodes, f) })
			return when(l.verb() == "UPDATE" && volatile, l.shape)
		}},
	{"trigger", []Source{{"Citus", citus + "commands/trigger.c", "ErrorOutForTriggerIfNotSupported"}},
		"Distributed and reference tables have no triggers, unless `citus.enable_unsafe_triggers` is on.",
		func(l *level) []string { return when(has(l.nodes, "CREATE TRIGGER"), l.trigger) }},
	{"statement trigger", []Source{{"CockroachDB", cockroach + "trigger-limitations.md", ""}},
		"A trigger is for each row.",
		func(l *level) []string {
			return when(has(l.nodes, "CREATE TRIGGER") && has(l.nodes, "EACH STATEMENT"), l.trigger)
		}},
	{"transition tables", []Source{{"CockroachDB", cockroach + "trigger-limitations.md", ""}, {"YugabyteDB", yugabyte + "issues/1668", ""}},
		"A trigger has no `REFERENCING`.",
		func(l *level) []string {
			return when(has(l.nodes, "CREATE TRIGGER") && has(l.nodes, "REFERENCING"), l.trigger)
		}},
	{"trigger of columns", []Source{{"CockroachDB", cockroach + "trigger-limitations.md", ""}},
		"A trigger is not for changes of some columns (`UPDATE OF`).",
		func(l *level) []string {
			return when(has(l.nodes, "CREATE TRIGGER") && has(l.nodes, "UPDATE OF"), l.trigger)
		}},
	{"own function", []Source{{"CockroachDB", cockroach + "udf-limitations.md", ""}},
		"Indexes, generated columns and constraints call no function that was made with `CREATE FUNCTION`.",
		func(l *level) []string {
			var broken []string
			for _, word := range []string{"INDEX", "GENERATED ALWAYS AS"} {
				if i := find(l.nodes, word); i >= 0 && (calls(l.nodes[i:], "kith_") || calls(l.nodes[i:], "pg_temp.")) {
					broken = append(broken, l.nodes[0].text+" "+word+" own()")
				}
			}
			return broken
		}},
	{"weights", []Source{{"CockroachDB", cockroach + "full-text-search-unsupported.md", ""}},
		"There is no `setweight`, and vectors of words are not put together.",
		func(l *level) []string { return once(calls(l.nodes, "setweight"), l.nodes[0].text+" setweight()") }},
	{"events", []Source{{"CockroachDB", cockroachDB + "postgresql-compatibility", ""}, {"YugabyteDB before v2025.2.3", yugabyte + "issues/1872", ""}},
		"There is no `LISTEN` and no `NOTIFY`.",
		func(l *level) []string {
			return once(has(l.nodes, "LISTEN") || has(l.nodes, "NOTIFY") || calls(l.nodes, "pg_notify"), l.nodes[0].text+" events")
		}},
	{"statistics", []Source{{"YugabyteDB", yugabyte + "blob/00285d02bf1911969640221e30e098693ef54f6a/src/postgres/src/backend/parser/gram.y", "ALTER TABLE ALTER column, 1124"}, {"CockroachDB", cockroachDB + "alter-table#alter-column", ""}},
		"`ALTER COLUMN … SET STATISTICS` is refused.",
		func(l *level) []string { return once(has(l.nodes, "SET STATISTICS"), "ALTER SET STATISTICS") }},
	{"advisory locks", []Source{{"CockroachDB, where they do nothing", cockroachDB + "postgresql-compatibility", ""}, {"YugabyteDB", yugabyte + "issues/3642", ""}},
		"There are no advisory locks.",
		func(l *level) []string {
			return when(calls(l.nodes, "pg_advisory") || calls(l.nodes, "pg_try_advisory"), l.shape)
		}},
	{"transaction ids", []Source{{"YugabyteDB", yugabyte + "issues/15638", ""}, {"CockroachDB", "https://github.com/cockroachdb/cockroach/blob/000e3782b6432d3d30135ebc90584e644e23dc08/docs/generated/sql/functions.md", ""}},
		"Transactions have no numbers that a statement could ask for.",
		func(l *level) []string {
			return once(calls(l.nodes, "pg_current_xact_id") || calls(l.nodes, "txid_current") || calls(l.nodes, "pg_snapshot"), l.nodes[0].text+" xact_id()")
		}},
	{"system columns", []Source{{"YugabyteDB", yugabyte + "issues/24843", ""}},
		"Rows have no `ctid`, `xmin` and `xmax`.",
		func(l *level) []string {
			hidden := slices.ContainsFunc(l.nodes, func(n node) bool {
				name := n.text[strings.LastIndexByte(n.text, '.')+1:]
				return name == "ctid" || name == "xmin" || name == "xmax"
			})
			return when(hidden, l.shape)
		}},
	{"routine", []Source{{"CockroachDB", cockroach + "plpgsql-limitations.md", ""}, {"CockroachDB", cockroach + "routine-limitations.md", ""}},
		"What PL/pgSQL runs makes and alters no tables, and has no `EXECUTE`, no `PERFORM` and no loop over rows.",
		func(l *level) []string {
			if l.in != "BODY" {
				return nil
			}
			for _, word := range []string{"CREATE", "ALTER", "DROP", "EXECUTE", "PERFORM", "FOREACH", "LOOP"} {
				if has(l.nodes, word) {
					return []string{l.above.nodes[0].text + " BODY > " + word}
				}
			}
			return nil
		}},
	{"hot spot", []Source{{"CockroachDB", cockroachDB + "performance-best-practices-overview#unique-id-best-practices", ""}},
		"Keys are not taken from a sequence, which all writers wait for, and whose rows lie in one place.",
		func(l *level) []string {
			return once(has(l.nodes, "CREATE TABLE") && identity(l.nodes), "CREATE TABLE IDENTITY")
		}},
}

func when(broken bool, shape func() string) []string {
	if !broken {
		return nil
	}
	return []string{shape()}
}

func once(broken bool, shape string) []string {
	return when(broken, func() string { return shape })
}

func identity(nodes []node) bool {
	return has(nodes, "AS IDENTITY") || slices.ContainsFunc(nodes, func(n node) bool { return identity(n.within) })
}

// merges are the words for which a query's rows must be put together before it answers.
func (l *level) merges() (words []string) {
	words = l.among("DISTINCT", "GROUP", "LIMIT", "OFFSET")
	for _, f := range []string{"count", "sum", "min", "max", "avg", "array_agg", "json_agg"} {
		if calls(l.clause("SELECT"), f) {
			words = append(words, f+"()")
		}
	}
	return words
}

// comesFromFunctions tells whether all of a query's rows come from functions, CTEs and subqueries, and nodes refer to them.
func (l *level) comesFromFunctions(nodes []node) bool {
	from := l.clause("FROM")
	var names []string
	for i, n := range from {
		if n.text != "AS" || i+1 == len(from) || i == 0 {
			continue
		}
		if !from[i-1].group {
			return false // a table
		}
		names = append(names, from[i+1].text+".")
	}
	return refers(nodes, names)
}

// refers tells whether nodes have a name that begins with one of prefixes.
func refers(nodes []node, prefixes []string) bool {
	return slices.ContainsFunc(nodes, func(n node) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(n.text, prefix) }) || refers(n.within, prefixes)
	})
}

// lateral is the shape of a lateral subquery: of what rows it is, and of a page in what order they come and whether all do. It is narrow: one
// that is listed hides all others of its shape.
func (l *level) lateral() string {
	of := "table"
	switch from := l.above.clause("FROM"); {
	case len(from) > 0 && from[0].group:
		of = "(SELECT)"
	case len(from) > 1 && from[1].group:
		of = from[0].text + "()"
	}
	words := []string{strings.TrimSuffix(strings.Join(l.place(), " "), "LATERAL >") + of, "LATERAL"}
	if has(l.nodes, "LIMIT") {
		words = append(words, l.above.among("ORDER", "LIMIT")...)
	}
	words = append(append(words, "> SELECT"), l.among("ORDER")...)
	return strings.Join(append(words, l.merges()...), " ")
}

// among are those of some words that stand in a level.
func (l *level) among(words ...string) (there []string) {
	for _, word := range words {
		if has(l.nodes, word) {
			there = append(there, word)
		}
	}
	return there
}

// lock is the shape of a query that locks rows.
func (l *level) lock() string {
	_, strength, _ := strings.Cut(l.shape(), "FOR ")
	return strings.Join(append(l.place(), l.verb(), "FOR", strength), " ")
}

// trigger is the shape of one that is made.
func (l *level) trigger() string {
	var words []string
	for _, n := range l.nodes {
		if keywords[n.text] || n.text == "AFTER" || n.text == "BEFORE" {
			words = append(words, n.text)
		}
	}
	return strings.Join(words, " ")
}
