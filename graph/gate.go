package graph

import (
	"context"
	"slices"
	"sync"

	"kith/db"
)

// A gate lets a number of callers through at once. Those who wait have a line for each address they come from, and the
// lines take turns, so that nobody waits for all that another has sent.
type gate struct {
	mu    sync.Mutex
	free  int // how many may go through now
	room  int // how many more may wait
	lines map[string][]chan error
	turns []string // whose line is next
}

// waitingEach is how many wait for each who goes through: with passwords to hash, for a few seconds.
const waitingEach = 64

func newGate(width int) *gate {
	return &gate{free: width, room: width * waitingEach, lines: map[string][]chan error{}}
}

// enter waits for a turn; who is let in must leave. It is an Unavailable error if too many wait already. The address with
// the longest line makes room for those with shorter ones.
func (g *gate) enter(ctx context.Context, address string) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	if g.room == 0 && !g.displace(len(g.lines[address])+1) {
		g.mu.Unlock()
		return errFull()
	}
	g.room--
	if len(g.lines[address]) == 0 {
		g.turns = append(g.turns, address)
	}
	turn := make(chan error, 1)
	g.lines[address] = append(g.lines[address], turn)
	g.mu.Unlock()
	select {
	case err := <-turn:
		return err
	case <-ctx.Done():
	}
	g.mu.Lock()
	place := slices.Index(g.lines[address], turn)
	if place >= 0 {
		g.take(address, place)
	}
	g.mu.Unlock()
	if place < 0 && <-turn == nil { // its turn came meanwhile
		g.leave()
	}
	return ctx.Err()
}

// leave lets the next one in.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.turns) == 0 {
		g.free++
		return
	}
	address := g.turns[0]
	next := g.take(address, 0)
	if len(g.lines[address]) > 0 {
		g.turns = append(g.turns[1:], address)
	}
	next <- nil
}

// displace sends away the last of the longest line, if that is longer than length.
func (g *gate) displace(length int) bool {
	longest := ""
	for _, address := range g.turns {
		if n := len(g.lines[address]); n > length {
			longest, length = address, n
		}
	}
	if longest == "" {
		return false
	}
	g.take(longest, len(g.lines[longest])-1) <- errFull()
	return true
}

// take takes one out of a line. A line that nobody is left in has no turn.
func (g *gate) take(address string, place int) chan error {
	taken := g.lines[address][place]
	g.lines[address] = slices.Delete(g.lines[address], place, place+1)
	g.room++
	if len(g.lines[address]) == 0 {
		delete(g.lines, address)
		g.turns = slices.DeleteFunc(g.turns, func(a string) bool { return a == address })
	}
	return taken
}

func errFull() *db.Error {
	return db.Errorf(db.Unavailable, "too many passwords are waiting to be hashed; try again")
}
