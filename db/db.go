package db

import (
	"context"

	"kith/db/orm"
)

// A DB is the database of the page, and of its users' sessions. It is safe for concurrent use.
type DB struct {
	*orm.DB
	seen            orm.Recent[string, sessionSeen] // sessions, by their ids
	sessionsWritten *orm.Watch                      // grows with whatever may end a session, or change whose it is
}

// Open opens the database at address: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. Its errors are those of orm.Open.
func Open(ctx context.Context, address string, options orm.Options) (*DB, error) {
	engine, err := orm.Open(ctx, Model, address, options)
	if err != nil {
		return nil, err
	}
	db := &DB{DB: engine}
	db.sessionsWritten = db.Watch("DELETE FROM sessions", "users", "user_roles")
	return db, nil
}

// Promote copies everything to another database: what the page declares, and sessions, known places, roles, identities, e-mail addresses
// that were verified, mails and their tokens, and the answers kept for idempotency keys. It is orm's otherwise.
func (db *DB) Promote(ctx context.Context, to *DB) (rows int, err error) {
	return db.DB.Promote(ctx, to.DB,
		orm.Beside{Table: "sessions", Texts: []string{"id", "user_id", "token_hash", "previous_hash", "used_from", "used_by"}, Times: []string{"created_at", "expires_at", "rotated_at"}},
		orm.Beside{Table: "known_places", Texts: []string{"user_id", "place"}, Times: []string{"seen_at"}},
		orm.Beside{Table: "user_roles", Texts: []string{"user_id", "role"}, Times: []string{"granted_at"}},
		orm.Beside{Table: "identities", Texts: []string{"issuer", "subject", "user_id"}},
		orm.Beside{Table: "verified_emails", Texts: []string{"user_id", "email_address", "folded"}, Times: []string{"verified_at"}},
		orm.Beside{Table: "mails", Texts: []string{"id", "purpose", "email_address", "user_id", "tries"}, Times: []string{"created_at", "send_at"}},
		orm.Beside{Table: "mailed_tokens", Texts: []string{"token_hash", "purpose", "user_id", "email_address"}, Times: []string{"expires_at", "used_at"}},
		orm.Beside{Table: "idempotency_keys", Texts: []string{"id", "request", "answer"}, Times: []string{"created_at"}})
}
