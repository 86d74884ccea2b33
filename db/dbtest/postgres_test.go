package dbtest

import (
	"bufio"
	"database/sql"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPostgres(t *testing.T) {
	var first, second string
	t.Run("a fresh empty database each time", func(t *testing.T) {
		first, second = Postgres(t), Postgres(t)
		if first == second {
			t.Fatalf("twice the same database: %s", first)
		}
		for _, address := range []string{first, second} {
			if tables := ask[int](t, address, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"); tables != 0 {
				t.Errorf("%d relations in a fresh database, want none", tables)
			}
			if err := execute(address, "CREATE TABLE mine (id bigint PRIMARY KEY)"); err != nil {
				t.Error(err)
			}
		}
		if encoding := ask[string](t, first, "SHOW server_encoding"); encoding != "UTF8" {
			t.Errorf("encoding %s, want UTF8", encoding)
		}
		if collation := ask[string](t, first, "SELECT datcollate FROM pg_database WHERE datname = current_database()"); collation != "C" {
			t.Errorf("collation %s, want C", collation)
		}
	})
	t.Run("dropped when the test ends, open connections or not", func(t *testing.T) {
		var address string
		var left *sql.DB
		t.Run("inner", func(t *testing.T) {
			address = Postgres(t)
			left = open(t, address)
			if err := left.Ping(); err != nil {
				t.Fatal(err)
			}
		})
		if err := open(t, address).Ping(); err == nil {
			t.Errorf("%s still answers", address)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		for range 8 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				ask[int](t, Postgres(t), "SELECT 1")
			})
		}
	})
}

func TestPostgresOnTheClusterOfTheRun(t *testing.T) {
	cluster, stop, err := StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	t.Setenv(PostgresVariable, cluster)
	t.Setenv(CitusVariable, "")
	if got, want := host(t, Postgres(t)), host(t, cluster); got != want {
		t.Errorf("the database stands at %s, want %s as %s says", got, want, PostgresVariable)
	}
}

func TestStopRemovesEverything(t *testing.T) {
	cluster, stop, err := StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	dir := directoryOf(t, cluster)
	stop()
	stop() // twice is once
	expectGone(t, cluster, dir)
}

// TestKilledProcess kills a process that has started a cluster, as a time-out or an impatient developer does.
func TestKilledProcess(t *testing.T) {
	const child = "KITH_TEST_KILLED_CHILD"
	if os.Getenv(child) != "" {
		cluster, _, err := StartPostgres()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString(cluster + "\n")
		time.Sleep(time.Minute)
		t.Fatal("nobody killed this process")
	}
	command := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	cluster := strings.TrimSpace(line)
	if err != nil || !strings.HasPrefix(cluster, "postgres://") {
		t.Fatalf("the child said %q, %v", line, err)
	}
	dir := directoryOf(t, cluster)
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // killed
	expectGone(t, cluster, dir)
}

func TestSweep(t *testing.T) {
	parent := t.TempDir()
	add := func(name string, age time.Duration) *os.File {
		t.Helper()
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
		lock, err := os.Create(filepath.Join(dir, lockName))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = lock.Close() })
		if err := os.Chtimes(dir, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		return lock
	}
	add(directoryPrefix+"dead", time.Hour)
	add(directoryPrefix+"new", 0)
	add("another-program", time.Hour)
	living := add(directoryPrefix+"living", time.Hour)
	if err := syscall.Flock(int(living.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}

	sweep(parent)

	for name, want := range map[string]bool{
		directoryPrefix + "dead":   false,
		directoryPrefix + "new":    true,
		"another-program":          true,
		directoryPrefix + "living": true,
	} {
		if _, err := os.Stat(filepath.Join(parent, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestFindBinaries(t *testing.T) {
	machine := t.TempDir()
	install := func(dir string, names ...string) string {
		t.Helper()
		dir = filepath.Join(machine, dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	debian := filepath.Join(machine, "lib/*/bin")
	t.Setenv("PATH", filepath.Join(machine, "path"))

	_, err := findBinaries(debian)
	if err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("without PostgreSQL: %v, want a sentence that says what to install", err)
	}

	install("lib/9.6/bin", "initdb", "postgres")
	install("lib/17/bin", "initdb") // a client only
	newest := install("lib/15/bin", "initdb", "postgres")
	if found, err := findBinaries(debian); err != nil || found != newest {
		t.Errorf("found %q, %v, want the newest whole one, %s", found, err, newest)
	}

	onPath := install("path", "initdb", "postgres")
	if found, err := findBinaries(debian); err != nil || found != onPath {
		t.Errorf("found %q, %v, want what stands on the PATH, %s", found, err, onPath)
	}
}

func open(t *testing.T, address string) *sql.DB {
	t.Helper()
	database, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })
	return database
}

func ask[T any](t *testing.T, address, query string) T {
	t.Helper()
	var answer T
	if err := open(t, address).QueryRow(query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func host(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

func directoryOf(t *testing.T, cluster string) string {
	t.Helper()
	return filepath.Dir(ask[string](t, cluster, "SHOW data_directory"))
}

// expectGone waits for the cluster to end and for its directory to disappear.
func expectGone(t *testing.T, cluster, dir string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, dialed := net.Dial("tcp", host(t, cluster))
		if dialed == nil {
			_ = connection.Close()
		}
		_, err := os.Stat(dir)
		if dialed != nil && errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after 20 seconds: dialing %v, directory %s %v", dialed, dir, err)
		}
	}
}
