package orm

import (
	"context"
	"database/sql"
	"math/big"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// A dialect names what differs between the two databases; everything else is one text for both.
type dialect struct {
	driver string
	bind   int // sqlx's bind type
	goose  string
	skip   string // migrations with this suffix are the other database's
	// loosen lets migrations make a table anew without losing what refers to it, and keeps foreign keys again.
	loosen [2]string

	// keyList is a table k of the keys bound as one value; key is its column. oneKey is the same table for one key, bound as it is; "" if it is a
	// list of one. PostgreSQL is not to know what is bound before the statement runs: a plan for fewer keys or fewer rows than on average looks cheaper
	// than the one that is kept, and would be made each time.
	keyList, key, oneKey string
	// ordinal is the place of the key in what was bound, from 0; "" where the key itself is as cheap.
	ordinal string
	// bindKeys and bindTexts make that value.
	bindKeys  func([]int64) any
	bindTexts func([]string) any
	bindTime  func(time.Time) any
	// lateral says that a subquery may refer to the row beside it; without it, children are found by `IN`.
	lateral bool
	// writesWithin says that a statement that reads may write before.
	writesWithin bool
	// semijoins says that a database finds the outer rows of an EXISTS from the inner ones where that is shorter.
	semijoins bool
	// averages says that a prepared statement may be planned for values on average.
	averages bool
	// in tells whether a value is in a list bound as one value.
	inKeys, inTexts func(expr string) string
	// in is the same for a kind of columns, with the value that list makes.
	in func(expr string, kind Kind) string
	// position is the 1-based place of a bound text in expr, 0 if it is not there.
	position func(expr string) string
	// substring writes whether a text stands in expr, or at its end. trigrams adds what makes an index find it in row t; what it
	// adds is true of more rows at most.
	substring func(q *query, expr, text string, atEnd bool)
	trigrams  func(q *query, c *Column, t, text string, atEnd, ignoreCase bool)
	// matches is whether row t of a table has words bound as one text, and search makes that text of words and prefixes.
	// How well they match, the lower the better, is either relevance of the row or in a SELECT of ids and relevances.
	matches    func(table, t string) string
	vector     string // the column that is searched; "" if that is a table of its own
	search     func(words []term) string
	relevance  func(t string) string
	relevances func(table string) string
	// unindexed is expr as a key to order by that no index serves.
	unindexed func(expr string) string
	// extreme is the least or greatest of values of a kind. total and mean are the exact sum, and the exact average to six more
	// digits, of whole numbers; bindNumber and number are such a number going there and coming from there, numbers and
	// bindNumbers a list of them as one value. floatTotal is the sum of floating-point numbers.
	extreme                 func(function, expr string, kind Kind) string
	total, mean, floatTotal func(expr string) string
	bindNumber              func(*big.Int) any
	number                  func(any) *big.Int
	numbers                 string
	bindNumbers             func([]*big.Int) any
	// cutOff is a time or a day cut off to a unit.
	cutOff func(unit Unit, expr string, kind Kind) string
	// rows is a table r of a JSON array of objects bound as one value; field is one column of it.
	rows  func(columns []*Column) string
	field func(*Column) string
	// size is about how many rows a table has; indexes is a SELECT of what indexes begin with, as "table.expression".
	size    func(t *Table) string
	indexes string
	// scans is how many statements that look at many rows run at once.
	scans func() int
	// lookUps is how many look-ups of one kind are sent before those that come wait, to be sent together; 0: each is sent at once, since the way
	// to the database is short.
	lookUps int
	// timestamp is a bound time.
	timestamp string
	// locks end a SELECT that locks the rows it reads, by strength; empty where there is one writer at a time.
	locks [3]string
	// nextKey is a new key of a table; nil where keys follow the order of insertion in any case.
	nextKey func(table string) string
	// code tells errors apart.
	code func(error) Code
	// constraint says whether the error is a violated unique or foreign key.
	constraint func(error) bool
	// stale says whether the error is that of a statement prepared before its tables changed; nil where there is none.
	stale func(error) bool
	// open makes the pools behind a URL.
	open func(url string, options Options) (write, read *sqlx.DB, err error)
	// place is what may be said of a URL.
	place func(url string) string
	// ready tells whether the database takes writes.
	ready func(ctx context.Context, write *sqlx.DB) error
	// recording makes the triggers that record what becomes of a table.
	recording func(recording) []string
	// carrying makes the triggers that keep what links carry.
	carrying func(carrying) []string
	// vectors makes the triggers that keep what is searched of columns of words; nil where that is a table of its own.
	vectors func(table string, words []string) []string
	// distributed says that tables are on several nodes, divided that some of them are so in parts.
	distributed, divided bool
	// quiet begins and ends that nothing is recorded of a transaction.
	quiet [2]string
	// endNumbered, where there is one writer at a time, gives the transaction that it ends its position, if it has recorded anything;
	// sequence, elsewhere, gives positions to all that has been committed and has none, and tells other processes. Both take new marks and
	// a time. unnumbered is a SELECT of something if there is something to do; head is a table of the last position and its mark.
	endNumbered, sequence string
	unnumbered, head      string
	// positions is a table of positions with their times, and changes what was recorded with them. behind is a SELECT of it behind a position,
	// or a row within, or nil, as many rows as are wanted; what is there itself comes first. forget deletes it up to a position, and leaves who
	// stands at the end where they can go on.
	// unplaced is what was recorded and has no position, where that may be.
	positions, changes, behind, forget, unplaced string
	// listen calls f when another process has given positions, until ctx ends; nil where there is no way.
	listen func(ctx context.Context, address string, f func())
	// snapshot is the isolation in which a transaction sees one state of the database; the default where it always does.
	snapshot sql.IsolationLevel
	// turn is what a transaction begins with that writes, still what one does that sees one state of all nodes; "" if they need not wait.
	turn, still string
}

// list is cells of one kind as one bound value, in their order and each once.
func (d *dialect) list(cells []any) any {
	var numbers []int64
	var texts []string
	for _, cell := range cells {
		switch cell := cell.(type) {
		case int64:
			numbers = append(numbers, cell)
		case Decimal:
			numbers = append(numbers, cell.units())
		case string:
			texts = append(texts, cell)
		}
	}
	if len(numbers) > 0 {
		slices.Sort(numbers)
		return d.bindKeys(slices.Compact(numbers))
	}
	slices.Sort(texts)
	return d.bindTexts(slices.Compact(texts))
}
