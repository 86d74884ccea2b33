package orm

import (
	"context"
	"slices"
	"sync"
)

// A Gate lets a number of callers through at once. Those who wait have a line for each client, and the lines take turns,
// so that nobody waits for all that another has sent.
type Gate struct {
	full  *Error // what is said to those who cannot even wait
	mu    sync.Mutex
	free  int // how many may go through now
	room  int // how many more may wait
	lines map[string][]chan error
	turns []string // whose line is next
}

// waitingEach is how many wait for each who goes through.
const waitingEach = 64

// NewGate answers a gate that lets width callers through at once, and says full to those who find too many waiting.
func NewGate(width int, full string) *Gate {
	return &Gate{full: Errorf(Unavailable, "%s", full), free: width, room: width * waitingEach, lines: map[string][]chan error{}}
}

// Enter waits for a turn; who is let in must Leave. It is an Unavailable error if too many wait already. The client with
// the longest line makes room for those with shorter ones.
func (g *Gate) Enter(ctx context.Context, client string) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	if g.room == 0 && !g.displace(len(g.lines[client])+1) {
		g.mu.Unlock()
		return g.full
	}
	g.room--
	if len(g.lines[client]) == 0 {
		g.turns = append(g.turns, client)
	}
	turn := make(chan error, 1)
	g.lines[client] = append(g.lines[client], turn)
	g.mu.Unlock()
	select {
	case err := <-turn:
		return err
	case <-ctx.Done():
	}
	g.mu.Lock()
	place := slices.Index(g.lines[client], turn)
	if place >= 0 {
		g.take(client, place)
	}
	g.mu.Unlock()
	if place < 0 && <-turn == nil { // its turn came meanwhile
		g.Leave()
	}
	return ctx.Err()
}

// Leave lets the next one in.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.turns) == 0 {
		g.free++
		return
	}
	client := g.turns[0]
	next := g.take(client, 0)
	if len(g.lines[client]) > 0 {
		g.turns = append(g.turns[1:], client)
	}
	next <- nil
}

// displace sends away the last of the longest line, if that is longer than length.
func (g *Gate) displace(length int) bool {
	longest := ""
	for _, client := range g.turns {
		if n := len(g.lines[client]); n > length {
			longest, length = client, n
		}
	}
	if longest == "" {
		return false
	}
	g.take(longest, len(g.lines[longest])-1) <- g.full
	return true
}

// take takes one out of a line. A line that nobody is left in has no turn.
func (g *Gate) take(client string, place int) chan error {
	taken := g.lines[client][place]
	g.lines[client] = slices.Delete(g.lines[client], place, place+1)
	g.room++
	if len(g.lines[client]) == 0 {
		delete(g.lines, client)
		g.turns = slices.DeleteFunc(g.turns, func(a string) bool { return a == client })
	}
	return taken
}
