package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The client speaks just enough HTTP/1.1 to cost little of the two cores that it shares with what it measures: a request
// is made once and written whole, an answer has a status line, headers with a length, and a body that is thrown away.

// requests are the requests of a query, ready to be sent, for one contestant.
func (c *contestant) requests(q *query) [][]byte {
	var out [][]byte
	header := ""
	if q.loggedIn() {
		header = c.header
	}
	bodies := q.bodies
	if c.bodies != nil {
		bodies = func() [][]byte { return c.bodies(q) }
	}
	for _, body := range bodies() {
		out = append(out, fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
			c.path(q), c.address, len(body), header, body))
	}
	return out
}

// A client is one connection that is kept alive.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func (c *contestant) connect() (*client, error) {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

// send sends a request and answers the length of the body that comes next.
func (c *client) send(request []byte) (int, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("answered %q", line)
	}
	length := -1
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) == 2 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("an answer without Content-Length")
	}
	return length, nil
}

// A sample is what one measurement has shown.
type sample struct {
	rate     float64       // requests a second
	p50, p99 time.Duration // from a request to the last byte of its answer
	cpu      time.Duration // that the contestant's process takes for a request; the database's is not in it
}

// ask asks with n connections at once.
func (c *contestant) ask(ctx context.Context, requests [][]byte, n int, lasting time.Duration) (s sample, err error) {
	clients := make([]*client, n)
	for i := range clients {
		if clients[i], err = c.connect(); err != nil {
			return s, err
		}
		defer clients[i].conn.Close()
	}
	var (
		took   = make([][]time.Duration, n)
		over   atomic.Bool
		failed atomic.Pointer[error]
		done   sync.WaitGroup
	)
	before, err := c.cpu()
	if err != nil {
		return s, err
	}
	start := time.Now()
	for i, client := range clients {
		done.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for !over.Load() {
				sent := time.Now()
				length, err := client.send(requests[random.IntN(len(requests))])
				if err == nil {
					_, err = client.in.Discard(length)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				took[i] = append(took[i], time.Since(sent))
			}
		})
	}
	select {
	case <-time.After(lasting):
	case <-ctx.Done():
	}
	over.Store(true)
	done.Wait()
	lasted := time.Since(start) // to the last answer: slow contestants lose nothing of what they had begun
	if err := failed.Load(); err != nil {
		return s, fmt.Errorf("%s: %w", c.name, *err)
	}
	after, err := c.cpu()
	if err != nil {
		return s, err
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	s.rate, s.p50, s.p99 = float64(len(all))/lasted.Seconds(), all[len(all)/2], all[len(all)*99/100]
	s.cpu = (after - before) / time.Duration(len(all))
	return s, ctx.Err()
}

// ticks are those of the processor's time in /proc, a second.
const ticks = 100

// cpu is the processor's time that the contestant's processes have taken.
func (c *contestant) cpu() (sum time.Duration, err error) {
	for _, pid := range c.pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		own, _, err := taken(stat)
		if err != nil {
			return 0, err
		}
		sum += own
	}
	if c.postmaster == 0 {
		return sum, nil
	}
	server, err := family(c.postmaster)
	return sum + server, err
}

// taken is the processor's time in a process's stat: its own, and that of its children that have ended.
func taken(stat []byte) (own, children time.Duration, err error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):])) // the name before it may hold anything
	for i, field := range fields[12:16] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, 0, err
		}
		if i < 2 {
			own += time.Duration(n) * time.Second / ticks
		} else {
			children += time.Duration(n) * time.Second / ticks
		}
	}
	return own, children, nil
}

// agree fails if the contestants do not all give the same data. Some of the requests stand for all.
func agree(contestants []*contestant, q *query) error {
	for i := range min(20, len(q.bodies())) {
		var first any
		for _, c := range contestants {
			client, err := c.connect()
			if err != nil {
				return err
			}
			defer client.conn.Close()
			length, err := client.send(c.requests(q)[i])
			body := make([]byte, max(length, 0))
			if err == nil {
				_, err = io.ReadFull(client.in, body)
			}
			var data any
			if err == nil {
				err = json.Unmarshal(c.data(body), &data)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", q.name, c.name, err)
			}
			if c.normal != nil {
				data = c.normal(data)
			}
			if first == nil {
				first = data
			}
			if !reflect.DeepEqual(data, first) {
				return fmt.Errorf("%s: %s and %s give different data\n%.2000s", q.name, contestants[0].name, c.name, body)
			}
		}
		if leaves(first) < q.leaves {
			return fmt.Errorf("%s: all contestants give %d values, fewer than the %d that the query is about: %v", q.name, leaves(first), q.leaves, first)
		}
	}
	return nil
}

// dataOf is the data of a GraphQL answer without errors.
func dataOf(body []byte) []byte {
	var answer struct{ Data, Errors json.RawMessage }
	if json.Unmarshal(body, &answer) != nil || answer.Errors != nil {
		return nil
	}
	return answer.Data
}

// leaves counts the values in some data that are not null.
func leaves(data any) int {
	n := 0
	switch data := data.(type) {
	case nil:
	case map[string]any:
		for _, v := range data {
			n += leaves(v)
		}
	case []any:
		for _, v := range data {
			n += leaves(v)
		}
	default:
		n = 1
	}
	return n
}
