package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/template"
	"time"
)

// Patroni is three PostgreSQL servers of which one leads, kept by Patroni with etcd, with HAProxy and PgBouncer before them, as one would
// run them on machines of their own. A commit is acknowledged when a second server has it.
type Patroni struct {
	Nodes []*Node
	// Write leads to the server that takes writes, through HAProxy; Read to the others. Pooled is Write through PgBouncer, which pools
	// transactions. All are URLs of the database kith, of a user who owns it.
	Write, Read, Pooled string

	// Restarts are how often a program that stands between kith and the servers has ended by itself and was started again.
	Restarts atomic.Int64

	dir     string
	account *syscall.Credential
	stop    func()
	ending  sync.Mutex
	ended   bool // under ending
}

// A Node is one of the servers, with the Patroni that keeps it.
type Node struct {
	Name string
	URL  string // of its database kith, without anything before it
	REST string // of its Patroni

	cluster *Patroni
	dir     string
	patroni int // its process
}

// files are the settings of all programs. Times are short, so that what goes wrong shows soon; what holds for these holds for longer ones.
// Patroni speaks the older API of etcd: with the newer one a node that was stopped and goes on takes the lock from who leads by then
// (Patroni 3.0.2, which is Debian 12's: _update_leader puts it whoever has it), and both lead.
var files = template.Must(template.New("").Parse(`
{{define "node"}}scope: kith
name: {{.Node.Name}}
restapi: {listen: "127.0.0.1:{{.REST}}", connect_address: "127.0.0.1:{{.REST}}"}
etcd: {host: "127.0.0.1:{{.Etcd}}"}
bootstrap:
  dcs:
    ttl: 6
    loop_wait: 1
    retry_timeout: 2
    primary_start_timeout: 0
    maximum_lag_on_failover: 33554432
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {max_connections: 200, shared_buffers: 32MB, wal_log_hints: "on", wal_keep_size: 256MB, wal_receiver_status_interval: 1s, wal_retrieve_retry_interval: 200ms, wal_receiver_timeout: 5s, wal_sender_timeout: 5s}
  initdb: [{encoding: UTF8}, {locale: C}, no-sync]
postgresql:
  listen: "127.0.0.1:{{.Port}}"
  connect_address: "127.0.0.1:{{.Port}}"
  data_dir: {{.Node.Dir}}/data
  bin_dir: {{.Binaries}}
  pgpass: {{.Node.Dir}}/pgpass
  authentication:
    superuser: {username: postgres}
    replication: {username: replicator}
    rewind: {username: rewinder}
  parameters: {unix_socket_directories: {{.Node.Dir}}, timezone: Asia/Kathmandu}
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
{{end}}
{{define "haproxy"}}global
  maxconn 2000
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  timeout check 1s
  retries 0
listen write
  bind 127.0.0.1:{{.Write}}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions
{{range .Nodes}}  server {{.Name}} 127.0.0.1:{{.Port}} check port {{.REST}}
{{end}}listen read
  bind 127.0.0.1:{{.Read}}
  option httpchk OPTIONS /replica
  http-check expect status 200
  default-server inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions
{{range .Nodes}}  server {{.Name}} 127.0.0.1:{{.Port}} check port {{.REST}}
{{end}}{{end}}
{{define "pgbouncer"}}[databases]
kith = host=127.0.0.1 port={{.Write}} dbname=kith
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {{.Pooled}}
unix_socket_dir =
auth_type = trust
auth_file = {{.Dir}}/users
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 40
server_login_retry = 0.2
server_connect_timeout = 2
server_check_delay = 1
ignore_startup_parameters = extra_float_digits
{{end}}`))

type nodeFile struct {
	*Node
	Dir        string
	Port, REST int
}

