// Package dbtest gives tests a real PostgreSQL. It knows nothing of kith, so that the tests of db may use it too.
package dbtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
)

// PostgresVariable names the environment variable that holds the URL of a running cluster, as a superuser. Without it
// every test process starts a cluster of its own.
const PostgresVariable = "KITH_TEST_POSTGRES"

// CitusVariable names the environment variable that holds the URL of a database, as a superuser, of the coordinator of a running
// Citus cluster, where that has its workers. The tests then run on databases of that cluster.
const CitusVariable = "KITH_TEST_CITUS"

// OnCitus tells whether the tests run on such a cluster.
func OnCitus() bool { return os.Getenv(CitusVariable) != "" }

// DistributedVariable names the environment variable that says that tests run with tables which are distributed over that cluster.
const DistributedVariable = "KITH_TEST_DISTRIBUTED"

// Postgres returns the URL of a fresh, empty database, as Database makes it, which is dropped when the test ends. A
// machine without PostgreSQL fails the test: a suite that skips half of its databases proves nothing.
func Postgres(t testing.TB) string {
	t.Helper()
	address, drop, err := Database()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return address
}

// Database makes a fresh, empty database in UTF-8 and the locale C. drop ends every connection to it and removes it.
//
// The database stands on the cluster that KITH_TEST_CITUS or KITH_TEST_POSTGRES names, as under `make test`, and otherwise on a
// cluster that this process starts once and that ends with it.
func Database() (address string, drop func() error, err error) {
	if cluster := os.Getenv(CitusVariable); cluster != "" {
		return distributed(cluster)
	}
	cluster := os.Getenv(PostgresVariable)
	if cluster == "" {
		if cluster, err = ownCluster(); err != nil {
			return "", nil, err
		}
	}
	parsed, err := url.Parse(cluster)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", PostgresVariable, err)
	}
	name := newName()
	if err := execute(cluster, create(name)); err != nil {
		return "", nil, fmt.Errorf("creating a database on %s: %w", parsed.Redacted(), err)
	}
	parsed.Path = "/" + name
	return parsed.String(), func() error { return execute(cluster, "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

func newName() string { return "kith_test_" + strings.ToLower(rand.Text()) }

// create makes a database. template0 takes any number of copies at once; template1 only while nobody is connected to it.
func create(name string) string {
	return "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
}

// distributed is Database on a Citus cluster: a database on each of its nodes, which know of each other.
func distributed(cluster string) (address string, drop func() error, err error) {
	parsed, err := url.Parse(cluster)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", CitusVariable, err)
	}
	var list string
	err = value(cluster, "SELECT string_agg(nodename || ':' || nodeport, ' ' ORDER BY groupid) FROM pg_dist_node WHERE groupid > 0", &list)
	if err != nil {
		return "", nil, fmt.Errorf("the workers of %s: %w", parsed.Redacted(), err)
	}
	nodes, name := append([]string{parsed.Host}, strings.Fields(list)...), newName()
	on := func(node, database string) string {
		u := *parsed
		u.Host, u.Path = node, "/"+database
		return u.String()
	}
	each := func(f func(node string) error) error {
		errs := make([]error, len(nodes))
		var running sync.WaitGroup
		for i, node := range nodes {
			running.Go(func() { errs[i] = f(node) })
		}
		running.Wait()
		return errors.Join(errs...)
	}
	patiently := func(address, statement string) (err error) {
		for range 10 {
			if err = execute(address, statement); err == nil {
				return nil
			}
			time.Sleep(100 * time.Millisecond)
		}
		return err
	}
	drop = func() error {
		return each(func(node string) error { // the cluster's own processes come back to it
			return patiently(on(node, "postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		})
	}
	err = each(func(node string) error {
		if err := execute(on(node, "postgres"), create(name)); err != nil {
			return err
		}
		return execute(on(node, name), "CREATE EXTENSION citus")
	})
	for i, node := range nodes {
		host, port, _ := strings.Cut(node, ":")
		call := [2]string{"citus_set_coordinator_host", "citus_add_node"}[min(i, 1)]
		if err == nil { // the engine writes a node's roles each time: two that do at once are in each other's way
			err = patiently(on(nodes[0], name), fmt.Sprintf("SELECT %s('%s', %s)", call, host, port))
		}
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("creating a database on %s: %w", parsed.Redacted(), err), drop())
	}
	return on(nodes[0], name), drop, nil
}

var ownCluster = sync.OnceValues(func() (string, error) {
	cluster, _, err := StartPostgres() // ends with this process
	return cluster, err
})

// StartPostgres starts a throw-away PostgreSQL cluster from the machine's binaries and returns the URL of its database
// postgres, as a superuser who needs no password. It listens on a free port of 127.0.0.1 and on a Unix socket in its
// directory, forgets about durability, and never vacuums on its own, so that plans change only when a test says ANALYZE.
//
// stop ends the cluster and removes its directory. Both happen as well when the calling process ends in whatever way,
// a kill included.
func StartPostgres() (clusterURL string, stop func(), err error) {
	binaries, err := findBinaries(debianBinaries)
	if err != nil {
		return "", nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return "", nil, err
	}
	sweep(temporary())
	// Between choosing a free port and listening on it another process can take it: then once more.
	for range 3 {
		if clusterURL, stop, err = startCluster(binaries, account, func(dir string) error { return initialize(binaries, dir, account) }); err == nil {
			break
		}
	}
	return clusterURL, stop, err
}

// Pair returns the URLs of a cluster and of a standby that follows it, both of their own, which end with the test. The
// standby becomes a primary when `SELECT pg_promote()` is sent to it.
func Pair(t testing.TB) (primary, standby string) {
	t.Helper()
	binaries, err := findBinaries(debianBinaries)
	if err != nil {
		t.Fatal(err)
	}
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	// Both begin as copies of one cluster, so that the second can follow the first from its beginning.
	seed, lock, err := newDirectory(account)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	defer os.RemoveAll(seed)
	if err := initialize(binaries, seed, account); err != nil {
		t.Fatal(err)
	}
	copied := func(dir string) error {
		command := exec.Command("cp", "-a", filepath.Join(seed, "data"), dir)
		prepare(command, dir, account)
		return command.Run()
	}
	start := func(data func(string) error, options ...string) string {
		address, stop, err := startCluster(binaries, account, data, options...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		return address
	}
	primary = start(copied)
	u, err := url.Parse(primary)
	if err != nil {
		t.Fatal(err)
	}
	standby = start(func(dir string) error {
		if err := copied(dir); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "data", "standby.signal"), nil, 0o644)
	}, "-c", "primary_conninfo=host=127.0.0.1 user=postgres port="+u.Port())
	return primary, standby
}

// CaughtUp returns when a standby has all that its primary has.
func CaughtUp(t testing.TB, primary, standby string) {
	t.Helper()
	// The server forgets about durability: only a commit that does not puts what came before it on its way.
	if err := execute(primary+"&synchronous_commit=on", "DROP TABLE IF EXISTS caught_up; CREATE TABLE caught_up ()"); err != nil {
		t.Fatal(err)
	}
	var position string
	if err := value(primary, "SELECT pg_current_wal_lsn()", &position); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for caughtUp := false; !caughtUp; time.Sleep(20 * time.Millisecond) {
		err := value(standby, "SELECT pg_last_wal_replay_lsn() >= '"+position+"'", &caughtUp)
		if err != nil || time.Now().After(deadline) {
			t.Fatal("the standby does not follow", err)
		}
	}
}

// initialize makes the data of a cluster in dir.
func initialize(binaries, dir string, account *syscall.Credential) error {
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "--pgdata", filepath.Join(dir, "data"),
		"--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	prepare(initdb, dir, account)
	if said, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("making a PostgreSQL cluster in %s: %w\n%s", dir, err, said)
	}
	return nil
}

// debianBinaries is where Debian puts the binaries of each version, outside of the PATH.
const debianBinaries = "/usr/lib/postgresql/*/bin"

// findBinaries returns the directory of initdb and postgres: on the PATH, else the newest of debian, else where
// pg_config says.
func findBinaries(debian string) (string, error) {
	var candidates []string
	if found, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(found); err == nil {
			candidates = append(candidates, filepath.Dir(target))
		}
	}
	packaged, _ := filepath.Glob(debian)
	slices.SortFunc(packaged, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	candidates = append(candidates, packaged...)
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	for _, dir := range candidates {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("the tests need a PostgreSQL server, and there is no initdb with its postgres on the PATH, in %s or where "+
		"pg_config points: install PostgreSQL 13 or newer (Debian and Ubuntu: apt-get install postgresql), "+
		"or set %s to the URL of a running one, as a superuser", debian, PostgresVariable)
}

// version reads 15 out of /usr/lib/postgresql/15/bin.
func version(bin string) float64 {
	number, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(bin)), 64)
	return number
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// serverAccount is the account PostgreSQL runs under, nil for our own: it refuses to run as root.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, fmt.Errorf("the ids of the account %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it under: " +
		"run the tests as another user")
}

