// Command cluster starts what one would run to have PostgreSQL without a single machine that everything hangs on, on one machine: three
// PostgreSQL servers under Patroni with etcd, HAProxy, PgBouncer, and two instances of kith. `make cluster` leaves it running until
// Ctrl-C. `make failover` fails it over, again and again, while clients write and listen, and compares what they have been told with what
// is stored.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"kith/db/dbtest"
)

func main() {
	failovers := flag.Int("failovers", 0, "fail over so many times under writers and subscribers, and end; 0 leaves it running")
	writers := flag.Int("writers", 8, "how many clients write")
	subscribers := flag.Int("subscribers", 100, "how many clients listen")
	only := flag.String("only", "", "fail over only in the way of this name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *failovers, *writers, *subscribers, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// An instance is a kith before the cluster.
type instance struct {
	url     string
	command *exec.Cmd
	ended   chan struct{}
}

// A system is the cluster and the instances of kith before it.
type system struct {
	*dbtest.Patroni
	kith      string // the program
	settings  []string
	instances []*instance
	token     atomic.Value // of who writes
}

func run(ctx context.Context, failovers, writers, subscribers int, only string) error {
	dir, err := os.MkdirTemp("", "kith-cluster-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // the account of the servers runs what is in it
		return err
	}
	s := &system{kith: filepath.Join(dir, "kith")}
	if said, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", s.kith, "kith").CombinedOutput(); err != nil {
		return fmt.Errorf("building kith: %w\n%s", err, said)
	}
	fmt.Println("starting etcd, Patroni, three PostgreSQL servers, HAProxy and PgBouncer …")
	var stop func()
	if s.Patroni, stop, err = dbtest.StartPatroni(); err != nil {
		return err
	}
	defer stop()
	if err := s.serve(ctx); err != nil {
		return err
	}
	s.print()
	if failovers > 0 {
		return s.failOver(ctx, failovers, writers, subscribers, only)
	}
	fmt.Println("Ctrl-C ends it.")
	<-ctx.Done()
	return nil
}

// serve starts the two instances: one through PgBouncer, and one that speaks to HAProxy, and so has prepared statements and is notified.
// Both read from the servers that follow.
func (s *system) serve(ctx context.Context) error {
	var nodes []string
	for _, n := range s.Nodes {
		nodes = append(nodes, n.URL)
	}
	s.settings = []string{"KITH_SECRET=a secret for a cluster on one machine", "KITH_DEMO=false", "KITH_REPLICA_URLS=" + strings.Join(nodes, " ")}
	for i, way := range [][]string{{"KITH_DATABASE_URL=" + s.Pooled, "KITH_DATABASE_POOLING=transaction"}, {"KITH_DATABASE_URL=" + s.Write}} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		address := listener.Addr().String()
		listener.Close()
		at := &instance{url: "http://" + address, ended: make(chan struct{})}
		command := append(append([]string{"KITH_ADDR=" + address}, way...), s.settings...)
		if at.command, err = s.Command(fmt.Sprintf("kith%d", i+1), append(command, s.kith)...); err != nil {
			return err
		}
		go func() {
			at.command.Wait() //nolint:errcheck // that it ended is all
			close(at.ended)
		}()
		s.instances = append(s.instances, at)
		for end := time.Now().Add(time.Minute); !at.ready(ctx); time.Sleep(50 * time.Millisecond) {
			if ctx.Err() != nil || time.Now().After(end) {
				return errors.New("kith does not start: " + s.Log(fmt.Sprintf("kith%d", i+1)))
			}
		}
	}
	return nil
}

func (i *instance) ready(ctx context.Context) bool { return i.get(ctx, "/readyz") == "ready\n" }

// get is what stands at a path; "" if nothing does.
func (i *instance) get(ctx context.Context, path string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, i.url+path, nil)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(response.Body)
	return string(said)
}

// over tells whether the instance has ended.
func (i *instance) over() bool {
	select {
	case <-i.ended:
		return true
	default:
		return false
	}
}

func (s *system) print() {
	fmt.Println()
	for i, at := range s.instances {
		fmt.Printf("kith         %s   %s\n", at.url, []string{"through PgBouncer", "through HAProxy"}[i])
	}
	fmt.Printf("PgBouncer    %s\nwrite        %s\nread         %s\n", s.Pooled, s.Write, s.Read)
	for _, n := range s.Nodes {
		what := ""
		if n.Leads() {
			what = "leads"
		} else if n.Acknowledges() {
			what = "acknowledges commits"
		}
		fmt.Printf("%s        %s   Patroni %s   %s\n", n.Name, n.URL, n.REST, what)
	}
	fmt.Println()
}
