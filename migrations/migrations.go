// Package migrations holds the numbered SQL that makes and changes kith's tables.
//
// NAME.sql runs on both databases; where they must differ, NAME.sqlite.sql and NAME.postgres.sql stand side by side.
package migrations

import "embed"

// Files are the migrations, named and numbered as goose expects them.
//
//go:embed *.sql
var Files embed.FS
