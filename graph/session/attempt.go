package session

import (
	"context"
	"math"
	"time"

	"kith/db"
	"kith/db/orm"
)

// How many failed log-ins are taken in a window: for one account from one address, for one account from addresses that
// it is not known to come from, from one address.
const (
	attemptsEach    = 10
	attemptsAccount = 100
	attemptsAddress = 200
)

// Place is an address that requests come from, to be stored.
func (a *Authenticator) Place(address string) string { return a.KeyedHash("place", address) }

// Hash does work that hashes a password and is no log-in, when its turn comes; addresses take turns.
func (a *Authenticator) Hash(ctx context.Context, address string, work func()) error {
	if err := a.others.Enter(ctx, address); err != nil {
		return err
	}
	defer a.others.Leave()
	work()
	return nil
}

// bounds are those of attempts on an account. Failures elsewhere do not count where the account is known to come from.
func (a *Authenticator) bounds(address, name string, known bool) []db.Bound {
	most := attemptsAccount
	if known {
		most = math.MaxInt
	}
	return []db.Bound{{CountedFor: a.KeyedHash("attempt", name, address), Most: attemptsEach},
		{CountedFor: a.KeyedHash("account", name), Most: most}, {CountedFor: a.KeyedHash("address", address), Most: attemptsAddress}}
}

// attempt tells whether a password matches a hash, and answers LIMIT_EXCEEDED if there were too many attempts. It is
// counted when its turn at the gate comes: whoever is sent away leaves nothing behind.
func (a *Authenticator) attempt(ctx context.Context, address string, g *orm.Gate, bounds []db.Bound, hash, password string) (matches bool, err error) {
	if err := a.mayTry(ctx, bounds); err != nil {
		return false, err
	}
	if err := g.Enter(ctx, address); err != nil {
		return false, err
	}
	defer g.Leave()
	if err := a.count(ctx, bounds); err != nil {
		return false, err
	}
	return db.MatchPassword(hash, password), nil
}

// mayTry answers LIMIT_EXCEEDED if there were too many attempts. It counts none: who is sent away leaves nothing behind.
func (a *Authenticator) mayTry(ctx context.Context, bounds []db.Bound) error {
	wait, err := a.db.Wait(ctx, bounds)
	if err == nil && wait > 0 {
		err = tooMany(wait)
	}
	return err
}

// count counts an attempt, and answers LIMIT_EXCEEDED if others were counted meanwhile.
func (a *Authenticator) count(ctx context.Context, bounds []db.Bound) error {
	allowed, err := a.db.Attempt(ctx, bounds)
	if err != nil || allowed {
		return err
	}
	wait, err := a.db.Wait(ctx, bounds)
	if err != nil {
		return err
	}
	return tooMany(wait)
}

// tooMany says when an attempt is taken again.
func tooMany(wait time.Duration) error {
	unit := "minutes"
	minutes := max(1, int(math.Ceil(wait.Minutes())))
	if minutes == 1 {
		unit = "minute"
	}
	err := orm.Errorf(orm.LimitExceeded, "too many attempts; try again in %d %s", minutes, unit)
	err.RetryAfter = max(time.Second, wait)
	return err
}
