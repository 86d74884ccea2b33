package db_test

import (
	"context"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"kith/db"
	"kith/db/dbtest"
)

// A network that goes silent does not hold a request for longer than Silence: its context alone would wait for ever.
func TestSilence(t *testing.T) {
	address, err := url.Parse(dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	behind := address.Host
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var silent atomic.Bool
	forward := func(to, from net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			for silent.Load() && err == nil {
				time.Sleep(10 * time.Millisecond)
			}
			if _, bad := to.Write(buf[:n]); bad != nil || err != nil {
				to.Close()
				from.Close()
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", behind)
			if err != nil {
				client.Close()
				continue
			}
			go forward(server, client)
			go forward(client, server)
		}
	}()
	address.Host = listener.Addr().String()
	database, err := db.Open(t.Context(), address.String(), db.Options{Silence: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := database.Count(ctx, &db.Read{Path: "users", From: db.Users.Table, Page: &db.Page{}})
		return err
	}
	if err := count(); err != nil {
		t.Fatal(err)
	}
	silent.Store(true)
	answered := make(chan error, 1)
	go func() { answered <- count() }()
	select {
	case err := <-answered:
		if db.CodeOf(err) != db.Timeout {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the statement waits for ever")
	}
	silent.Store(false)
	for range 50 { // the pool recovers by itself
		if err = count(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error(err)
}
