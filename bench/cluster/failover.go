package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"kith/db/dbtest"
)

// What kith promises of a failover.
const promised = 2 * time.Second // from when another server leads to the first write that is acknowledged

// A way is one in which a cluster fails over.
type way struct {
	name string
	// do is done to the server that leads, or to one that follows it; back brings it back.
	follower bool
	do       func(*dbtest.Node) error
	back     func(*dbtest.Node) error
}

func plain(f func(*dbtest.Node)) func(*dbtest.Node) error {
	return func(n *dbtest.Node) error {
		f(n)
		return nil
	}
}

func nothing(*dbtest.Node) error { return nil }

var ways = []way{
	{name: "switchover", do: (*dbtest.Node).Switchover, back: nothing},
	{name: "node killed", do: plain((*dbtest.Node).Kill), back: (*dbtest.Node).Start},
	{name: "server killed", do: plain((*dbtest.Node).Crash), back: nothing},
	{name: "node frozen", do: plain((*dbtest.Node).Freeze), back: plain((*dbtest.Node).Thaw)},
	{name: "standby killed", follower: true, do: plain((*dbtest.Node).Kill), back: (*dbtest.Node).Start},
}

// A round is what became of one failover.
type round struct {
	way        string
	until      time.Duration // that another server led
	first      time.Duration // from then to the first write that was acknowledged
	all        time.Duration // from then until each instance had acknowledged one
	plain      time.Duration // from then to the first that the same way acknowledged to a client that is not kith
	gap        time.Duration // the longest without one
	led, leads string
	renewed    bool // the server did not come back by itself
}

// failOver fails over n times while clients write and listen, and compares.
func (s *system) failOver(ctx context.Context, n, writers, subscribers int, only string) error {
	if err := s.signUp(ctx); err != nil {
		return err
	}
	l := &ledger{acknowledged: map[string]time.Time{}, codes: map[string]int{}, titles: map[string]bool{}, latest: make([]time.Time, len(s.instances)), last: time.Now()}
	writing, stopWriting := context.WithCancel(ctx)
	defer stopWriting()
	waiting, stopWaiting := context.WithCancel(ctx)
	defer stopWaiting()
	listening, stopListening := context.WithCancel(ctx)
	defer stopListening()
	var all, followers sync.WaitGroup
	var listeners []*subscriber
	begin := time.Now()
	for i := range subscribers {
		f := &subscriber{at: s.instances[i%2], socket: i/2%2 == 0, live: i/4%2 == 0, told: map[string]int{}, ends: map[string]int{}}
		f.name = fmt.Sprintf("subscriber %d (instance %d, WebSocket %v, live %v)", i, i%2+1, f.socket, f.live)
		listeners = append(listeners, f)
		followers.Go(func() { f.listen(listening) })
	}
	time.Sleep(2 * time.Second)
	for w := range writers {
		all.Go(func() { s.write(writing, waiting, l, w) })
	}
	time.Sleep(2 * time.Second)
	for _, f := range listeners { // what came before its first event is not told
		f.mu.Lock()
		f.since = time.Now()
		f.mu.Unlock()
	}
	time.Sleep(time.Second)
	chosen := slices.DeleteFunc(slices.Clone(ways), func(w way) bool { return !strings.Contains(w.name, only) })
	if len(chosen) == 0 {
		return fmt.Errorf("no way is called %q", only)
	}
	var faults []string
	for i := range n {
		if err := s.logIn(ctx); err != nil {
			faults = append(faults, fmt.Sprintf("before round %d: %v", i+1, err))
		}
		r, err := s.round(ctx, l, chosen[i%len(chosen)])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // what is compared in the end holds all the same
			faults = append(faults, fmt.Sprintf("round %d, %s: %v", i+1, r.way, err))
			fmt.Printf("%2d %-15s %s   %s: %v\n", i+1, r.way, r.led, now(), err)
			if err := s.revive(); err != nil {
				faults = append(faults, err.Error())
				break
			}
			continue
		}
		fmt.Printf("%2d %-15s %s → %s   another leads after %5.2f s, first write %5.2f s later, at both instances %5.2f s, without kith %5.2f s, longest without a write %5.2f s   (%s)\n",
			i+1, r.way, r.led, r.leads, r.until.Seconds(), r.first.Seconds(), r.all.Seconds(), r.plain.Seconds(), r.gap.Seconds(), now())
		if r.renewed {
			fmt.Println("   it did not come back by itself within a minute, and was made anew:", s.keep())
		}
		if r.first > promised {
			faults = append(faults, fmt.Sprintf("round %d, %s: the first write was acknowledged %v after another server led, and without kith after %v", i+1, r.way, r.first, r.plain))
		}
	}
	time.Sleep(time.Second)
	stopWriting()
	time.AfterFunc(2*time.Minute, stopWaiting)
	all.Wait()
	fmt.Printf("%.0f s, %d writes acknowledged; what stands before the servers was started again %d times\n", time.Since(begin).Seconds(), len(l.acknowledged), s.Restarts.Load())
	faults = append(faults, s.compare(ctx, l, listeners)...)
	stopListening()
	followers.Wait()
	faults = append(faults, s.replicas(ctx)...)
	for i, at := range s.instances {
		if at.over() {
			faults = append(faults, fmt.Sprintf("instance %d has ended: %s", i+1, s.Log(fmt.Sprintf("kith%d", i+1))))
		}
	}
	if len(faults) > 0 {
		faults = append(faults, s.keep())
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

// now is the time, as the logs have it, and how many processes the machine has wanted to run.
func now() string {
	load, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(load), " ")
	return time.Now().Format(time.TimeOnly) + ", load " + one
}