// StartPatroni starts all of it in a directory of its own, and returns when the three servers run. stop ends it; it ends as well when the
// calling process does, in whatever way.
func StartPatroni() (cluster *Patroni, stop func(), err error) {
	binaries, err := findBinaries(debianBinaries)
	if err != nil {
		return nil, nil, err
	}
	programs := map[string]string{}
	for _, name := range []string{"etcd", "patroni", "haproxy", "pgbouncer"} {
		if programs[name], err = findProgram(name); err != nil {
			return nil, nil, err
		}
	}
	p := &Patroni{}
	if p.account, err = serverAccount(); err != nil {
		return nil, nil, err
	}
	sweep(temporary())
	var lock *os.File
	if p.dir, lock, err = newDirectory(p.account); err != nil {
		return nil, nil, err
	}
	if err := p.leash(lock); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, p.logs())
			p.stop()
		}
	}()
	ports := make([]int, 11)
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return nil, nil, err
		}
	}
	etcd, etcdPeer, write, read, pooled := ports[0], ports[1], ports[2], ports[3], ports[4]
	url := func(port int) string { return fmt.Sprintf("postgres://kith@127.0.0.1:%d/kith?sslmode=disable", port) }
	p.Write, p.Read, p.Pooled = url(write), url(read), url(pooled)
	var nodes []*nodeFile
	for i := range 3 {
		name := "node" + strconv.Itoa(i+1)
		n := &Node{Name: name, URL: url(ports[5+i]), REST: fmt.Sprintf("http://127.0.0.1:%d", ports[8+i]), cluster: p, dir: filepath.Join(p.dir, name)}
		p.Nodes = append(p.Nodes, n)
		nodes = append(nodes, &nodeFile{n, n.dir, ports[5+i], ports[8+i]})
	}
	for _, n := range nodes {
		if err := p.make(n.dir); err != nil {
			return nil, nil, err
		}
		if err := p.write("node", n.dir+"/patroni.yml", map[string]any{"Node": n, "Port": n.Port, "REST": n.REST, "Etcd": etcd, "Binaries": binaries}); err != nil {
			return nil, nil, err
		}
	}
	if err := p.write("haproxy", p.dir+"/haproxy.cfg", map[string]any{"Write": write, "Read": read, "Nodes": nodes}); err != nil {
		return nil, nil, err
	}
	if err := p.write("pgbouncer", p.dir+"/pgbouncer.ini", map[string]any{"Write": write, "Pooled": pooled, "Dir": p.dir}); err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(p.dir+"/users", []byte(`"kith" ""`+"\n"), 0o644); err != nil {
		return nil, nil, err
	}
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", etcd), fmt.Sprintf("http://127.0.0.1:%d", etcdPeer)
	for _, command := range [][]string{
		{programs["etcd"], "--data-dir", p.dir + "/etcd", "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
			"--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer, "--unsafe-no-fsync", "--enable-v2"},
		{programs["haproxy"], "-db", "-f", p.dir + "/haproxy.cfg"},
		{programs["pgbouncer"], p.dir + "/pgbouncer.ini"},
	} {
		if err := p.keep(filepath.Base(command[0]), command...); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range p.Nodes {
		if err := n.Start(); err != nil {
			return nil, nil, err
		}
	}
	if err := p.Healthy(time.Now().Add(2 * time.Minute)); err != nil {
		return nil, nil, err
	}
	leader := p.Leader()
	if leader == nil {
		return nil, nil, errors.New("nobody leads")
	}
	for _, statement := range []string{"CREATE ROLE kith LOGIN", "CREATE DATABASE kith OWNER kith TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"} {
		if err := execute(leader.superuser(), statement); err != nil {
			return nil, nil, err
		}
	}
	return p, p.stop, nil
}

// findProgram finds a program of the system, which users' PATHs may not lead to.
func findProgram(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(candidate); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("there is no %s: install it (Debian and Ubuntu: apt-get install patroni etcd-server haproxy pgbouncer)", name)
}

// reaper waits until its standard input ends, which happens when the process at the other end closes it or is gone; then it kills the
// groups whose leaders are named in $1/pids, and the servers, and removes $1.
const reaper = `
trap '' HUP INT TERM
cat >/dev/null
for file in "$1"/pids/*; do kill -KILL -"$(cat "$file")" 2>/dev/null; done
for file in "$1"/*/data/postmaster.pid; do
	kill -CONT "$(head -n 1 "$file")" 2>/dev/null
	kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
done
sleep 0.3
rm -rf "$1"
`

// leash makes everything end with this process.
func (p *Patroni) leash(lock *os.File) error {
	command := exec.Command("/bin/sh", "-c", reaper, "reaper", p.dir)
	prepare(command, p.dir, p.account)
	leash, err := command.StdinPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return fmt.Errorf("starting a cluster: %w", err)
	}
	p.stop = sync.OnceFunc(func() {
		p.ending.Lock()
		p.ended = true
		p.ending.Unlock()
		_ = leash.Close()
		_ = command.Wait()
		_ = lock.Close()
		runtime.KeepAlive(leash)
	})
	return p.make(p.dir + "/pids")
}