const (
	directoryPrefix = "kith-postgres-"
	lockName        = "lock"
)

// newDirectory makes the directory of a cluster, owned by account, with a lock file that is locked as long as this
// process lives.
func newDirectory(account *syscall.Credential) (string, *os.File, error) {
	dir, err := os.MkdirTemp(temporary(), directoryPrefix)
	if err != nil {
		return "", nil, fmt.Errorf("a directory for PostgreSQL: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil && account != nil {
		err = os.Chown(dir, int(account.Uid), int(account.Gid))
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, fmt.Errorf("a directory for PostgreSQL: %w", err)
	}
	return dir, lock, nil
}

// inMemory is where Linux has files in memory, and roomInMemory how much must be free there. A test makes a database of some 300 files, which takes a
// disk four times as long.
const (
	inMemory     = "/dev/shm"
	roomInMemory = 8 << 30
)

// temporary is where the directories of clusters stand: in memory if that has room, else for root a place that every account may enter, and
// in any case one that leaves room for a Unix socket, whose path may have about a hundred bytes.
func temporary() string {
	var memory syscall.Statfs_t
	if err := syscall.Statfs(inMemory, &memory); err == nil && memory.Bavail*uint64(memory.Bsize) >= roomInMemory {
		return inMemory
	}
	if dir := os.TempDir(); os.Geteuid() != 0 && len(dir) < 60 {
		return dir
	}
	return "/tmp"
}

// sweep removes the directories of clusters whose process is gone and whose watchdog was killed as well. A server that
// should still run there ends by itself once its directory has disappeared.
func sweep(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, directoryPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue // perhaps just made and not yet locked
		}
		lock, err := os.Open(filepath.Join(dir, lockName))
		if err == nil {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			_ = lock.Close()
		}
		if err == nil || errors.Is(err, os.ErrNotExist) {
			_ = os.RemoveAll(dir) // best effort: it may be another user's
		}
	}
}