// revive brings the servers together again after what was done to one of them has failed.
func (s *system) revive() error {
	for _, n := range s.Nodes {
		n.Thaw()
	}
	if s.Healthy(time.Now().Add(time.Minute)) == nil {
		return nil
	}
	var errs []error
	for _, n := range s.Nodes {
		if !n.Leads() {
			errs = append(errs, n.Renew())
		}
	}
	if err := s.Healthy(time.Now().Add(2 * time.Minute)); err != nil {
		return errors.Join(append(errs, err)...)
	}
	return nil
}

// replicas tells whether the servers that follow are read again by all.
func (s *system) replicas(ctx context.Context) (faults []string) {
	for i, at := range s.instances {
		for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			for range s.Nodes {
				at.ask(ctx, nil, "{ "+newestPosts+" }", nil, nil) //nolint:errcheck // it tries those that have rested
			}
			if n := strings.Count(at.get(ctx, "/metrics"), "\nkith_db_resting{pool=\"replica-"); n != len(s.Nodes) {
				return []string{fmt.Sprintf("instance %d has %d replicas", i+1, n)}
			}
			resting := 0
			for n := range s.Nodes {
				resting += strings.Count(at.get(ctx, "/metrics"), fmt.Sprintf("kith_db_resting{pool=\"replica-%d\"} 1\n", n+1))
			}
			if resting == 1 { // which leads
				break
			}
			if time.Now().After(end) {
				faults = append(faults, fmt.Sprintf("instance %d does not read %d of %d servers", i+1, resting, len(s.Nodes)))
				break
			}
		}
	}
	return faults
}

// keep leaves the logs where they are found, and says where.
func (s *system) keep() string {
	if err := os.MkdirAll(".build", 0o755); err != nil {
		return err.Error()
	}
	for _, name := range []string{"kith1", "kith2", "node1", "node2", "node3", "etcd", "pgbouncer", "haproxy"} {
		if err := os.WriteFile(".build/cluster-"+name+".log", []byte(s.Log(name)), 0o644); err != nil {
			return err.Error()
		}
	}
	return "the logs are in .build/cluster-*.log"
}

// signUp makes a user, who becomes an admin, and logs in.
func (s *system) signUp(ctx context.Context) error {
	if err := s.instances[0].change(ctx, `mutation { createUser(input: {username: "ada", password: "correct horse"}) { user { id } } }`, nil); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, s.kith, "admin", "ada")
	command.Env = append(os.Environ(), "KITH_DATABASE_URL="+s.Write)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("making an admin: %w: %s", err, said)
	}
	return s.logIn(ctx)
}

// logIn gives the writers an access token, which is good for 15 minutes.
func (s *system) logIn(ctx context.Context) error {
	var in struct {
		LogIn struct {
			Session struct{ AccessToken string }
		}
	}
	err := s.instances[0].change(ctx, `mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken } } }`, &in)
	if err == nil {
		s.token.Store(in.LogIn.Session.AccessToken)
	}
	return err
}

