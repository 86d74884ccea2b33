package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"kith/db/orm"

	"github.com/jmoiron/sqlx"
)

// SessionViewer is who a session belongs to; found is false if there is no such session, or it has expired. A session that was found
// is not looked at again for a second: what this process does to it, to its user or to their roles is known at once, and what another does within
// that second.
func (db *DB) SessionViewer(ctx context.Context, id string) (v orm.Viewer, found bool, err error) {
	s := sessionSeen{at: time.Now(), written: db.sessionsWritten.Count()} // before it is looked at
	if before, ok := db.seen.Find(id); ok && before.written == s.written && s.at.Sub(before.at) < seenFor && db.Now().Before(before.expires) {
		return before.viewer, true, nil
	}
	found, err = db.QueryRow(ctx, "session", `SELECT u.id, u.is_admin, `+rolesOf("u.id")+`, s.expires_at FROM sessions AS s JOIN users AS u ON u.id = s.user_id WHERE s.id = ? AND s.expires_at > ?`,
		[]any{id, db.Now()}, &s.viewer.Key, &s.viewer.Admin, (*roles)(&s.viewer.Roles), &s.expires)
	if err == nil && found {
		db.seen.Keep(id, s)
	}
	return s.viewer, found, err
}

// seenFor is for how long a session that was found is not looked at again.
const seenFor = time.Second

// A sessionSeen is what a session was when it was looked at.
type sessionSeen struct {
	viewer  orm.Viewer
	expires time.Time
	at      time.Time
	written uint64 // what had been written then
}

// SessionViewers are who sessions belong to, of those that have not ended.
func (db *DB) SessionViewers(ctx context.Context, ids []string) (map[string]orm.Viewer, error) {
	viewers := map[string]orm.Viewer{}
	for ids := range slices.Chunk(ids, 500) {
		args := []any{db.Now()}
		for _, id := range ids {
			args = append(args, id)
		}
		err := db.Query(ctx, "sessions", `SELECT s.id, u.id, u.is_admin, `+rolesOf("u.id")+` FROM sessions AS s JOIN users AS u ON u.id = s.user_id
			WHERE s.expires_at > ? AND s.id IN (?`+strings.Repeat(", ?", len(ids)-1)+`)`, args, func(rows *sqlx.Rows) error {
			var id string
			var v orm.Viewer
			err := rows.Scan(&id, &v.Key, &v.Admin, (*roles)(&v.Roles))
			viewers[id] = v
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return viewers, nil
}

// How long sessions last. Each refresh gives a session refreshLife more, up to sessionLife from its log-in.
const (
	refreshLife = 30 * 24 * time.Hour
	sessionLife = 90 * 24 * time.Hour
	// refreshGrace is how long a refresh token that was exchanged is answered with the same successor: tabs refresh at
	// once, and answers are lost.
	refreshGrace = 10 * time.Second
)

// A LiveSession is who a session belongs to and when it ends unless it is refreshed.
type LiveSession struct {
	Viewer  orm.Viewer
	Expires time.Time
	Kept    bool // its newest refresh token has not been exchanged
}

// A Use is whence a session is used: the client's address, and what it says that it is.
type Use struct{ From, By string }

// A Login is a password that was found to be a user's, and the session that is to come of it.
type Login struct {
	User      int64
	Verified  string // the hash that the password matches
	NewHash   string // what it becomes, which ends the user's other sessions; "" keeps it
	Token     string // the hash of a mailed token that stood for the password, and is used up; "" if it was the password
	Session   string // its id
	TokenHash string // of its first refresh token
	Place     string // where the user is, as a keyed hash; it is known from now on
	Use       Use
	Attempts  []Bound // what Attempt counted: those of the first are taken back, and one of each other's
}

// OpenSession stores the session of a log-in; opened is false, and nothing is done, if the user's password has changed
// since it was verified.
func (db *DB) OpenSession(ctx context.Context, l Login) (s LiveSession, opened bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		user := orm.Viewer{Key: l.User}
		var err error
		// The row stays locked: a password change comes before this, and is seen, or after it, and ends the session.
		opened, err = db.QueryRow(ctx, "credentials", `SELECT u.is_admin, `+rolesOf("u.id")+` FROM users AS u WHERE u.id = ? AND u.password_hash = ?`+db.ForUpdate(), []any{l.User, l.Verified}, &user.Admin, (*roles)(&user.Roles))
		if err != nil || !opened {
			return err
		}
		if l.Token != "" {
			if _, _, opened, err = db.useToken(ctx, l.Token, ResetPassword); err != nil || !opened {
				return err
			}
		}
		if l.NewHash != "" {
			if _, err := db.Exec(ctx, "update User", `UPDATE users SET password_hash = ? WHERE id = ?`, l.NewHash, l.User); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, "delete session", `DELETE FROM sessions WHERE user_id = ?`, l.User); err != nil {
				return err
			}
		}
		if s, err = db.BeginSession(ctx, user, l.Session, l.TokenHash, l.Use); err != nil {
			return err
		}
		if err := db.Know(ctx, l.User, l.Place); err != nil {
			return err
		}
		if err := db.forget(ctx, l.User); err != nil {
			return err
		}
		return db.forgive(ctx, l.Attempts)
	})
	return s, opened, err
}

