package db_test

import (
	"context"
	"crypto/rand"
	"errors"
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

func TestReplica(t *testing.T) {
	first, follower := dbtest.Postgres(t), dbtest.Postgres(t)
	// The follower holds something else, so that it shows who answers.
	if err := seed.Demo(t.Context(), openMigrated(t, follower)); err != nil {
		t.Fatal(err)
	}
	openMigrated(t, first)
	read := func(database *db.DB, ctx context.Context) int {
		t.Helper()
		counts, err := database.Count(ctx, &orm.Read{Path: "users", From: db.Users.Table, Page: &orm.Page{}})
		if err != nil {
			t.Fatal(err)
		}
		return counts[0]
	}
	database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{follower}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if got := read(database, t.Context()); got != 0 {
		t.Errorf("the replica is read unasked: %d users", got)
	}
	lagging := database.Lagging(t.Context())
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
	if _, err := db.Open(t.Context(), "sqlite::memory:", orm.Options{Replicas: []string{follower}}); err == nil {
		t.Error("SQLite has no replicas")
	}
}

// A replica that fails in a way of its own is passed over within the request, rests, and comes back.
func TestReplicaFails(t *testing.T) {
	first, follower := dbtest.Postgres(t), dbtest.Postgres(t)
	if err := seed.Demo(t.Context(), openMigrated(t, follower)); err != nil {
		t.Fatal(err)
	}
	openMigrated(t, first)
	proxy := dbtest.NewProxy(t, follower)
	elsewhere := func(change func(*url.URL)) string {
		u, err := url.Parse(follower)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	outside := sqlx.MustOpen("postgres", follower)
	defer outside.Close()
	role := "kith_" + strings.ToLower(rand.Text())
	outside.MustExec("CREATE ROLE " + role + " LOGIN")
	defer outside.MustExec("DROP ROLE " + role)
	for name, replica := range map[string]string{
		"not there":     "postgres://nobody@127.0.0.1:1/none",
		"no database":   elsewhere(func(u *url.URL) { u.Path = "/none" }),
		"no such user":  elsewhere(func(u *url.URL) { u.User = url.User("nobody at all") }),
		"no tables":     dbtest.Postgres(t),
		"no permission": elsewhere(func(u *url.URL) { u.User = url.User(role) }),
		"silent":        proxy.URL(follower),
	} {
		t.Run(name, func(t *testing.T) {
			database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{replica}})
			if err != nil {
				t.Fatal(err)
			}
			defer database.Close()
			if name == "silent" { // in the midst of its work
				if users, err := countUsers(database.Lagging(t.Context()), database); err != nil || users == 0 {
					t.Fatal(users, err)
				}
				proxy.Silence(true)
				defer proxy.Silence(false)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			start := time.Now()
			lagging := database.Lagging(ctx)
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
				users, err := countUsers(database.Lagging(ctx), database)
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
	first, follower := dbtest.Postgres(t), dbtest.Postgres(t)
	if err := seed.Demo(t.Context(), openMigrated(t, follower)); err != nil {
		t.Fatal(err)
	}
	openMigrated(t, first)
	database, err := db.Open(t.Context(), first, orm.Options{Replicas: []string{follower}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	outside := sqlx.MustOpen("postgres", follower)
	defer outside.Close()
	locked := outside.MustBegin()
	locked.MustExec("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
	defer locked.Rollback() //nolint:errcheck // it has been
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answered := make(chan int, 1)
	go func() {
		users, err := countUsers(database.Lagging(ctx), database)
		if err != nil {
			t.Error(err)
		}
		answered <- users
	}()
	time.Sleep(2 * time.Second)
	if err := locked.Rollback(); err != nil {
		t.Fatal(err)
	}
	if users := <-answered; users == 0 {
		t.Error("the replica was passed over")
	}
}