func (s *system) round(ctx context.Context, l *ledger, w way) (r round, err error) {
	r.way = w.name
	if err := s.Healthy(time.Now().Add(2 * time.Minute)); err != nil {
		return r, err
	}
	leads := s.Leader()
	if leads == nil {
		return r, errors.New("nobody leads")
	}
	hit := leads
	if w.follower {
		i := slices.IndexFunc(s.Nodes, func(n *dbtest.Node) bool { return n != leads && n.Acknowledges() })
		if i < 0 {
			return r, errors.New("nobody acknowledges")
		}
		hit = s.Nodes[i]
	}
	r.led = hit.Name
	l.mu.Lock()
	l.gap, l.last = 0, time.Now()
	l.mu.Unlock()
	begin := time.Now()
	done := make(chan error, 1)
	go func() { done <- w.do(hit) }()
	led := begin // who leads is looked for as often as it can be
	if !w.follower {
		for another := false; !another; {
			for _, n := range s.Nodes {
				if n != leads && n.Leads() {
					another, r.leads = true, n.Name
				}
			}
			led = time.Now()
			if ctx.Err() != nil || time.Since(begin) > time.Minute {
				return r, fmt.Errorf("nobody leads in place of %s", hit.Name)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	r.until = led.Sub(begin)
	plain := s.plain(ctx, led)
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if first := l.since(led); !first.IsZero() {
			r.first = first.Sub(led)
			break
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return r, errors.New("nothing is acknowledged any more")
		}
	}
	r.plain = <-plain
	for end := time.Now().Add(time.Minute); l.silent(led) >= 0; time.Sleep(5 * time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(end) {
			return r, fmt.Errorf("instance %d acknowledges nothing any more", l.silent(led)+1)
		}
	}
	r.all = time.Since(led)
	time.Sleep(2 * time.Second)
	if err := errors.Join(<-done, w.back(hit)); err != nil {
		return r, err
	}
	time.Sleep(time.Second)
	l.mu.Lock()
	r.gap = max(l.gap, time.Since(l.last))
	l.mu.Unlock()
	if s.Healthy(time.Now().Add(time.Minute)) != nil {
		r.renewed = true
		err = hit.Renew()
	}
	return r, err
}

// plain tells how long it takes until what stands before kith acknowledges a commit. Each attempt has a connection of its own.
func (s *system) plain(ctx context.Context, since time.Time) <-chan time.Duration {
	took := make(chan time.Duration, 1)
	trying, stop := context.WithTimeout(ctx, time.Minute)
	first := sync.OnceFunc(func() {
		took <- time.Since(since)
		stop()
	})
	go func() {
		for trying.Err() == nil {
			go func() {
				database, err := sql.Open("postgres", s.Write)
				if err != nil {
					return
				}
				defer database.Close()
				if _, err := database.ExecContext(trying, "SELECT pg_logical_emit_message(TRUE, 'failover', '')"); err == nil {
					first()
				}
			}()
			time.Sleep(100 * time.Millisecond)
		}
		first() // it took too long
	}()
	return took
}

// compare holds what was acknowledged and told against what is stored.
func (s *system) compare(ctx context.Context, l *ledger, listeners []*subscriber) (faults []string) {
	if err := s.Healthy(time.Now().Add(2 * time.Minute)); err != nil {
		faults = append(faults, err.Error())
	}
	stored, titles := map[string]bool{}, map[string]int{}
	doubled := 0
	for after := any(nil); ; {
		var page struct {
			Posts struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []struct{ ID, Title string }
			}
		}
		_, err := s.stored(ctx, `query($a: String) { posts(first: 100, after: $a) { pageInfo { hasNextPage endCursor } nodes { id title } } }`, map[string]any{"a": after}, &page)
		if err != nil {
			return append(faults, err.Error())
		}
		for _, p := range page.Posts.Nodes {
			stored[p.ID] = true
			if titles[p.Title]++; titles[p.Title] == 2 {
				doubled++
			}
		}
		if after = page.Posts.PageInfo.EndCursor; !page.Posts.PageInfo.HasNextPage {
			break
		}
	}
	lost := 0
	for id := range l.acknowledged {
		if !stored[id] {
			lost++
		}
	}
	fmt.Printf("lost: %d; doubled: %d; not found by who wrote them, elsewhere, of %d: %d\n", lost, doubled, l.reads, len(l.unread))
	fmt.Println("answers to writers that were none:", l.codes)
	if lost+doubled+len(l.unread) > 0 {
		faults = append(faults, fmt.Sprintf("%d writes lost, %d doubled, %d not read back", lost, doubled, len(l.unread)))
	}

	var fresh struct{ Posts struct{ TotalCount int } }
	a, err := s.stored(ctx, "{ "+newestPosts+" }", nil, &fresh)
	if err != nil {
		return append(faults, err.Error())
	}
	missed, twice, resync, stale := 0, 0, 0, 0
	ends := map[string]int{}
	for _, f := range listeners {
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			f.mu.Lock()
			missing := 0
			for id := range stored {
				if at, ok := l.acknowledged[id]; ok && !f.live && f.told[id] == 0 && at.After(f.since) {
					missing++
				}
			}
			different := f.live && `{"posts":`+f.latest+`}` != string(a.Data)
			f.mu.Unlock()
			if missing == 0 && !different {
				break
			}
			if time.Now().After(end) {
				missed += missing
				stale += map[bool]int{true: 1}[different]
				faults = append(faults, fmt.Sprintf("%s: %d not told; another answer: %v", f.name, missing, different))
				break
			}
		}
		f.mu.Lock()
		again := 0
		for id, n := range f.told {
			if n > 1 && stored[id] {
				again++
			}
		}
		twice += again
		resync += f.resync
		for end, n := range f.ends {
			ends[end] += n
		}
		if f.wrong != "" {
			faults = append(faults, f.name+": "+f.wrong)
		}
		if again > 0 && f.resync == 0 {
			faults = append(faults, fmt.Sprintf("%s was told %d twice", f.name, again))
		}
		if f.resync > 0 {
			faults = append(faults, fmt.Sprintf("%s was told RESYNC %d times", f.name, f.resync))
		}
		f.mu.Unlock()
	}
	fmt.Printf("events missed: %d; told twice: %d; RESYNC said: %d; live queries that are not what is stored: %d; subscriptions ended: %v\n", missed, twice, resync, stale, ends)
	return faults
}
