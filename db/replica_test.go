package db_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
	"kith/db/seed"
)

// behind answers a database without users, and a standby that still has some: it shows who answers. go on lets the standby follow again.
func behind(t *testing.T, before ...string) (first, follower string, goOn func()) {
	t.Helper()
	first, follower = dbtest.Pair(t)
	database := openMigrated(t, first)
	if err := seed.Demo(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	primary, standby := sqlx.MustOpen("postgres", first), sqlx.MustOpen("postgres", follower)
	t.Cleanup(func() {
		primary.Close()
		standby.Close()
	})
	for _, statement := range before {
		primary.MustExec(statement)
	}
	dbtest.CaughtUp(t, first, follower)
	standby.MustExec("SELECT pg_wal_replay_pause()")
	for paused := ""; paused != "paused"; time.Sleep(10 * time.Millisecond) {
		if err := standby.Get(&paused, "SELECT pg_get_wal_replay_pause_state()"); err != nil {
			t.Fatal(err)
		}
	}
	primary.MustExec("TRUNCATE users CASCADE")
	return first, follower, func() { standby.MustExec("SELECT pg_wal_replay_resume()") }
}

// awaitReplica returns when the replica is read, or is not any more.
func awaitReplica(t *testing.T, database *db.DB, read bool) {
	t.Helper()
	heal(t, 20*time.Second, func(context.Context) error {
		if pools := database.Pools(); pools[len(pools)-1].Resting == read {
			return fmt.Errorf("%+v", pools)
		}
		return nil
	})
}

func TestReplica(t *testing.T) {
	first, follower, goOn := behind(t)
	read := func(database *db.DB, ctx context.Context) int {
		t.Helper()
		users, err := countUsers(ctx, database)
		if err != nil {
			t.Fatal(err)
		}
		return users
	}
	database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{follower}, MaxLag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	awaitReplica(t, database, true)
	if got := read(database, t.Context()); got != 0 {
		t.Errorf("the replica is read unasked: %d users", got)
	}
	lagging := database.Lagging(t.Context(), orm.Position{})
	if got := read(database, lagging); got == 0 {
		t.Error("the replica is not read")
	}
	err = database.Write(lagging, func(ctx context.Context) error {
		if got := read(database, ctx); got != 0 {
			t.Errorf("a transaction reads the replica: %d users", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	pools := database.Pools()
	if last := pools[len(pools)-1]; last.Name != "replica-1" || last.Idle == 0 || last.Resting {
		t.Errorf("%+v", pools)
	}

	// Who must see what was done reads the first database, and the replica when it has that.
	done := database.Position(t.Context())
	for _, at := range []orm.Position{done, orm.Nowhere} {
		if got := read(database, database.Lagging(t.Context(), at)); got != 0 {
			t.Errorf("%v: %d users", at, got)
		}
	}
	goOn()
	standby := sqlx.MustOpen("postgres", follower)
	defer standby.Close()
	dbtest.CaughtUp(t, first, follower)
	standby.MustExec("SELECT pg_wal_replay_pause()")
	time.Sleep(200 * time.Millisecond)
	signUpUser(t, database)
	heal(t, 5*time.Second, func(ctx context.Context) error {
		if got := read(database, database.Lagging(ctx, done)); got != 0 {
			return fmt.Errorf("the replica that has it is not read: %d users", got)
		}
		return nil
	})
	if _, err := db.Open(t.Context(), "sqlite::memory:", orm.Options{Replicas: []string{follower}}); err == nil {
		t.Error("SQLite has no replicas")
	}
}

func signUpUser(t *testing.T, database *db.DB) {
	t.Helper()
	err := database.Write(t.Context(), func(ctx context.Context) error {
		_, err := database.Exec(ctx, "users", `INSERT INTO users (username, name, created_at, updated_at) VALUES (?, ?, ?, ?)`, "ada", "Ada", database.Now(), database.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A replica that is further behind than it may be is left out, and comes back; so is one that was promoted, which does not.
func TestReplicaIsLeftOut(t *testing.T) {
	first, follower, goOn := behind(t)
	database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{follower}, MaxLag: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	awaitReplica(t, database, true)
	awaitReplica(t, database, false)
	if users, err := countUsers(database.Lagging(t.Context(), orm.Position{}), database); err != nil || users != 0 {
		t.Error(users, err)
	}
	goOn()
	awaitReplica(t, database, true)
	standby := sqlx.MustOpen("postgres", follower)
	defer standby.Close()
	standby.MustExec("SELECT pg_promote()")
	standby.MustExec("INSERT INTO users (username, name, created_at, updated_at) VALUES ('alone', 'Alone', now(), now())")
	awaitReplica(t, database, false)
	if users, err := countUsers(database.Lagging(t.Context(), orm.Position{}), database); err != nil || users != 0 {
		t.Error(users, err)
	}
}

// A replica that fails in a way of its own is passed over within the request, rests, and comes back.
func TestReplicaFails(t *testing.T) {
	role := "kith_" + strings.ToLower(rand.Text())
	first, follower, _ := behind(t, "CREATE ROLE "+role+" LOGIN")
	proxy := dbtest.NewProxy(t, follower)
	elsewhere := func(change func(*url.URL)) string {
		u, err := url.Parse(follower)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for name, replica := range map[string]string{
		"not there":     "postgres://nobody@127.0.0.1:1/none",
		"no database":   elsewhere(func(u *url.URL) { u.Path = "/none" }),
		"no such user":  elsewhere(func(u *url.URL) { u.User = url.User("nobody at all") }),
		"no tables":     elsewhere(func(u *url.URL) { u.Path = "/template1" }),
		"no permission": elsewhere(func(u *url.URL) { u.User = url.User(role) }),
		"silent":        proxy.URL(follower),
	} {
		t.Run(name, func(t *testing.T) {
			database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{replica}, MaxLag: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close()
			if name == "silent" || name == "no tables" || name == "no permission" {
				awaitReplica(t, database, true)
			}
			if name == "silent" { // in the midst of its work
				if users, err := countUsers(database.Lagging(t.Context(), orm.Position{}), database); err != nil || users == 0 {
					t.Fatal(users, err)
				}
				proxy.Silence(true)
				defer proxy.Silence(false)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			start := time.Now()
			lagging := database.Lagging(ctx, orm.Position{})
			for range 3 { // the operation goes on with the first database
				if users, err := countUsers(lagging, database); err != nil || users != 0 {
					t.Errorf("%d users, %v", users, err)
				}
			}
			if took := time.Since(start); took > 2*time.Second+late {
				t.Errorf("passed over after %v", took)
			}
			if pools := database.Pools(); !pools[len(pools)-1].Resting {
				t.Errorf("%+v", pools)
			}
			if name != "silent" {
				return
			}
			proxy.Silence(false)
			heal(t, 10*time.Second, func(ctx context.Context) error {
				users, err := countUsers(database.Lagging(ctx, orm.Position{}), database)
				if err == nil && users == 0 {
					err = errors.New("the replica is not read again")
				}
				return err
			})
			if pools := database.Pools(); pools[len(pools)-1].Resting {
				t.Errorf("%+v", pools)
			}
		})
	}
}

// What is slow is not silent: a replica that gives signs of life is waited for.
func TestReplicaIsSlow(t *testing.T) {
	first, follower := dbtest.Pair(t)
	if err := seed.Demo(t.Context(), openMigrated(t, first)); err != nil {
		t.Fatal(err)
	}
	dbtest.CaughtUp(t, first, follower)
	database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{follower}, MaxLag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	awaitReplica(t, database, true)
	primary, standby := sqlx.MustOpen("postgres", first), sqlx.MustOpen("postgres", follower)
	defer primary.Close()
	defer standby.Close()
	// The standby keeps a lock that the first database has let go of.
	locked := primary.MustBegin()
	locked.MustExec("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
	dbtest.CaughtUp(t, first, follower)
	standby.MustExec("SELECT pg_wal_replay_pause()")
	time.Sleep(200 * time.Millisecond)
	if err := locked.Rollback(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answered := make(chan int, 1)
	go func() {
		users, err := countUsers(database.Lagging(ctx, orm.Position{}), database)
		if err != nil {
			t.Error(err)
		}
		answered <- users
	}()
	select {
	case <-answered:
		t.Error("the replica was passed over")
	case <-time.After(2 * time.Second):
	}
	standby.MustExec("SELECT pg_wal_replay_resume()")
	if users := <-answered; users == 0 {
		t.Error("no users")
	}
}
