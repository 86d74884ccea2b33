package orm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// A Migration is one numbered change of the tables, and whether it was made.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

func (db *DB) migrations() (*goose.Provider, error) {
	others, err := fs.Glob(db.model.migrations, "*"+db.skip)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.Dialect(db.goose), db.write.DB, db.model.migrations, goose.WithExcludeNames(others))
}

// Migrate makes every change that is pending, each in a transaction of its own. It refuses a database that is newer than
// the program. Several processes may do it at once: each change is made once, and all of them answer when all are made.
func (db *DB) Migrate(ctx context.Context) error {
	provider, err := db.migrations()
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		pending, err := db.pending(ctx, provider)
		if err == nil && pending > 0 {
			err = db.migrate(ctx, provider)
		}
		if err == nil {
			err = db.countWords(ctx)
		}
		if err == nil {
			err = db.distribute(ctx)
		}
		if err == nil {
			err = db.record(ctx)
		}
		if err == nil {
			err = db.makeKeyRanges(ctx)
		}
		if err == nil || errors.Is(err, ErrNewer) {
			return err
		}
		// Whoever makes a change second fails: waiting for a lock, at what is there already, or at the version.
		left, unread := db.pending(ctx, provider)
		busy := db.code(err) == Retry || db.constraint(err) && attempt < attempts
		if !busy && (unread != nil || left >= pending) {
			return fmt.Errorf("migrating: %w", err)
		}
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// migrate makes the changes that are pending. No lock is held meanwhile, for there is none that every database has and
// every pooler keeps: a version can be stored once, in the transaction that makes its change.
func (db *DB) migrate(ctx context.Context, provider *goose.Provider) (err error) {
	_, err = db.write.ExecContext(ctx, "CREATE UNIQUE INDEX IF NOT EXISTS goose_db_version_once ON goose_db_version (version_id)")
	if err == nil && db.loosen[0] != "" { // it has one connection
		defer func() {
			_, kept := db.write.ExecContext(context.WithoutCancel(ctx), db.loosen[1])
			err = errors.Join(err, kept)
		}()
		if _, err = db.write.ExecContext(ctx, db.loosen[0]); err == nil {
			err = db.forgetRecording(ctx)
		}
	}
	if err == nil {
		_, err = provider.Up(ctx)
	}
	return err
}

// Migrations are all changes that the program knows, in order. It refuses a database that is newer than the program.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	provider, err := db.migrations()
	if err != nil {
		return nil, err
	}
	if _, err := db.pending(ctx, provider); err != nil {
		return nil, err
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, len(status))
	for i, s := range status {
		name, _, _ := strings.Cut(strings.TrimSuffix(s.Source.Path, ".sql"), ".")
		out[i] = Migration{Version: s.Source.Version, Name: name, Applied: s.State == goose.StateApplied}
	}
	return out, nil
}

// Pending tells how many changes are still to be made. It refuses a database that is newer than the program.
func (db *DB) Pending(ctx context.Context) (int, error) {
	provider, err := db.migrations()
	if err != nil {
		return 0, err
	}
	return db.pending(ctx, provider)
}

// ErrNewer says that the database has been migrated by a newer program.
var ErrNewer = errors.New("the database is newer than this program: run the kith that migrated it, or a later one")

func (db *DB) pending(ctx context.Context, provider *goose.Provider) (int, error) {
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the state of the migrations: %w", err)
	}
	if current > target {
		return 0, ErrNewer
	}
	pending := 0
	for _, s := range provider.ListSources() {
		if s.Version > current {
			pending++
		}
	}
	return pending, nil
}