// BeginSession stores a session, inside Write; whoever calls it knows that the user is who they say.
func (db *DB) BeginSession(ctx context.Context, user orm.Viewer, id, tokenHash string, use Use) (LiveSession, error) {
	now := db.Now()
	s := LiveSession{Viewer: user, Expires: now.Add(refreshLife)}
	_, err := db.Exec(ctx, "insert session", `INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at, used_from, used_by) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, user.Key, tokenHash, now, s.Expires, use.From, use.By)
	return s, err
}

// How many places of a user are known, and for how long after they were last logged in from: longer than any session, or
// a user who is logged in all the time would come from nowhere when it ends.
const (
	knownPlaces = 20
	placeLife   = 2 * sessionLife
)

// Know makes a place one that a user is known to come from.
func (db *DB) Know(ctx context.Context, user int64, place string) error {
	_, err := db.Exec(ctx, "known place", `INSERT INTO known_places (user_id, place, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (user_id, place) DO UPDATE SET seen_at = excluded.seen_at`, user, place, db.Now())
	return err
}

// forget leaves a user no more places than may be known, the latest.
func (db *DB) forget(ctx context.Context, user int64) error {
	_, err := db.Exec(ctx, "known place", `DELETE FROM known_places WHERE user_id = ? AND place NOT IN
		(SELECT place FROM known_places WHERE user_id = ? ORDER BY seen_at DESC, place LIMIT ?)`, user, user, knownPlaces)
	return err
}

// A Refresh is the use of a session's refresh token.
type Refresh struct {
	Session   string // its id
	TokenHash string // of the token
	Next      string // the hash of the one that follows from it
	Keep      bool   // a newest token that is itself but a moment old is not exchanged
	Use       Use
}

// RotateSession exchanges a session's newest refresh token for the next. If that was done a moment ago, found is true as well,
// and the next is the newest. Any other token has been used before, or is made up: it ends the session. found is false if the
// token is good for nothing.
func (db *DB) RotateSession(ctx context.Context, r Refresh) (s LiveSession, found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		var created time.Time
		var newest, exchanged, young bool
		var err error
		found, err = db.QueryRow(ctx, "session", `SELECT s.user_id, (SELECT u.is_admin FROM users AS u WHERE u.id = s.user_id), `+rolesOf("s.user_id")+`, s.created_at, s.expires_at,
			s.token_hash = ?, COALESCE(s.previous_hash = ? AND s.token_hash = ?, FALSE), COALESCE(s.rotated_at > ?, FALSE)
			FROM sessions AS s WHERE s.id = ? AND s.expires_at > ?`+db.ForUpdate(), []any{r.TokenHash, r.TokenHash, r.Next, now.Add(-refreshGrace), r.Session, now},
			&s.Viewer.Key, &s.Viewer.Admin, (*roles)(&s.Viewer.Roles), &created, &s.Expires, &newest, &exchanged, &young)
		s.Kept = newest && young && r.Keep
		switch {
		case err != nil, s.Kept, exchanged && young:
			return err
		case !newest:
			found = false
			return db.endSession(ctx, r.Session)
		}
		s.Expires = now.Add(refreshLife)
		if end := created.Add(sessionLife); end.Before(s.Expires) {
			s.Expires = end
		}
		_, err = db.Exec(ctx, "update session", `UPDATE sessions SET token_hash = ?, previous_hash = ?, rotated_at = ?, expires_at = ?, used_from = ?, used_by = ? WHERE id = ?`,
			r.Next, r.TokenHash, now, s.Expires, r.Use.From, r.Use.By, r.Session)
		return err
	})
	return s, found, err
}

// EndSession ends a session if there is one.
func (db *DB) EndSession(ctx context.Context, id string) error {
	return db.Write(ctx, func(ctx context.Context) error { return db.endSession(ctx, id) })
}

func (db *DB) endSession(ctx context.Context, id string) error {
	_, err := db.Exec(ctx, "delete session", `DELETE FROM sessions WHERE id = ?`, id)
	return err
}

// A StoredSession is one that its user can look at.
type StoredSession struct {
	ID                     string
	Created, Used, Expires time.Time
	Use                    Use
}

// maxSessions is how many sessions of a user are listed.
const maxSessions = 100

// SessionsOf are a user's sessions that have not ended, the one that was used last first.
func (db *DB) SessionsOf(ctx context.Context, user int64) (list []StoredSession, err error) {
	err = db.Query(ctx, "sessions", `SELECT id, created_at, rotated_at, expires_at, COALESCE(used_from, ''), COALESCE(used_by, '')
		FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY COALESCE(rotated_at, created_at) DESC, id LIMIT ?`, []any{user, db.Now(), maxSessions}, func(rows *sqlx.Rows) error {
		var s StoredSession
		var rotated *time.Time
		err := rows.Scan(&s.ID, &s.Created, &rotated, &s.Expires, &s.Use.From, &s.Use.By)
		if s.Used = s.Created; rotated != nil {
			s.Used = *rotated
		}
		list = append(list, s)
		return err
	})
	return list, err
}

// EndOtherSessions ends a user's sessions but one, and answers how many.
func (db *DB) EndOtherSessions(ctx context.Context, user int64, but string) (ended int, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		n, err := db.Exec(ctx, "delete session", `DELETE FROM sessions WHERE user_id = ? AND id <> ?`, user, but)
		ended = int(n)
		return err
	})
	return ended, err
}

// An Account is what a password is checked against. The zero Account is nobody's.
type Account struct {
	Key   int64  // of the user
	Hash  string // of the password; "" if there is none
	Known bool   // the user has logged in from the place
}

// Credentials are the account of a username, seen from a place.
func (db *DB) Credentials(ctx context.Context, username, place string) (Account, error) {
	return db.account(ctx, "u.username = ?", username, place)
}

// CredentialsOf are the account of a user, seen from a place.
func (db *DB) CredentialsOf(ctx context.Context, user int64, place string) (Account, error) {
	return db.account(ctx, "u.id = ?", user, place)
}

func (db *DB) account(ctx context.Context, condition string, who any, place string) (a Account, err error) {
	_, err = db.QueryRow(ctx, "credentials", `SELECT u.id, COALESCE(u.password_hash, ''), EXISTS (SELECT 1 FROM known_places AS p WHERE p.user_id = u.id AND p.place = ?)
		FROM users AS u WHERE `+condition, []any{place, who}, &a.Key, &a.Hash, &a.Known)
	return a, err
}

// SetAdmin makes the user with a username an admin; found is false if there is none.
func (db *DB) SetAdmin(ctx context.Context, username string) (found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		changed, err := db.Exec(ctx, "update User", `UPDATE users SET is_admin = TRUE WHERE username = ?`, username)
		found = changed > 0
		return err
	})
	return found, err
}

// AttemptWindow is how long attempts are counted together.
const AttemptWindow = 15 * time.Minute

// A Bound is how many failed attempts are taken in a window.
type Bound struct {
	CountedFor string
	Most       int
}

func sortedBounds(bounds []Bound) []Bound {
	return slices.SortedFunc(slices.Values(bounds), func(a, b Bound) int { return strings.Compare(a.CountedFor, b.CountedFor) })
}

var errRefused = errors.New("too many attempts")

// Wait is how long it takes until none of the bounds is reached: 0 if none is now. It writes nothing.
func (db *DB) Wait(ctx context.Context, bounds []Bound) (wait time.Duration, err error) {
	now := db.Now()
	names, most := []any{now.Add(-AttemptWindow)}, map[string]int{}
	for _, b := range bounds {
		names, most[b.CountedFor] = append(names, b.CountedFor), b.Most
	}
	text := `SELECT counted_for, failures, since FROM attempts WHERE since > ? AND counted_for IN (?` + strings.Repeat(", ?", len(bounds)-1) + `)`
	err = db.Query(ctx, "attempts", text, names, func(rows *sqlx.Rows) error {
		var name string
		var failures int
		var since time.Time
		err := rows.Scan(&name, &failures, &since)
		if failures >= most[name] {
			wait = max(wait, since.Add(AttemptWindow).Sub(now))
		}
		return err
	})
	return wait, err
}

// Attempt counts an attempt within every bound, and tells whether none is passed: if one is, nothing is counted. It counts
// before anything is known of the attempt, so that many at once are all counted.
func (db *DB) Attempt(ctx context.Context, bounds []Bound) (allowed bool, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		for _, b := range sortedBounds(bounds) {
			var failures int
			_, err := db.QueryRow(ctx, "attempts", `INSERT INTO attempts (counted_for, failures, since) VALUES (?, 1, ?)
				ON CONFLICT (counted_for) DO UPDATE SET
					failures = CASE WHEN attempts.since <= ? THEN 1 ELSE attempts.failures + 1 END,
					since = CASE WHEN attempts.since <= ? THEN excluded.since ELSE attempts.since END
				RETURNING failures`, []any{b.CountedFor, now, now.Add(-AttemptWindow), now.Add(-AttemptWindow)}, &failures)
			if err != nil {
				return err
			}
			if failures > b.Most {
				return errRefused
			}
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}

// forgive takes back an attempt that succeeded: all of those counted within the first bound, one within each other.
func (db *DB) forgive(ctx context.Context, bounds []Bound) error {
	for _, b := range sortedBounds(bounds) { // in Attempt's order: they would wait for each other
		text := `UPDATE attempts SET failures = failures - 1 WHERE counted_for = ?`
		if b == bounds[0] {
			text = `DELETE FROM attempts WHERE counted_for = ?`
		}
		if _, err := db.Exec(ctx, "attempts", text, b.CountedFor); err != nil {
			return err
		}
	}
	return nil
}

// Identity is the user that an issuer's subject is; key is 0 if they have none.
func (db *DB) Identity(ctx context.Context, issuer, subject string) (v orm.Viewer, err error) {
	_, err = db.QueryRow(ctx, "identity", `SELECT u.id, u.is_admin, `+rolesOf("u.id")+` FROM identities AS i JOIN users AS u ON u.id = i.user_id WHERE i.issuer = ? AND i.subject = ?`,
		[]any{issuer, subject}, &v.Key, &v.Admin, (*roles)(&v.Roles))
	return v, err
}

// AddIdentity makes a user for an issuer's subject, or answers the one that another request has just made.
func (db *DB) AddIdentity(ctx context.Context, issuer, subject, username string) (v orm.Viewer, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		if v, err = db.Identity(ctx, issuer, subject); err != nil || v.Key != 0 {
			return err
		}
		draft, _ := orm.NewDraft(Users.Table, orm.Input{{Name: "username", Value: username}}, nil, true)
		key, faults, err := db.Create(ctx, draft)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return orm.Errorf(orm.Internal, "the username made for an identity is taken")
		}
		v = orm.Viewer{Key: key}
		_, err = db.Exec(ctx, "insert identity", `INSERT INTO identities (issuer, subject, user_id) VALUES (?, ?, ?)`, issuer, subject, key)
		return err
	})
	return v, err
}

// KeepAnswers is how long an answer is kept for an idempotency key.
const KeepAnswers = 24 * time.Hour

// Claim takes an idempotency key for a request, inside Write: whoever else holds it is waited for. If the key has an
// answer already it is answered; if it belongs to another request that is a Conflict error. An answer is locked: what has locked something
// waits, like what has written it, until a standby has all that came before, and the answer is as safe as when it was given first.
func (db *DB) Claim(ctx context.Context, id, request string) (answer string, answered bool, err error) {
	now := db.Now()
	if _, err := db.Exec(ctx, "idempotency", `DELETE FROM idempotency_keys WHERE id = ? AND created_at <= ?`, id, now.Add(-KeepAnswers)); err != nil {
		return "", false, err
	}
	var stored string
	found, err := db.QueryRow(ctx, "idempotency", `SELECT request, COALESCE(answer, '') FROM idempotency_keys WHERE id = ?`+db.ForUpdate(), []any{id}, &stored, &answer)
	switch {
	case err != nil:
		return "", false, err
	case found && stored != request:
		return "", false, orm.Errorf(orm.Conflict, "this Idempotency-Key was used for another request")
	case found:
		return answer, true, nil
	}
	_, err = db.Exec(ctx, "idempotency", `INSERT INTO idempotency_keys (id, request, created_at) VALUES (?, ?, ?)`, id, request, now)
	return "", false, err
}

// Answer stores the answer for a claimed key, in the transaction of what it answers.
func (db *DB) Answer(ctx context.Context, id, answer string) error {
	_, err := db.Exec(ctx, "idempotency", `UPDATE idempotency_keys SET answer = ? WHERE id = ?`, answer, id)
	return err
}

// Sweep removes what has expired: sessions, answers kept for idempotency keys, counts of attempts, known places, mailed tokens, recorded changes.
func (db *DB) Sweep(ctx context.Context) error {
	if err := db.PruneChanges(ctx); err != nil {
		return err
	}
	return db.Write(ctx, func(ctx context.Context) error {
		now := db.Now()
		for _, s := range []struct {
			text string
			time time.Time
		}{
			{`DELETE FROM sessions WHERE expires_at <= ?`, now},
			{`DELETE FROM idempotency_keys WHERE created_at <= ?`, now.Add(-KeepAnswers)},
			{`DELETE FROM attempts WHERE since <= ?`, now.Add(-AttemptWindow)},
			{`DELETE FROM known_places WHERE seen_at <= ?`, now.Add(-placeLife)},
			{`DELETE FROM mailed_tokens WHERE expires_at <= ?`, now},
		} {
			if _, err := db.Exec(ctx, "sweep", s.text, s.time); err != nil {
				return err
			}
		}
		return nil
	})
}
