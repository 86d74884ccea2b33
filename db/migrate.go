package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"

	"kith/migrations"
)

// A Migration is one numbered change of the tables, and whether it was made.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

func (db *DB) migrations(options ...goose.ProviderOption) (*goose.Provider, error) {
	var others []string
	names, err := fs.Glob(migrations.Files, "*"+db.skip)
	if err != nil {
		return nil, err
	}
	others = append(others, names...)
	options = append(options, goose.WithExcludeNames(others))
	return goose.NewProvider(goose.Dialect(db.goose), db.write.DB, migrations.Files, options...)
}

// Migrate makes every change that is pending, each in a transaction of its own. It refuses a database that is newer
// than the program.
func (db *DB) Migrate(ctx context.Context) error {
	provider, err := db.migrations()
	if err != nil {
		return err
	}
	if _, err := db.pending(ctx, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
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
