package db

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

// A replica is a database that follows the first one, a little behind.
type replica struct {
	pool    *sqlx.DB
	resting atomic.Int64 // until this time, in nanoseconds, it is not asked
}

// rested is how long a replica that could not be reached is left alone.
const rested = 5 * time.Second

func (r *replica) up() bool { return time.Now().UnixNano() >= r.resting.Load() }

func (r *replica) rest() { r.resting.Store(time.Now().Add(rested).UnixNano()) }

// follow adds a replica. It need not be reachable: until it is, the first database is read.
func (db *DB) follow(address string) error {
	if db.driver != postgresDialect.driver || !strings.HasPrefix(address, "postgres") {
		return errors.New("replicas are PostgreSQL databases that follow a PostgreSQL database")
	}
	pool, _, err := db.open(address, db.options)
	if err != nil {
		return err
	}
	if db.prepared != nil {
		db.prepared[pool] = newStatements(pool)
	}
	db.replicas = append(db.replicas, &replica{pool: pool})
	return nil
}

// Lagging lets what is read under ctx, outside of transactions, come from a replica, always the same one. It may lack what
// was written just now. Where no replica can be reached the first database answers.
func (db *DB) Lagging(ctx context.Context) context.Context {
	for range db.replicas {
		if r := db.replicas[db.next.Add(1)%uint64(len(db.replicas))]; r.up() {
			return context.WithValue(ctx, replicaKey, r)
		}
	}
	return ctx
}
