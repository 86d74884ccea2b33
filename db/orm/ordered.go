package orm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// Keys of tables that are TimeOrdered are made here. A key is a time in milliseconds, the number of a range, and a count:
//
//	63       22      12       0
//	| 41 bits | 10 bits | 12 bits |
//
// No clock is trusted to make them unique. The table key_ranges has a row for each range, with the time at which what was reserved of it
// ends; who reserves moves that time on if it is still what they have read, and makes keys between the two alone. So no two
// processes have the same part of a range, whatever their clocks say and however long one of them is stopped.

// TimeOrdered is an Option: the program makes the table's keys. They grow with the time, and with each row that one process makes; who makes rows
// waits for nobody. Clocks of several processes differ, and so does the order of rows that they make at the same time.
func TimeOrdered(t *Table) { t.timeOrdered = true }

const (
	countBits = 12
	rangeBits = 10
	keyRanges = 1 << rangeBits
	// reservedFor is how far ahead of now a process reserves. It does so again when half of that is left.
	reservedFor = 10_000
)

// keyEpoch is when keys begin: those of 2094 are the last.
var keyEpoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// keyTime is the time in a key, firstKey the first one of a time in a range.
func keyTime(key int64) int64         { return key >> (rangeBits + countBits) }
func firstKey(at, number int64) int64 { return at<<(rangeBits+countBits) | number<<countBits }

// A keyMaker makes keys in one range at a time.
type keyMaker struct {
	reserving sync.Mutex // held by who reserves
	mu        sync.Mutex
	number    int64 // of the range
	next      int64 // the least key that may be made
	ends      int64 // what is reserved, a time; 0: nothing
}

// take makes n keys, each greater than all before; nil if as many are not reserved.
func (k *keyMaker) take(now int64, n int) []int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, next := make([]int64, n), max(k.next, firstKey(min(now, k.ends-1), k.number))
	for i := range keys {
		if keyTime(next) >= k.ends {
			return nil
		}
		keys[i] = next
		if next++; next>>countBits&(keyRanges-1) != k.number { // counted to the end
			next = firstKey(keyTime(keys[i])+1, k.number)
		}
	}
	k.next = next
	return keys
}

// state is what is reserved, and for how many milliseconds.
func (k *keyMaker) state(now int64) (number, next, ends, left int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.number, k.next, k.ends, k.ends - max(now, keyTime(k.next))
}

// reserved notes that a range is this process's from a time to another, or that it has none if ends is 0.
func (k *keyMaker) reserved(number, from, ends int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ends == 0 && ends > 0 {
		k.number, k.next = number, firstKey(from, number)
	}
	k.ends = ends
}

// timeOrdered tells whether there are such tables.
func (m *Model) timeOrdered() bool {
	return slices.ContainsFunc(m.tables, func(t *Table) bool { return t.timeOrdered })
}

// keyNow is the time for keys.
func (db *DB) keyNow() int64 { return db.Now().Sub(keyEpoch).Milliseconds() }

// reserveKeys sees to it that the transaction which is to begin can make keys. It is done outside of it, so that what is reserved stays so.
func (db *DB) reserveKeys(ctx context.Context) error {
	if !db.model.timeOrdered() {
		return nil
	}
	now, k := db.keyNow(), &db.keys
	if _, _, _, left := k.state(now); left > reservedFor/2 {
		return nil
	}
	k.reserving.Lock()
	defer k.reserving.Unlock()
	for {
		number, next, ends, left := k.state(now)
		if left > reservedFor/2 {
			return nil
		}
		if ends == 0 { // who begins at random among those that nobody uses seldom shares one
			err := db.write.QueryRowxContext(ctx, sqlx.Rebind(db.bind, "SELECT number, ends FROM key_ranges ORDER BY CASE WHEN ends <= ? THEN 0 ELSE 1 END, CASE WHEN number < ? THEN 1 ELSE 0 END, number LIMIT 1"),
				now, rand.IntN(keyRanges)).Scan(&number, &ends)
			if err != nil {
				return db.classify(ctx, err)
			}
		}
		from := max(ends, now, keyTime(next)+1)
		if from > 1<<(63-rangeBits-countBits)-2*reservedFor {
			return &Error{Code: Internal, Message: "internal error", Cause: errors.New("the clock has shown a time that no key can hold")}
		}
		result, err := db.write.ExecContext(ctx, sqlx.Rebind(db.bind, "UPDATE key_ranges SET ends = ? WHERE number = ? AND ends = ?"), from+reservedFor, number, ends)
		if err != nil {
			return db.classify(ctx, err)
		}
		switch n, err := result.RowsAffected(); {
		case err != nil:
			return db.classify(ctx, err)
		case n == 0: // another has the rest of it, or the database is not what it was
			k.reserved(0, 0, 0)
		default:
			k.reserved(number, from, from+reservedFor)
		}
	}
}

// newKeys makes keys of a table, for rows that the current transaction makes.
func (db *DB) newKeys(n int) ([]int64, error) {
	keys := db.keys.take(db.keyNow(), n)
	if keys == nil {
		return nil, lostRace(errors.New("no more keys are reserved"))
	}
	return keys, nil
}

// makeKeyRanges makes the table of ranges, if there is a table that needs it.
func (db *DB) makeKeyRanges(ctx context.Context) error {
	if !db.model.timeOrdered() {
		return nil
	}
	_, err := db.write.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS key_ranges (number integer PRIMARY KEY, ends bigint NOT NULL)")
	if err != nil {
		return err
	}
	rows := make([]string, keyRanges)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, 0)", i)
	}
	_, err = db.write.ExecContext(ctx, "INSERT INTO key_ranges (number, ends) VALUES "+strings.Join(rows, ", ")+" ON CONFLICT (number) DO NOTHING")
	return err
}

// lastOrdered is a key that no key of a time-ordered table is above.
func (db *DB) lastOrdered(ctx context.Context, t *Table) (key int64, err error) {
	var ends int64
	_, err = db.QueryRow(ctx, "last key of "+t.Type, "SELECT MAX(ends), COALESCE((SELECT MAX(id) FROM "+t.Name+"), 0) FROM key_ranges", nil, &ends, &key)
	return max(key, firstKey(ends, 0)-1), err
}

// raiseOrdered makes time-ordered keys be above one, whoever makes them.
func (db *DB) raiseOrdered(ctx context.Context, t *Table, given int64) error {
	if keyTime(given) == 0 { // as counted keys are
		return nil
	}
	db.keys.reserved(0, 0, 0)
	ends := keyTime(given) + 1
	_, err := db.Exec(ctx, "raise key of "+t.Type, "UPDATE key_ranges SET ends = ? WHERE ends < ?", ends, ends)
	return err
}
