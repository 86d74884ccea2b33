package db

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// one runs a statement and scans its only row; found is false if it has none.
func (db *DB) one(ctx context.Context, path, text string, args []any, dest ...any) (found bool, err error) {
	err = db.run(ctx, &Statement{Path: path, Text: text, Args: args}, func(rows *sqlx.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// do runs a statement that writes and answers how many rows it changed.
func (db *DB) do(ctx context.Context, path, text string, args ...any) (int, error) {
	s := &Statement{Path: path, Text: text, Args: args}
	err := db.change(ctx, s, nil)
	return s.Rows, err
}

// SessionViewer is who a session belongs to; found is false if there is no such session, or it has expired.
func (db *DB) SessionViewer(ctx context.Context, id string) (v Viewer, found bool, err error) {
	found, err = db.one(ctx, "session", `SELECT u.id, u.is_admin FROM sessions AS s JOIN users AS u ON u.id = s.user_id WHERE s.id = ? AND s.expires_at > ?`,
		[]any{id, db.Now()}, &v.Key, &v.Admin)
	return v, found, err
}

// AddSession stores a new session of a user.
func (db *DB) AddSession(ctx context.Context, id string, user int64, tokenHash string, lifetime time.Duration) error {
	now := db.Now()
	return db.Write(ctx, func(ctx context.Context) error {
		_, err := db.do(ctx, "insert session", `INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
			id, user, tokenHash, now, now.Add(lifetime))
		return err
	})
}

// RotateSession exchanges a session's token for another and answers whose it is. A token that is not the newest has
// been used before: it ends the session. found is false if the token is good for nothing.
func (db *DB) RotateSession(ctx context.Context, id, tokenHash, next string, lifetime time.Duration) (user int64, found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		changed, err := db.do(ctx, "update session", `UPDATE sessions SET token_hash = ?, expires_at = ? WHERE id = ? AND token_hash = ? AND expires_at > ?`,
			next, now.Add(lifetime), id, tokenHash, now)
		if err != nil {
			return err
		}
		if changed == 0 {
			found = false
			return db.endSession(ctx, id)
		}
		found, err = db.one(ctx, "session", `SELECT user_id FROM sessions WHERE id = ?`, []any{id}, &user)
		return err
	})
	return user, found, err
}

// EndSession ends a session if there is one.
func (db *DB) EndSession(ctx context.Context, id string) error {
	return db.Write(ctx, func(ctx context.Context) error { return db.endSession(ctx, id) })
}

func (db *DB) endSession(ctx context.Context, id string) error {
	_, err := db.do(ctx, "delete session", `DELETE FROM sessions WHERE id = ?`, id)
	return err
}

// Credentials are a user's key and password hash, by username; key is 0 and the hash empty if there is no such user.
func (db *DB) Credentials(ctx context.Context, username string) (key int64, hash string, err error) {
	_, err = db.one(ctx, "credentials", `SELECT id, COALESCE(password_hash, '') FROM users WHERE username = ?`, []any{username}, &key, &hash)
	return key, hash, err
}

// PasswordHash is a user's password hash.
func (db *DB) PasswordHash(ctx context.Context, user int64) (hash string, err error) {
	_, err = db.one(ctx, "credentials", `SELECT COALESCE(password_hash, '') FROM users WHERE id = ?`, []any{user}, &hash)
	return hash, err
}

// SetPassword stores a user's password hash and ends all their sessions.
func (db *DB) SetPassword(ctx context.Context, user int64, hash string) error {
	return db.Write(ctx, func(ctx context.Context) error {
		if _, err := db.do(ctx, "update User", `UPDATE users SET password_hash = ? WHERE id = ?`, hash, user); err != nil {
			return err
		}
		_, err := db.do(ctx, "delete session", `DELETE FROM sessions WHERE user_id = ?`, user)
		return err
	})
}

// SetAdmin makes the user with a username an admin; found is false if there is none.
func (db *DB) SetAdmin(ctx context.Context, username string) (found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		changed, err := db.do(ctx, "update User", `UPDATE users SET is_admin = TRUE WHERE username = ?`, username)
		found = changed > 0
		return err
	})
	return found, err
}

// Attempt counts an attempt for every name, and tells whether one of them has had more than its limit since the window
// began. It counts before anything is known of the attempt, so that many at once are all counted.
func (db *DB) Attempt(ctx context.Context, window time.Duration, limits map[string]int) (allowed bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		allowed = true
		now := db.Now()
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			var failures int
			_, err := db.one(ctx, "attempts", `INSERT INTO attempts (counted_for, failures, since) VALUES (?, 1, ?)
				ON CONFLICT (counted_for) DO UPDATE SET
					failures = CASE WHEN attempts.since <= ? THEN 1 ELSE attempts.failures + 1 END,
					since = CASE WHEN attempts.since <= ? THEN excluded.since ELSE attempts.since END
				RETURNING failures`, []any{name, now, now.Add(-window), now.Add(-window)}, &failures)
			if err != nil {
				return err
			}
			allowed = allowed && failures <= limits[name]
		}
		return nil
	})
	return allowed, err
}

// Forgive takes back an attempt that succeeded: all of those counted for the first name, one of each other's.
func (db *DB) Forgive(ctx context.Context, first string, others ...string) error {
	return db.Write(ctx, func(ctx context.Context) error {
		slices.Sort(others)
		for _, name := range others {
			if _, err := db.do(ctx, "attempts", `UPDATE attempts SET failures = failures - 1 WHERE counted_for = ?`, name); err != nil {
				return err
			}
		}
		_, err := db.do(ctx, "attempts", `DELETE FROM attempts WHERE counted_for = ?`, first)
		return err
	})
}

// Identity is the user that an issuer's subject is; key is 0 if they have none.
func (db *DB) Identity(ctx context.Context, issuer, subject string) (v Viewer, err error) {
	_, err = db.one(ctx, "identity", `SELECT u.id, u.is_admin FROM identities AS i JOIN users AS u ON u.id = i.user_id WHERE i.issuer = ? AND i.subject = ?`,
		[]any{issuer, subject}, &v.Key, &v.Admin)
	return v, err
}

// AddIdentity makes a user for an issuer's subject, or answers the one that another request has just made.
func (db *DB) AddIdentity(ctx context.Context, issuer, subject, username string) (v Viewer, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		if v, err = db.Identity(ctx, issuer, subject); err != nil || v.Key != 0 {
			return err
		}
		draft, _ := NewDraft(Users.Table, Input{{"username", username}}, nil, true)
		key, faults, err := db.Create(ctx, draft)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return Errorf(Internal, "the username made for an identity is taken")
		}
		v = Viewer{Key: key}
		_, err = db.do(ctx, "insert identity", `INSERT INTO identities (issuer, subject, user_id) VALUES (?, ?, ?)`, issuer, subject, key)
		return err
	})
	return v, err
}

// KeepAnswers is how long an answer is kept for an idempotency key.
const KeepAnswers = 24 * time.Hour

// Claim takes an idempotency key for a request, inside Write: whoever else holds it is waited for. If the key has an
// answer already it is answered; if it belongs to another request that is a Conflict error.
func (db *DB) Claim(ctx context.Context, id, request string) (answer string, answered bool, err error) {
	now := db.Now()
	if _, err := db.do(ctx, "idempotency", `DELETE FROM idempotency_keys WHERE id = ? AND created_at <= ?`, id, now.Add(-KeepAnswers)); err != nil {
		return "", false, err
	}
	var stored string
	found, err := db.one(ctx, "idempotency", `SELECT request, COALESCE(answer, '') FROM idempotency_keys WHERE id = ?`, []any{id}, &stored, &answer)
	switch {
	case err != nil:
		return "", false, err
	case found && stored != request:
		return "", false, Errorf(Conflict, "this Idempotency-Key was used for another request")
	case found:
		return answer, true, nil
	}
	_, err = db.do(ctx, "idempotency", `INSERT INTO idempotency_keys (id, request, created_at) VALUES (?, ?, ?)`, id, request, now)
	return "", false, err
}

// Answer stores the answer for a claimed key, in the transaction of what it answers.
func (db *DB) Answer(ctx context.Context, id, answer string) error {
	_, err := db.do(ctx, "idempotency", `UPDATE idempotency_keys SET answer = ? WHERE id = ?`, answer, id)
	return err
}

// Sweep removes what has expired: sessions, answers kept for idempotency keys, counts of attempts.
func (db *DB) Sweep(ctx context.Context) error {
	return db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		for _, s := range []struct {
			text string
			time time.Time
		}{
			{`DELETE FROM sessions WHERE expires_at <= ?`, now},
			{`DELETE FROM idempotency_keys WHERE created_at <= ?`, now.Add(-KeepAnswers)},
			{`DELETE FROM attempts WHERE since <= ?`, now.Add(-KeepAnswers)},
		} {
			if _, err := db.do(ctx, "sweep", s.text, s.time); err != nil {
				return err
			}
		}
		return nil
	})
}