// make makes a directory that is the account's.
func (p *Patroni) make(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil && p.account != nil {
		err = os.Chown(dir, int(p.account.Uid), int(p.account.Gid))
	}
	return err
}

func (p *Patroni) write(file, path string, data any) error {
	var b bytes.Buffer
	if err := files.ExecuteTemplate(&b, file, data); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// run starts a program under the account, which ends with the cluster.
func (p *Patroni) run(name string, command ...string) (pid int, err error) {
	c, err := p.Command(name, command...)
	if err != nil {
		return 0, err
	}
	go c.Wait() //nolint:errcheck // how it ended stands in its log
	return c.Process.Pid, nil
}

// keep starts a program under the account, and again whenever it ends, as whoever runs it would have it: PgBouncer 1.18, which is Debian
// 12's, ends itself now and then when what it was to cancel has ended (https://github.com/pgbouncer/pgbouncer/issues/801).
func (p *Patroni) keep(name string, command ...string) error {
	c, err := p.Command(name, command...)
	if err != nil {
		return err
	}
	go func() {
		for {
			c.Wait() //nolint:errcheck // how it ended stands in its log
			time.Sleep(200 * time.Millisecond)
			p.ending.Lock()
			over := p.ended
			if !over {
				c, err = p.Command(name, command...)
			}
			p.ending.Unlock()
			if over || err != nil {
				return
			}
			p.Restarts.Add(1)
		}
	}()
	return nil
}

// Command starts a program under the account of the servers, with a log of its own and further settings in front of its name, as
// NAME=VALUE. It ends with the cluster.
func (p *Patroni) Command(name string, command ...string) (*exec.Cmd, error) {
	var settings []string
	for strings.Contains(command[0], "=") {
		settings, command = append(settings, command[0]), command[1:]
	}
	log, err := os.OpenFile(filepath.Join(p.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := exec.Command(command[0], command[1:]...)
	prepare(c, p.dir, p.account)
	c.Env = append(c.Env, settings...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return c, os.WriteFile(filepath.Join(p.dir, "pids", name), []byte(strconv.Itoa(c.Process.Pid)), 0o644)
}

// Log is what a program has said.
func (p *Patroni) Log(name string) string {
	said, _ := os.ReadFile(filepath.Join(p.dir, name+".log"))
	return string(said)
}

func (p *Patroni) logs() (all string) {
	logs, _ := filepath.Glob(p.dir + "/*.log")
	for _, log := range logs {
		said, _ := os.ReadFile(log)
		all += filepath.Base(log) + ":\n" + string(said[max(0, len(said)-2000):])
	}
	return all
}

// Leader is the server that takes writes; nil if there is none now.
func (p *Patroni) Leader() *Node {
	for _, n := range p.Nodes {
		if n.says("/primary") {
			return n
		}
	}
	return nil
}

// Healthy returns when one server leads, the others follow it, and one of them acknowledges commits, which Patroni knows.
func (p *Patroni) Healthy(until time.Time) error {
	for together := 0; ; {
		if p.together() {
			together++
		} else {
			together = 0
		}
		if together == 20 { // what Patroni says may be a second old
			return nil
		}
		if time.Now().After(until) {
			return errors.New("the servers do not come together")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (p *Patroni) together() bool {
	leader := p.Leader()
	if leader == nil {
		return false
	}
	var following int
	var acknowledges string
	database, err := sql.Open("postgres", leader.superuser())
	if err != nil {
		return false
	}
	defer database.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err = database.QueryRowContext(ctx, "SELECT count(*), COALESCE(max(application_name) FILTER (WHERE sync_state = 'sync'), '') FROM pg_stat_replication WHERE state = 'streaming'").
		Scan(&following, &acknowledges)
	return err == nil && following == len(p.Nodes)-1 && slices.ContainsFunc(p.Nodes, func(n *Node) bool { return n.Name == acknowledges && n.says("/synchronous") })
}

// superuser is the URL of the node's database postgres, of who may do everything.
func (n *Node) superuser() string {
	return strings.Replace(strings.Replace(n.URL, "//kith@", "//postgres@", 1), "/kith?", "/postgres?connect_timeout=2&", 1)
}

var asking = &http.Client{Timeout: time.Second}

// says asks a node's Patroni something that is so or not.
func (n *Node) says(path string) bool {
	response, err := asking.Get(n.REST + path)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Leads tells whether the node takes writes.
func (n *Node) Leads() bool { return n.says("/primary") }

// Acknowledges tells whether commits wait for the node.
func (n *Node) Acknowledges() bool { return n.says("/synchronous") }

// Start starts the node's Patroni, which starts its server.
func (n *Node) Start() (err error) {
	patroni, err := findProgram("patroni")
	if err == nil {
		n.patroni, err = n.cluster.run(n.Name, patroni, n.dir+"/patroni.yml")
	}
	return err
}

// Switchover makes another server lead in place of this one.
func (n *Node) Switchover() error { return n.demand("/switchover", `{"leader": "`+n.Name+`"}`) }

// Renew makes the node's server anew, as a copy of the one that leads: its Patroni may have been ended, or have run out of patience, while it was
// putting the server back to where the other's history began.
func (n *Node) Renew() error { return n.demand("/reinitialize", `{"force": true}`) }

// demand has the node's Patroni do something.
func (n *Node) demand(path, what string) error {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, n.REST+path, strings.NewReader(what))
	if err != nil {
		return err
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, said)
	}
	return err
}

// Crash kills the node's server, and leaves its Patroni.
func (n *Node) Crash() { n.signal(syscall.SIGKILL, false) }

// Kill kills everything on the node, as when its machine goes. Start brings it back.
func (n *Node) Kill() { n.signal(syscall.SIGKILL, true) }

// Freeze stops everything on the node as it is, with its connections open: nobody is told anything.
func (n *Node) Freeze() { n.signal(syscall.SIGSTOP, true) }

// Thaw lets it go on where it was.
func (n *Node) Thaw() { n.signal(syscall.SIGCONT, true) }

// signal sends a signal to all processes of the node at once.
func (n *Node) signal(signal syscall.Signal, patroni bool) {
	if patroni {
		_ = syscall.Kill(-n.patroni, signal) // it may have ended
	}
	said, _ := os.ReadFile(n.dir + "/data/postmaster.pid")
	line, _, _ := strings.Cut(string(said), "\n")
	server, err := strconv.Atoi(line)
	if err != nil {
		return
	}
	// The file of a server that was killed stays, and its number may be another's.
	if command, _ := os.ReadFile("/proc/" + line + "/cmdline"); !strings.Contains(string(command), n.dir+"/data") {
		return
	}
	_ = syscall.Kill(server, syscall.SIGSTOP) // which starts no process behind our back then
	pids := []int{server}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		said, _ := os.ReadFile(stat)
		_, rest, _ := strings.Cut(string(said), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == line {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			pids = append(pids, pid)
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, signal) // it may have ended
	}
}
