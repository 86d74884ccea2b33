package orm

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db/dbtest"
)

// A replica that is on its way to a position is waited for, and one that is not is not for long.
func TestReplicaIsWaitedFor(t *testing.T) {
	first, follower := dbtest.Pair(t)
	database, err := Open(t.Context(), page, first, Options{Replicas: []string{follower}})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	r := database.replicas[0]
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, has := r.fit(Position{1, 1}); has {
			break
		} else if time.Now().After(end) {
			t.Fatal("it is not known how far the replica is")
		}
	}
	primary, standby := sqlx.MustOpen("postgres", first+"&synchronous_commit=on"), sqlx.MustOpen("postgres", follower)
	defer primary.Close()
	defer standby.Close()
	standby.MustExec("SELECT pg_wal_replay_pause()")
	primary.MustExec("CREATE TABLE later ()")
	at := database.Position(t.Context())
	replica := func() bool { return database.Lagging(t.Context(), at).Value(replicaKey) != nil }
	if replica() {
		t.Error("a replica is read that lacks it")
	}
	r.late.Store(0)
	time.AfterFunc(10*time.Millisecond, func() { standby.MustExec("SELECT pg_wal_replay_resume()") })
	if !replica() {
		t.Error("it is not waited for")
	}
}

// What is no position leads to the first database, and what is one comes back as it was.
func TestPosition(t *testing.T) {
	for _, p := range []Position{{}, {1, 1}, {3, 0x16B374D848}, Nowhere} {
		if got := ParsePosition(p.String()); got != p {
			t.Errorf("%v became %v", p, got)
		}
	}
	for _, text := range []string{"-", "rubbish", "MQ", "MS4x!", "LTEuNQ", "MS4wNQ", "OTk5OTk5OTk5OS4x", strings.Repeat("MS4x", 1000), "MS4x\x00"} {
		if got := ParsePosition(text); got != Nowhere {
			t.Errorf("%q is %v", text, got)
		}
	}
	if p := (Position{2, 5}); p.Later(Position{1, 9}) != p || (Position{1, 9}).Later(p) != p || p.Later(Position{2, 4}) != p {
		t.Error("which is later")
	}
}

// A replica is read at a position when it has it, and is known to have the history that it is of.
func TestReplicaIsJudged(t *testing.T) {
	type step struct {
		what          string
		at            uint64 // where the replica is
		begins, first Position
		least         uint64
		read          bool // without a position
		has           Position
		lacks         Position
	}
	r := &replica{progress: progress{follows: true}}
	for _, s := range []step{
		{"it is not known yet whether it follows", 90, Position{1, 100}, Position{1, 100}, 0, true, Position{}, Position{1, 80}},
		{"it has what was there first", 100, Position{1, 100}, Position{1, 120}, 0, true, Position{1, 100}, Position{1, 101}},
		{"another server leads, which had less", 130, Position{2, 110}, Position{2, 110}, 0, false, Position{}, Position{1, 1}},
		{"it stays where it was, and the other server passes it", 130, Position{2, 110}, Position{2, 150}, 0, false, Position{}, Position{2, 120}},
		{"it follows", 150, Position{2, 110}, Position{2, 150}, 0, true, Position{2, 150}, Position{2, 151}},
		{"it has what was written on the timeline before as well", 150, Position{2, 110}, Position{2, 150}, 0, true, Position{1, 149}, Position{3, 1}},
		{"it is too far behind", 160, Position{2, 110}, Position{2, 300}, 161, false, Position{}, Position{2, 150}},
		{"it has caught up", 300, Position{2, 110}, Position{2, 300}, 161, true, Position{2, 300}, Nowhere},
	} {
		r.progress.lsn = s.at
		r.judge(s.at, s.begins, s.first, s.least)
		if may, _ := r.fit(Position{}); may != s.read {
			t.Errorf("%s: read %v", s.what, may)
		}
		if _, has := r.fit(s.has); s.read && !has {
			t.Errorf("%s: it lacks %v", s.what, s.has)
		}
		if _, has := r.fit(s.lacks); has {
			t.Errorf("%s: it has %v", s.what, s.lacks)
		}
	}
}