// prepare makes command run in dir under account, out of reach of a Ctrl-C at the terminal and of PG… variables.
func prepare(command *exec.Cmd, dir string, account *syscall.Credential) {
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: account}
	command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "PG") })
}

// watchdog runs PostgreSQL, $2 and on, until it ends by itself or until standard input ends, which happens when the
// process at the other end closes it or is gone; then it removes the directory $1.
const watchdog = `
trap '' HUP INT TERM
directory=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
postgres=$!
{ cat <&3 >/dev/null; kill -QUIT $postgres 2>/dev/null; } &
wait $postgres
rm -rf "$directory"
`

// startCluster starts one cluster in a directory of its own, with what data makes in it, and returns when it answers.
func startCluster(binaries string, account *syscall.Credential, data func(dir string) error, options ...string) (clusterURL string, stop func(), err error) {
	dir, lock, err := newDirectory(account)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}()
	if err := data(dir); err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	serverLog, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", nil, fmt.Errorf("the log of PostgreSQL: %w", err)
	}
	defer serverLog.Close()

	command := exec.Command("/bin/sh", append([]string{"-c", watchdog, "watchdog", dir,
		filepath.Join(binaries, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-k", dir,
		"-c", "listen_addresses=127.0.0.1",
		"-c", "cluster_name=" + filepath.Base(dir),
		"-c", "max_connections=200",
		"-c", "shared_buffers=128MB",
		"-c", "fsync=off",
		"-c", "synchronous_commit=off",
		"-c", "full_page_writes=off",
		"-c", "autovacuum=off",
		"-c", "timezone=Asia/Kathmandu", // a test that leans on the server's zone fails
	}, options...)...)
	prepare(command, dir, account)
	command.Stdout, command.Stderr = serverLog, serverLog
	leash, err := command.StdinPipe()
	if err != nil {
		return "", nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // how it ended stands in the log
		// Collected earlier, they would be closed: the directory would be swept, and the server would end.
		runtime.KeepAlive(lock)
		runtime.KeepAlive(leash)
		close(ended)
	}()
	stop = sync.OnceFunc(func() {
		_ = leash.Close()
		<-ended
		_ = lock.Close()
	})
	clusterURL = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := awaitCluster(clusterURL, filepath.Base(dir), ended); err != nil {
		stop()
		said, _ := io.ReadAll(io.NewSectionReader(serverLog, 0, 1<<20))
		return "", nil, fmt.Errorf("starting PostgreSQL from %s: %w\n%s", binaries, err, said)
	}
	return clusterURL, stop, nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("a free port for PostgreSQL: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// awaitCluster returns when the cluster called name answers at address. The name is asked for because at that port
// somebody else's cluster may have been quicker.
func awaitCluster(address, name string, ended <-chan struct{}) error {
	database, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer database.Close()
	deadline := time.After(time.Minute)
	for {
		var answered string
		err := database.QueryRow("SHOW cluster_name").Scan(&answered)
		switch {
		case err == nil && answered == name:
			return nil
		case err == nil:
			return fmt.Errorf("its port was taken by the cluster %q", answered)
		}
		select {
		case <-ended:
			return errors.New("it ended at once")
		case <-deadline:
			return fmt.Errorf("no answer within a minute: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Plan is a plan as EXPLAIN (FORMAT JSON) answers it: of a statement that one node of a cluster runs, the plan of that node.
func Plan(explained string) string {
	var whole []struct {
		Plan struct {
			Query struct {
				Job struct {
					Tasks []struct {
						Plan [][]json.RawMessage `json:"Remote Plan"`
					}
				}
			} `json:"Distributed Query"`
		}
	}
	if err := json.Unmarshal([]byte(explained), &whole); err != nil || len(whole) != 1 {
		return explained
	}
	if tasks := whole[0].Plan.Query.Job.Tasks; len(tasks) == 1 && len(tasks[0].Plan) == 1 && len(tasks[0].Plan[0]) == 1 {
		return "[" + string(tasks[0].Plan[0][0]) + "]"
	}
	return explained
}

// value reads the one value of a statement, on a connection of its own.
func value(address, statement string, into any) error {
	database, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer database.Close()
	return database.QueryRow(statement).Scan(into)
}

// execute runs one statement on a connection of its own.
func execute(address, statement string) error {
	database, err := sql.Open("postgres", address)
	if err != nil {
		return err
	}
	defer database.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = database.ExecContext(ctx, statement)
	return err
}
