package db

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db/orm"
)

// A Purpose is what a mailed token is good for.
type Purpose string

// The purposes of tokens.
const (
	ResetPassword Purpose = "reset"
	VerifyEmail   Purpose = "verify"
)

// Life is how long a token can be used, from when its mail was asked for.
func (p Purpose) Life() time.Duration {
	if p == ResetPassword {
		return time.Hour
	}
	return 24 * time.Hour
}

// A Mail is one that is to be sent.
type Mail struct {
	ID      string
	Purpose Purpose
	Address string // to which it was asked for
	User    int64  // who asked; 0 if that is not known
	Created time.Time
	Tries   int // that were begun
}

// FoldEmail is an e-mail address as addresses are compared: without regard to case.
func FoldEmail(address string) string { return strings.ToLower(address) }

const (
	// maxMails is how many mails may wait to be sent.
	maxMails = 1000
	// firstRetry is when a mail is tried again; each time it takes twice as long.
	firstRetry = 30 * time.Second
)

// AddMail puts a mail into the queue: UNAVAILABLE if it is full.
func (db *DB) AddMail(ctx context.Context, m Mail) error {
	return db.Write(ctx, func(ctx context.Context) error {
		var waiting int
		if _, err := db.QueryRow(ctx, "mail", `SELECT COUNT(*) FROM mails`, nil, &waiting); err != nil {
			return err
		}
		if waiting >= maxMails {
			return orm.Errorf(orm.Unavailable, "too many mails wait to be sent; try again later")
		}
		var user any
		if m.User != 0 {
			user = m.User
		}
		now := db.Now()
		_, err := db.Exec(ctx, "mail", `INSERT INTO mails (id, purpose, email_address, user_id, created_at, send_at, tries) VALUES (?, ?, ?, ?, ?, ?, 0)`,
			m.ID, string(m.Purpose), m.Address, user, now, now)
		return err
	})
}

// TakeMail answers a mail that is to be sent now; found is false if there is none. Unless MailDone is called of it, it is to be sent again
// later, by whoever asks then: for firstRetry and longer it is the caller's.
func (db *DB) TakeMail(ctx context.Context) (m Mail, found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		var err error
		found, err = db.QueryRow(ctx, "mail", `SELECT id, purpose, email_address, COALESCE(user_id, 0), created_at, tries + 1 FROM mails WHERE send_at <= ? ORDER BY send_at, id LIMIT 1`+db.ForUpdate(),
			[]any{now}, &m.ID, &m.Purpose, &m.Address, &m.User, &m.Created, &m.Tries)
		if err != nil || !found {
			return err
		}
		_, err = db.Exec(ctx, "mail", `UPDATE mails SET send_at = ?, tries = ? WHERE id = ?`, now.Add(firstRetry<<min(m.Tries-1, 6)), m.Tries, m.ID)
		return err
	})
	return m, found, err
}

// MailDone takes a mail out of the queue.
func (db *DB) MailDone(ctx context.Context, id string) error {
	return db.Write(ctx, func(ctx context.Context) error {
		_, err := db.Exec(ctx, "mail", `DELETE FROM mails WHERE id = ?`, id)
		return err
	})
}

// A Recipient is whom a mail is for.
type Recipient struct {
	User              int64
	Username, Address string
}

// maxRecipients is how many users of one e-mail address get a mail.
const maxRecipients = 5

// Recipients are whom a mail is for now: for a new password the users who have verified the address and have a password, to verify it
// the user whose address it is.
func (db *DB) Recipients(ctx context.Context, m Mail) (list []Recipient, err error) {
	text, args := `SELECT u.id, u.username, a.email_address FROM users AS u JOIN addresses AS a ON a.user_id = u.id WHERE u.id = ? AND a.email_address = ?`, []any{m.User, m.Address}
	if m.Purpose == ResetPassword {
		text, args = `SELECT u.id, u.username, a.email_address FROM verified_emails AS v JOIN users AS u ON u.id = v.user_id
			JOIN addresses AS a ON a.user_id = v.user_id AND a.email_address = v.email_address
			WHERE v.folded = ? AND u.password_hash IS NOT NULL ORDER BY u.id LIMIT ?`, []any{FoldEmail(m.Address), maxRecipients}
	}
	err = db.Query(ctx, "recipients", text, args, func(rows *sqlx.Rows) error {
		var r Recipient
		err := rows.Scan(&r.User, &r.Username, &r.Address)
		list = append(list, r)
		return err
	})
	return list, err
}

