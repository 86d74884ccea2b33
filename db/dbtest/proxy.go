package dbtest

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// A Proxy stands before PostgreSQL servers, as a network and a load balancer do, and fails as it is told to.
type Proxy struct {
	t        testing.TB
	listener net.Listener

	mu      sync.Mutex
	server  string
	silent  bool
	refuses bool
	cut     []byte // what cuts the connection over which it is sent
	passed  bool   // whether it gets through before
	then    func() // what happens next
	open    map[net.Conn]bool
	sent    int
}

// NewProxy returns a proxy before the server of a database, which is gone when the test ends.
func NewProxy(t testing.TB, databaseURL string) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{t: t, listener: listener, open: map[net.Conn]bool{}}
	p.Lead(databaseURL)
	t.Cleanup(func() {
		listener.Close()
		p.Cut()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.accept(client)
		}
	}()
	return p
}

// URL is the URL of a database behind the proxy.
func (p *Proxy) URL(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil {
		p.t.Fatal(err)
	}
	u.Host = p.listener.Addr().String()
	return u.String()
}

// Lead sends new connections to the server of a database.
func (p *Proxy) Lead(databaseURL string) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = u.Host
}

// Silence lets nothing through, on connections that stay open, or lets everything through again.
func (p *Proxy) Silence(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = on
}

// Refuse closes new connections as soon as they are made, as a load balancer without a server does, or takes them again.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = on
}

// Cut closes every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
}

// CutAt closes the next connection over which a client sends text, and then calls then. If the text is passed on, the server
// has answered it before, and the answer is lost; else the server never gets it.
func (p *Proxy) CutAt(text string, passedOn bool, then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.passed, p.then = []byte(text), passedOn, then
}

// Sent is how often clients have sent something.
func (p *Proxy) Sent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func (p *Proxy) accept(client net.Conn) {
	p.mu.Lock()
	server, refuses := p.server, p.refuses
	p.open[client] = true
	p.mu.Unlock()
	behind, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", server)
	if err != nil || refuses {
		client.Close()
		if err == nil {
			behind.Close()
		}
		return
	}
	p.mu.Lock()
	p.open[behind] = true
	p.mu.Unlock()
	lost := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.forward(client, behind, func([]byte) bool {
			select {
			case <-lost:
				p.then()
				return false
			default:
				return true
			}
		})
	}()
	p.forward(behind, client, func(b []byte) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent++
		if p.cut == nil || !bytes.Contains(b, p.cut) {
			return true
		}
		p.cut = nil
		if p.passed {
			close(lost)
			return true
		}
		go p.then()
		return false
	})
	<-ended
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, client)
	delete(p.open, behind)
}

// forward sends on what comes as long as it passes, and closes both ends when that is over.
func (p *Proxy) forward(to, from net.Conn, passes func([]byte) bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for p.isSilent() && err == nil {
			time.Sleep(5 * time.Millisecond)
		}
		if err != nil || !passes(buf[:n]) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) isSilent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.silent
}