// AddMailedToken stores the hash of the token that a mail takes to a recipient, if it is not there.
func (db *DB) AddMailedToken(ctx context.Context, hash string, m Mail, r Recipient) error {
	return db.Write(ctx, func(ctx context.Context) error {
		_, err := db.Exec(ctx, "mailed token", `INSERT INTO mailed_tokens (token_hash, purpose, user_id, email_address, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (token_hash) DO NOTHING`,
			hash, string(m.Purpose), r.User, r.Address, m.Created.Add(m.Purpose.Life()))
		return err
	})
}

// standing is what has to be true of a token t: it was not used, and the address it went to is the user's still. Its parameters are the
// token's hash, the purpose and the time.
const standing = `t.token_hash = ? AND t.purpose = ? AND t.used_at IS NULL AND t.expires_at > ?
	AND EXISTS (SELECT 1 FROM addresses AS a WHERE a.user_id = t.user_id AND a.email_address = t.email_address)`

// Resetting is the account whose password a mailed token may set, seen from a place; its key is 0 if the token is good for nothing.
func (db *DB) Resetting(ctx context.Context, hash, place string) (Account, error) {
	var user int64
	found, err := db.QueryRow(ctx, "mailed token", `SELECT t.user_id FROM mailed_tokens AS t WHERE `+standing, []any{hash, string(ResetPassword), db.Now()}, &user)
	if err != nil || !found {
		return Account{}, err
	}
	return db.CredentialsOf(ctx, user, place)
}

// useToken uses a mailed token up, and others of its user's for the same purpose; found is false if it is good for nothing.
func (db *DB) useToken(ctx context.Context, hash string, p Purpose) (user int64, address string, found bool, err error) {
	now := db.Now()
	stands, err := db.QueryRow(ctx, "mailed token", `SELECT t.user_id, t.email_address FROM mailed_tokens AS t WHERE `+standing, []any{hash, string(p), now}, &user, &address)
	if err != nil || !stands {
		return 0, "", false, err
	}
	// Another may have used it up since.
	err = db.Query(ctx, "mailed token", `UPDATE mailed_tokens SET used_at = ? WHERE user_id = ? AND purpose = ? AND used_at IS NULL RETURNING token_hash`, []any{now, user, string(p)}, func(rows *sqlx.Rows) error {
		var used string
		err := rows.Scan(&used)
		found = found || used == hash
		return err
	})
	return user, address, found, err
}

// EmailOf is the e-mail address of a user; found is false if they have none.
func (db *DB) EmailOf(ctx context.Context, user int64) (address string, found bool, err error) {
	found, err = db.QueryRow(ctx, "address", `SELECT email_address FROM addresses WHERE user_id = ?`, []any{user}, &address)
	return address, found, err
}

// errUnusable ends a transaction that found a token to be good for nothing.
var errUnusable = errors.New("the token cannot be used")

// Verify makes the address that a mailed token went to one that its user has verified, and takes the attempt back; verified is false if
// the token is good for nothing.
func (db *DB) Verify(ctx context.Context, hash string, attempts []Bound) (verified bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		user, address, found, err := db.useToken(ctx, hash, VerifyEmail)
		switch {
		case err != nil:
			return err
		case !found:
			return errUnusable
		}
		if _, err := db.Exec(ctx, "verified email", `INSERT INTO verified_emails (user_id, email_address, folded, verified_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (user_id) DO UPDATE SET email_address = excluded.email_address, folded = excluded.folded, verified_at = excluded.verified_at`,
			user, address, FoldEmail(address), db.Now()); err != nil {
			return err
		}
		return db.forgive(ctx, attempts)
	})
	if errors.Is(err, errUnusable) {
		return false, nil
	}
	return err == nil, err
}

// VerifiedAddresses are those of some addresses, by key, that their users have verified.
func (db *DB) VerifiedAddresses(ctx context.Context, path string, addresses []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(addresses))
	condition, keys := db.Among("a.id", addresses)
	err := db.Query(ctx, path, `SELECT a.id FROM addresses AS a JOIN verified_emails AS v ON v.user_id = a.user_id AND v.email_address = a.email_address WHERE `+condition, []any{keys}, func(rows *sqlx.Rows) error {
		var key int64
		err := rows.Scan(&key)
		out[key] = true
		return err
	})
	return out, err
}
